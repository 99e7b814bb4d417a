"""Promise: many threads and processes at once, with transactions taken back and processes killed, make one chain."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.databases import Template, fresh_environment, make_template, python

APPENDING = str(Path(__file__).with_name("appending.py"))
SETTINGS = "server.journal.small_settings"
LOOK = """
import django; django.setup()
from django.contrib.auth.models import Group
from dataferry.server import journal
result = journal.verify()
assert result.sound, result.findings
said = {event.object.removeprefix("group:") for event in journal.events()}
assert said == set(Group.objects.values_list("name", flat=True)), "an event without its change, or the other way"
print(result.events, result.sequence)
for event in journal.events():
    print(event.sequence, event.object.removeprefix("group:"))
"""


@pytest.fixture(scope="session")
def small_template(shared_folder: Path) -> Template:
    return make_template(shared_folder, "journal", SETTINGS)


@pytest.fixture
def house(tmp_path: Path, small_template: Template) -> Iterator[dict[str, str]]:
    with fresh_environment(tmp_path / "house", SETTINGS, small_template) as environment:
        yield environment


@pytest.mark.slow
def test_one_unbroken_chain(house: dict[str, str]) -> None:
    command = [sys.executable, APPENDING]
    processes = [
        subprocess.Popen([*command, f"p{n}", "3", "12"], env=house, stdout=subprocess.PIPE, text=True) for n in range(3)
    ]
    answers = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    committed = {line for answer in answers for line in answer.splitlines()}
    assert len(committed) == 3 * 3 * 8
    figures, *stored = python(house, "-c", LOOK).splitlines()
    assert figures == "72 72"
    assert set(stored) == committed, "the number that append answered is the number that stands"


@pytest.mark.slow
def test_a_killed_process_leaves_a_whole_chain(house: dict[str, str]) -> None:
    victim = subprocess.Popen(
        [sys.executable, APPENDING, "victim", "3", "100000"], env=house, stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    seen = [victim.stdout.readline() for _ in range(20)]
    victim.send_signal(signal.SIGKILL)
    seen += victim.stdout.read().splitlines()
    victim.wait()
    figures, *stored = python(house, "-c", LOOK).splitlines()
    whole = {line.strip() for line in seen if line.strip() and line.count("-") == 2}
    assert len(whole & set(stored)) >= 20
    assert int(figures.split()[0]) >= 20
