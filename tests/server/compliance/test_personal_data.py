"""Promise: a person takes home what they did in cases; when their account ends, the cases stand and name nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.compliance.clearing import make_house, taken, told_by_journal

pytestmark = pytest.mark.django_db


def test_copy_and_end(registered: Any, home: Path) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.personal_data import erase, exported

    house = make_house(registered)
    case = house.answered()
    manager = house.supplier.manager
    cases.add_evidence(manager, case.items.get(code="general-scope"), taken(home))
    assert exported(manager)["cases_opened"] == [case.number]
    assert exported(manager)["files"][0]["item"] == "general-scope"
    assert len(exported(manager)["items_answered"]) > 20
    assert exported(house.officer)["clearances_issued"] == []
    erase(manager)
    assert case.items.exclude(statement="").count() > 20
    told_by_journal()
