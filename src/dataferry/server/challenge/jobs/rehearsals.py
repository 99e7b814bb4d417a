"""A rehearsal of an edition: the command plays it in a child process with a house of its own, and we look on."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dataferry
from dataferry.messages import LimitError, UnavailableError
from dataferry.server import jobs

LONGEST = timedelta(minutes=20)
LOOK_EVERY = 0.25
STEPS = 11
MOST_OUTPUT = 2_000_000
PLAIN = {"PATH": os.defpath, "LANG": "C.UTF-8"}
"""The child learns nothing of our environment: no database, no key, no address."""


@jobs.handler("challenge.rehearse", attempts=1, longest=LONGEST * 1.5, title="server.challenge.job_rehearse")
def rehearse(running: jobs.Running) -> Mapping[str, Any]:
    """Play it. An edition that cannot go on is an outcome, with its reason, and no fault."""
    from dataferry.server.challenge.models import EditionVersion

    asked = running.job.payload
    version = EditionVersion.objects.get(edition__slug=asked["edition"], number=asked["version"])
    with tempfile.TemporaryDirectory(prefix="dataferry-stage-") as folder:
        file = Path(folder) / "edition.yaml"
        file.write_text(version.source, encoding="utf-8")
        sizes = [f"--{name}={int(asked[name])}" for name in ("teams", "judges", "seed")]
        return _watched(running, Path(folder), ["challenge", "rehearse", str(file), *sizes, "--json", "--lines"])


def child_environment(folder: Path) -> dict[str, str]:
    """The environment of the child: what Python needs, and folders that are thrown away."""
    source = str(Path(dataferry.__file__).parents[1])
    home = {name: str(folder) for name in ("HOME", "TMPDIR", "DATAFERRY_HOME", "XDG_CACHE_HOME")}
    return {**PLAIN, **home, "PYTHONPATH": source, "PYTHONUTF8": "1", "DATAFERRY_LANG": "en"}


def _watched(running: jobs.Running, folder: Path, arguments: list[str]) -> dict[str, Any]:
    """Run the command to its end; killed with all its children when it is cancelled or takes too long."""
    began, told = time.monotonic(), _Told()
    with _child(folder, arguments) as child:
        lines = _lines_of(child)
        while child.poll() is None:
            _hear(running, lines, told)
            if running.cancelled():
                raise jobs.Stopped
            if time.monotonic() - began > LONGEST.total_seconds():
                raise LimitError("server.challenge.rehearsal_too_long", minutes=int(LONGEST.total_seconds() // 60))
            time.sleep(LOOK_EVERY)
    _read_out(lines, told)
    return _outcome(folder, child.returncode, told)


class _Told:
    """What the child has said of its steps."""

    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []
        self.begun = ""
        self.share = 0.0

    def take(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        if isinstance(said, dict) and "begins" in said:
            self.begun, self.share = str(said["begins"]), float(said.get("share") or 0.0)
        elif isinstance(said, dict) and isinstance(said.get("done"), dict):
            self.done.append(said["done"])


@contextlib.contextmanager
def _child(folder: Path, arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    with (folder / "out.json").open("wb") as out:
        child = subprocess.Popen(  # noqa: S603 - our own program, on a file of ours
            [sys.executable, "-m", "dataferry", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=folder,
            env=child_environment(folder),
            start_new_session=True,
        )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _lines_of(child: subprocess.Popen[str]) -> queue.SimpleQueue[str]:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in child.stderr or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _read_out(lines: queue.SimpleQueue[str], told: _Told) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            told.take(lines.get(timeout=LOOK_EVERY))


def _hear(running: jobs.Running, lines: queue.SimpleQueue[str], told: _Told) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            told.take(lines.get_nowait())
    number = min(STEPS, len(told.done) + 1)
    running.progress("server.challenge.rehearsing", told.share, step=number, steps=STEPS)


def _outcome(folder: Path, code: int, told: _Told) -> dict[str, Any]:
    """What came of it: every step with its figures, and where it could not go on the reason.

    Raises:
        UnavailableError: `server.challenge.rehearsal_broke`, the program itself failed.
    """
    with (folder / "out.json").open("rb") as out:
        text = out.read(MOST_OUTPUT).decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    if code == 0 and "steps" in said:
        return {"steps": said["steps"], "holds": bool(said.get("holds")), "error": None, "stopped_at": ""}
    if isinstance(said.get("error"), dict):
        error = {key: said["error"].get(key) for key in ("code", "data")}
        return {"steps": told.done, "holds": False, "error": error, "stopped_at": told.begun}
    raise UnavailableError("server.challenge.rehearsal_broke", step=told.begun or "house", exit=code)
