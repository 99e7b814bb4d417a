"""The sandbox: recipes of other people run in a confined child process, and nowhere else."""

from dataferry.products.sandbox.confinement import bubblewrap_works, choose, landlock_works
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.products.sandbox.parent import RecipeRun, run_recipe

__all__ = ["RecipeRun", "SandboxLimits", "bubblewrap_works", "choose", "landlock_works", "run_recipe"]
