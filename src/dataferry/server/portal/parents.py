"""Processes that must not outlive the one that started them, or they would keep its port and its files."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """On Linux: let the kernel send this process a signal when its parent is gone, however that ended."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def end_with_master() -> None:
    """In a worker that a web server has forked: end at once with it. Elsewhere this does nothing.

    A master that was killed cannot stop its workers, and they would serve on.
    """
    master = multiprocessing.parent_process()
    if master is None:
        return
    end_with_parent(signal.SIGKILL)
    if os.getppid() != master.pid:
        os.kill(os.getpid(), signal.SIGKILL)
