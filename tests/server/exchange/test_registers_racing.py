"""Promise: whoever reaches for the same registration, listing or sheet at the same instant, it happens once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python

RACING = str(Path(__file__).with_name("racing_registers.py"))


@pytest.mark.slow
def test_each_step_happens_once(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said["noticed"] == {"done": 1, "server.exchange.registered_already": 7}, "one product, one notice"
    assert said["objected"] == said["decided"] == {"done": 8}
    assert said["quiet"] == "notice"
    assert said["listed"] == {"done": 1, "server.exchange.not_handed_in": 7}
    assert said["sheets"] == {"done": 8}
    assert (said["editions"], said["releases"], said["certificates"]) == ([1], 1, 1)
    assert said["replayed"]
