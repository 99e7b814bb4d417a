"""Promise: at the same instant one grant is one, a retry is one act, caps hold, and a revocation is final."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python

RACING = str(Path(__file__).with_name("racing.py"))


@pytest.mark.slow
def test_at_once(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert (said["entitlements"], said["granted"].get("one")) == (1, 4)
    assert said["notices"]["granted"] == 1
    assert (said["same"], said["counted_same"]) == ({"200": 8}, 1)
    assert (said["by_name"], said["counted_named"]) == ({"200": 6}, 1)
    assert said["capped"] == {"200": 3, "403": 7}
    assert (said["events"], said["served"], said["first"]) == (5, 1, 1)
    assert said["stopped"].get("revoked") == 1
    assert said["notices"]["revoked"] == 1
    assert said["state"] == "revoked"
    assert said["replay"]
