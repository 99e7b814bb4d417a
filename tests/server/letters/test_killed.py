"""Promise: a worker killed at any point of sending loses no letter, and what goes twice carries the same marks."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("letters_process.py")


def run(home: Path, *arguments: str, **settings: str) -> int:
    environment = {**os.environ, "DATAFERRY_HOME": str(home), "DATABASE_URL": "", **settings}
    command = [sys.executable, str(PROGRAM), *arguments]
    process = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert process.returncode in {0, -signal.SIGKILL}, process.stderr
    return process.returncode


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("letters-home")
    assert run(home, "prepare") == 0
    return home


@pytest.mark.parametrize(
    ("die_at", "times"), [("before the server takes it", 1), ("after the server took it", 2), ("after it was noted", 1)]
)
def test_killed_and_done_by_the_next(prepared: Path, tmp_path: Path, die_at: str, times: int) -> None:
    home = tmp_path / "killed"
    home.mkdir()
    with sqlite3.connect(prepared / "dataferry.sqlite3") as source, sqlite3.connect(home / "dataferry.sqlite3") as copy:
        source.backup(copy)
    assert run(home, "work", DIE_AT=die_at) == -signal.SIGKILL
    for _ in range(2):
        assert run(home, "work") == 0
    taken = [file.read_bytes() for file in sorted((home / "taken").iterdir())]
    subjects = Counter(str(message_from_bytes(body)["Subject"]) for body in taken)
    assert subjects == {"Result": times, "News": 1}
    assert len(set(taken)) == 2, "the repeat is the same to the byte, Message-ID and Date included"
    with sqlite3.connect(home / "dataferry.sqlite3") as rows:
        assert rows.execute("SELECT state FROM letters_letter").fetchall() == [("sent",), ("sent",)]
        assert {state for (state,) in rows.execute("SELECT state FROM jobs_job")} == {"done"}
