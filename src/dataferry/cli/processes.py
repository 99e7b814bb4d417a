"""The child processes of `dataferry up`: started together, watched, and all gone at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from dataferry.server.portal.parents import end_with_parent

PATIENCE = 6.0
LIVED = 60.0
LONGEST_WAIT = 60.0


@dataclass
class Child:
    """One child with the command that starts it, in a process group of its own (Ctrl-C is for the parent only).

    `orphaned`: the signal that ends it when this process was killed. The web server gets one that it cannot miss: a
    signal that meets its main thread asleep may never be handled.
    """

    name: str
    command: Sequence[str]
    orphaned: int = signal.SIGTERM
    starts: int = 0
    started: float = 0.0
    short_lives: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self.starts += 1
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  a fixed command of ours
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(end_with_parent, self.orphaned),  # noqa: PLW1509  one thread only
        )

    def ended(self) -> int | None:
        """The exit code of a child that has ended."""
        return None if self.process is None else self.process.poll()

    def revive(self) -> None:
        """Start a child that has ended again: at once when it had lived, after a growing wait when it dies young."""
        age = time.monotonic() - self.started
        if self.process is not None:
            if self.process.poll() is None:
                return
            self.process = None
            self.short_lives = 0 if age > LIVED else self.short_lives + 1
        if age >= self.wait_before_start():
            self.start()

    def wait_before_start(self) -> float:
        """Seconds from its last start to the next."""
        return 0.0 if self.short_lives <= 1 else min(LONGEST_WAIT, 2.0**self.short_lives)

    def signal(self, number: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def stop(children: Sequence[Child], patience: float = PATIENCE) -> None:
    """Ask all to end, wait, then kill what is left of each group."""
    for child in children:
        child.signal(signal.SIGTERM)
    end = time.monotonic() + patience
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, end - time.monotonic()))
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()
