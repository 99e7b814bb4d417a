"""Promise: whoever saves or signs a sheet at the same instant, one of them wins and nothing is half done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.databases import python

RACING = str(Path(__file__).with_name("scoring_racing.py"))


@pytest.mark.slow
def test_of_those_who_come_together_one_wins(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said["saved"].count("server.challenge.sheet_changed") == 3
    assert (said["kept"]["revision"], said["kept"]["data"] in said["saved"]) == (2, True)
    if said["after"][0] == "signed":
        assert (said["after"][1], said["revisions"]) == ("80", ["80"])
    else:
        assert (said["after"], said["revisions"]) == (["saved", "1"], [])
    assert said["signed"] == ["1", "server.challenge.signed_already", "server.challenge.signed_already"]
    assert (said["events"], said["conflicts"]) == (1, 1)
