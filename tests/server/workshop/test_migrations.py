"""A house of 0.1.0 loses nothing: its releases stay open, its builds keep how they ended, what waited waits again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import manage, python

SCRIPT = str(Path(__file__).with_name("build_process.py"))


@pytest.mark.slow
def test_builds_and_releases_of_the_first_version(own_house: dict[str, str]) -> None:
    manage(own_house, "migrate", "workshop", "0002")
    python(own_house, SCRIPT, "old")
    manage(own_house, "migrate")
    builds, publications, newest, words, owner = json.loads(python(own_house, SCRIPT, "new"))
    assert builds == [
        [1, "done", 1, "", None],
        [2, "failed", 1, "", "products.no_rows"],
        [3, "queued", 0, "chargers@3.0.0", None],
        [4, "queued", 0, "chargers@4.0.0", None],
    ]
    assert (publications, newest, words, owner) == (2, 2, ["chargers", "chargers 充電"], None)
