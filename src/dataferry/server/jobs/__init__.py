"""Background work: rows with a lease, attempts and a sweeper; nothing is running for ever.

A room registers what does a kind of job (`handler`, `scheduled`) in its `jobs.py`, which its AppConfig imports; its
actions ask for one (`enqueue`). The names that need the models are loaded when they are first used, because handlers
are registered before Django's models are.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dataferry.server.jobs.registry import handler, scheduled

if TYPE_CHECKING:
    from dataferry.server.jobs.actions import cancel, dismiss, enqueue, retry
    from dataferry.server.jobs.models import Job
    from dataferry.server.jobs.running import Running, Stopped, run
    from dataferry.server.jobs.sweeper import sweep

_HOME = {
    "Job": "models",
    "Running": "running",
    "Stopped": "running",
    "cancel": "actions",
    "dismiss": "actions",
    "enqueue": "actions",
    "retry": "actions",
    "run": "running",
    "sweep": "sweeper",
}

__all__ = ["Job", "Running", "Stopped", "cancel", "dismiss", "enqueue", "handler", "retry", "run", "scheduled", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
