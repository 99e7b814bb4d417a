"""Promise: a worker killed at any point of sending loses no letter, what goes twice is the same; a race sends once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("letters_process.py")


def run(environment: dict[str, str], word: str, **settings: str) -> tuple[int, Any]:
    command = [sys.executable, str(PROGRAM), word]
    process = subprocess.run(
        command, env={**environment, **settings}, check=False, capture_output=True, text=True, timeout=240
    )
    assert process.returncode in {0, -signal.SIGKILL}, process.stderr
    return process.returncode, json.loads(process.stdout) if process.stdout else None


@pytest.mark.parametrize(
    ("die_at", "times"), [("before the server takes it", 1), ("after the server took it", 2), ("after it was noted", 1)]
)
def test_killed_and_done_by_the_next(migrated_house: dict[str, str], die_at: str, times: int) -> None:
    run(migrated_house, "prepare")
    assert run(migrated_house, "work", DIE_AT=die_at)[0] == -signal.SIGKILL
    assert run(migrated_house, "work")[0] == 0
    _, now = run(migrated_house, "tell")
    subjects = Counter(str(message_from_string(text)["Subject"]) for text in now["taken"])
    assert subjects == {"Result": times, "News": 1}
    assert len(set(now["taken"])) == 2, "the repeat is the same to the letter, Message-ID and Date included"
    assert (now["letters"], now["jobs"]) == (["sent", "sent"], ["done"])


def test_five_at_the_same_instant_write_and_send_each_letter_once(migrated_house: dict[str, str]) -> None:
    _, ended = run(migrated_house, "race")
    _, now = run(migrated_house, "tell")
    assert set(ended) == {"done"}
    assert now["letters"] == ["sent"] * 5
    assert len(now["taken"]) == len(set(now["taken"])) == 5
