"""The sandbox: recipes of other people run in a confined child process, and nowhere else."""

from dataferry.products.sandbox.confinement import bubblewrap_works, choose, landlock_works
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.products.sandbox.parent import RecipeRun, run_recipe
from dataferry.products.sandbox.reading import READING_LIMITS, SandboxedReading, read_sandboxed

__all__ = [
    "READING_LIMITS",
    "RecipeRun",
    "SandboxLimits",
    "SandboxedReading",
    "bubblewrap_works",
    "choose",
    "landlock_works",
    "read_sandboxed",
    "run_recipe",
]
