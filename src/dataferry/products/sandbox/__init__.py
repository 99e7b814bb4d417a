"""The sandbox: recipes of other people run in a confined child process, and nowhere else.

The names below are loaded when they are first used: the children live in this package too, and must start without what
only their parent needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.products.sandbox.confinement import bubblewrap_works, choose, landlock_works
    from dataferry.products.sandbox.limits import SandboxLimits
    from dataferry.products.sandbox.parent import RecipeRun, run_recipe
    from dataferry.products.sandbox.reading import READING_LIMITS, SandboxedReading, read_sandboxed

_PLACES = {
    "READING_LIMITS": "reading",
    "RecipeRun": "parent",
    "SandboxLimits": "limits",
    "SandboxedReading": "reading",
    "bubblewrap_works": "confinement",
    "choose": "confinement",
    "landlock_works": "confinement",
    "read_sandboxed": "reading",
    "run_recipe": "parent",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dataferry.products.sandbox.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


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
