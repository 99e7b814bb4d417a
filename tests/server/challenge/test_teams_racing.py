"""Promise: of two that want the same at the same instant (a name, a number, a person) one gets it, and is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python

RACING = str(Path(__file__).with_name("racing.py"))


@pytest.mark.slow
def test_two_at_once_make_one(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said["registered"] == ["done"] * 3 + ["server.challenge.team_name_taken"]
    assert said["numbers"] == [1, 2, 3]
    assert said["accepted"] == ["done", "server.challenge.in_a_team_already"]
    assert said["memberships"] == 1
    assert said["invitations"] == ["accepted", "sent"], "the other invitation stays open"
