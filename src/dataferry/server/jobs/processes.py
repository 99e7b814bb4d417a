"""Which process a worker is, so that another process of the same machine can tell whether it still lives."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
from functools import cache
from pathlib import Path

from django.utils import timezone

from dataferry.server.jobs.models import Worker

PROC = Path("/proc")


@cache
def this_place() -> str:
    """This start of this machine, and the set of process numbers that holds here (a container has its own).

    Empty where the system does not tell; then only leases tell whether a worker lives.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def birth_of(pid: int) -> str:
    """When a process of this place began, in ticks since the machine did; empty when there is none."""
    with contextlib.suppress(OSError, IndexError):
        # The second field is the program's name in parentheses, and may hold anything.
        state, *fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        # A zombie has ended; only its parent has not looked yet.
        return "" if state in {"Z", "X"} else fields[18]
    return ""


def sign_on() -> Worker:
    """This process as a worker."""
    now = timezone.now()
    host = platform.node()[:255]
    pid = os.getpid()
    return Worker.objects.create(
        name=f"{pid}-{secrets.token_hex(8)}",
        host=host,
        place=this_place(),
        pid=pid,
        born=birth_of(pid),
        started_at=now,
        seen_at=now,
    )


def is_dead_here(worker: Worker) -> bool:
    """It was a process of this place, and it is no more. False where that cannot be told from here."""
    return bool(worker.born) and worker.place == this_place() != "" and birth_of(worker.pid) != worker.born
