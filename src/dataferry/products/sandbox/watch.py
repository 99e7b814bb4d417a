"""Watching one child: take its answer, and end it when it passes a limit. Everything it says is hostile."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dataferry.products.sandbox.limits import MEBIBYTE, SandboxLimits

End = Literal["finished", "wall", "memory", "bytes", "cancelled", "babble"]

_PIECE = 1 << 20
_LONGEST_LINE = 64 * 1024
_MOST_REPORT_BYTES = 64 * MEBIBYTE
_KEPT_ERRORS = 8 * 1024
_TICK = 0.02
_LONGEST_DEATH = 10.0
_PAGE = resource.getpagesize()


@dataclass
class Outcome:
    """How a child ended: what was decided here, its exit code, its last words and what it used."""

    end: End = "finished"
    exit_code: int = 0
    refusal: dict[str, Any] | None = None
    done: bool = False
    errors: bytes = b""
    peak_bytes: int = 0
    seconds: float = 0.0
    rows: int = 0


@dataclass
class Watch:
    """One child under watch.

    Args:
        argv: what to start; `{data}` and `{report}` stand for the two pipes it writes to.
        job: what it reads on its standard input.
        answer: file that takes the answer.
        progress: called with the number of rows so far.
        cancelled: asked often; when it answers true the child is ended.
        told: called with every `step` that the child says it has come to; not to be believed.
    """

    argv: Sequence[str]
    job: bytes
    answer: Path
    limits: SandboxLimits
    environment: dict[str, str]
    progress: Callable[[int], None] | None = None
    cancelled: Callable[[], bool] | None = None
    told: Callable[[Mapping[str, Any]], None] | None = None
    outcome: Outcome = field(default_factory=Outcome)
    _said: bytearray = field(default_factory=bytearray)
    _report_bytes: int = 0
    _answer_bytes: int = 0

    def run(self) -> Outcome:
        """Start the child, take what it says until it ends or passes a limit, and leave nothing of it running."""
        started = time.monotonic()
        data, data_end = os.pipe()
        report, report_end = os.pipe()
        argv = [
            part.format(data=data_end, report=report_end) if part in ("{data}", "{report}") else part
            for part in self.argv
        ]
        try:
            child = subprocess.Popen(  # noqa: S603
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(data_end, report_end),
                env=self.environment,
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            os.close(data)
            os.close(report)
            raise
        finally:
            os.close(data_end)
            os.close(report_end)
        try:
            self._listen(child, data, report, started)
        finally:
            os.close(data)
            os.close(report)
            self._end(child)
            self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _listen(self, child: subprocess.Popen[bytes], data: int, report: int, started: float) -> None:
        if child.stdin is None or child.stderr is None:
            raise RuntimeError("the child has no pipes")
        deadline = started + self.limits.wall_seconds
        with selectors.DefaultSelector() as pipes, self.answer.open("wb") as answer:
            pipes.register(data, selectors.EVENT_READ, lambda piece: self._take_answer(piece, answer))
            pipes.register(report, selectors.EVENT_READ, self._take_report)
            pipes.register(child.stderr.fileno(), selectors.EVENT_READ, self._take_errors)
            self._hand_over(child)
            checked = 0.0
            while pipes.get_map():
                for key, _ in pipes.select(_TICK):
                    piece = os.read(key.fd, _PIECE)
                    if piece:
                        key.data(piece)
                    else:
                        pipes.unregister(key.fd)
                now = time.monotonic()
                if now - checked >= _TICK:
                    checked = now
                    self._check(child.pid, now > deadline)
                if self.outcome.end != "finished":
                    return
            self._await_exit(child, deadline)

    def _hand_over(self, child: subprocess.Popen[bytes]) -> None:
        """The job is far smaller than a statement of 100 000 characters times its branches, so it may fill the pipe."""
        if child.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(self.job)
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()

    def _await_exit(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        while child.poll() is None and self.outcome.end == "finished":
            time.sleep(_TICK / 4)
            self._check(child.pid, time.monotonic() > deadline)

    def _check(self, pid: int, late: bool) -> None:
        used = resident_bytes(pid)
        self.outcome.peak_bytes = max(self.outcome.peak_bytes, used)
        if late:
            self.outcome.end = "wall"
        elif used > self.limits.memory_mib * MEBIBYTE:
            self.outcome.end = "memory"
        elif self.cancelled is not None and self.cancelled():
            self.outcome.end = "cancelled"

    def _take_answer(self, piece: bytes, answer: Any) -> None:
        self._answer_bytes += len(piece)
        if self._answer_bytes > self.limits.result_mib * MEBIBYTE:
            self.outcome.end = "bytes"
            return
        answer.write(piece)

    def _take_errors(self, piece: bytes) -> None:
        self.outcome.errors = (self.outcome.errors + piece)[:_KEPT_ERRORS]

    def _take_report(self, piece: bytes) -> None:
        self._report_bytes += len(piece)
        self._said += piece
        *lines, rest = bytes(self._said).split(b"\n")
        self._said = bytearray(rest)
        if len(rest) > _LONGEST_LINE or self._report_bytes > _MOST_REPORT_BYTES:
            self.outcome.end = "babble"
            return
        for line in lines:
            self._take_event(line[:_LONGEST_LINE])

    def _take_event(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError, RecursionError):
            self.outcome.end = "babble"
            return
        if kind == "rows" and isinstance(event.get("rows"), int):
            self.outcome.rows = event["rows"]
            if self.progress is not None:
                self.progress(self.outcome.rows)
        elif kind == "step" and self.told is not None:
            self.told(event)
        elif kind == "done":
            self.outcome.done = True
        elif kind == "refused":
            self.outcome.refusal = event

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """Kill what is left of the child and of everything it started, wait until it is gone, take its exit code."""
        killed: set[int] = set()
        if child.poll() is None or self.outcome.end != "finished":
            while victims := {*descendants(child.pid), child.pid} - killed:
                for victim in victims:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(victim, signal.SIGKILL)
                killed |= victims
        for pipe in (child.stdin, child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.outcome.exit_code = child.wait()
        patience = time.monotonic() + _LONGEST_DEATH
        while any(is_running(victim) for victim in killed) and time.monotonic() < patience:
            time.sleep(_TICK / 4)


def is_running(pid: int) -> bool:
    """Whether a process still runs: a killed one may stay for a moment, and a zombie holds only its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """Processes below this one, as the kernel knows them now."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                waiting += children
    return found


def resident_bytes(pid: int) -> int:
    """Memory held by a process and those below it, without the pages of files they share."""
    total = 0
    for member in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, IndexError, ValueError):
            _, resident, shared, *_ = Path(f"/proc/{member}/statm").read_text().split()
            total += (int(resident) - int(shared)) * _PAGE
    return total
