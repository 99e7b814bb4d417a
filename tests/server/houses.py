"""A running `dataferry up` for tests: real processes, a real worker, a data home of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE_AT_THE_END = 90
"""Ten seconds are promised on a machine that does nothing else; a test is no watch."""
PATIENCE = 240


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that live with this data home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATAFERRY_HOME={home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


class House:
    """A running `dataferry up`."""

    def __init__(self, home: Path, examples: Path, *, measured: bool = True) -> None:
        self.home, self.port = home, free_port()
        self.log = home.parent / f"log-{self.port}"
        # A tracer makes every process of the house slower; one test that measures them is enough.
        left_out = ("DATAFERRY_", "DATABASE_") if measured else ("DATAFERRY_", "DATABASE_", "COVERAGE_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
        program = "import typer; from dataferry.cli import up; app = typer.Typer(); up.register(app); app()"
        command = [sys.executable, "-c", program, "up", "--port", str(self.port), "--examples", str(examples)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env={**environment, "DATAFERRY_HOME": str(home), "COLUMNS": "200"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def until(self, path: str, *, holds: str, not_holds: str = "\0") -> str:
        end = time.monotonic() + PATIENCE
        text = ""
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said()
            try:
                text = self.get(path)
            except (urllib.error.URLError, ConnectionError):
                text = ""
            if holds in text and not_holds not in text:
                return text
            time.sleep(0.3)
        raise AssertionError(f"{holds!r} did not come: {text[:500]}\n{self.said()}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE_AT_THE_END)


@contextmanager
def running(home: Path, examples: Path, *, measured: bool = True) -> Iterator[House]:
    house = House(home, examples, measured=measured)
    try:
        yield house
    finally:
        if house.process.poll() is None:
            os.killpg(house.process.pid, signal.SIGKILL)
            house.process.wait()
