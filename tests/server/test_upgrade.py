"""Promise: a house that release 0.1.0 left is brought up to date by migrations alone, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python


@pytest.mark.slow
def test_a_house_of_the_first_release_is_brought_up_to_date(own_house: dict[str, str], release_folder: Path) -> None:
    python(own_house, "-m", "server.first_release", "make", str(release_folder))
    found = json.loads(python(own_house, "-m", "server.first_release", "upgrade"))
    assert set(found.pop("answers").values()) == {200}
    # Nothing runs while a house is brought up to date: what ran is begun anew.
    builds = found.pop("builds")
    assert builds == {
        "two-city-chargers": ["done", 1, "", None],
        "other": ["failed", 1, "", "tables.empty"],
        "waiting": ["queued", 0, "waiting@1", None],
        "running": ["queued", 0, "running@1", None],
    }
    assert found == {
        "found": True,
        "published": 2,
        "newest": True,
        "words": True,
        "owner": None,
        "document": True,
        "final": True,
        "administrator": True,
        "profile": 1,
        "password": True,
        "journal": True,
        "guarded": True,
    }
