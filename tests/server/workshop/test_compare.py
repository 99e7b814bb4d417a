"""Two releases are compared as a person would by hand: every column, figure, input, evidence state and row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from dataferry.messages import InputError
from dataferry.server.workshop import compare
from dataferry.server.workshop.actions import register_release
from dataferry.server.workshop.compare import Change, compare_releases
from server.releases import COLUMNS, EVIDENCE, column, hexagons, make_release, same, source

pytestmark = pytest.mark.django_db


def changed_rows() -> list[dict[str, Any]]:
    """34 districts of the first release; here one is gone, two came, one has more chargers, one lies elsewhere."""
    rows = [dict(row) for row in hexagons()]
    gone = rows.pop(5)
    assert gone["district"] == "hong-kong 06"
    rows[0]["chargers"] = 7
    rows[1]["geometry"] = shapely.box(114.0, 22.0, 114.1, 22.1)
    rows[2]["chargers_per_km2"] = None
    for name in ("shanghai 90", "shanghai 91"):
        rows.append({**rows[-1], "district": name})
    return rows


def test_what_changed_is_what_was_changed(home: Path, tmp_path: Path) -> None:
    first = make_release(tmp_path / "first", changes={"figures": {"total": {"value": 10}, "best": {"value": 1}}})
    output = {"rows": 35, "key": ["city", "district"], "crs": "EPSG:4326", "geometry": "geometry", "bbox": None}
    columns = [dict(each) for each in COLUMNS]
    columns[4] = column("chargers", "integer", same("Charging points"), unit="points")
    changes = {
        "output": {**output, "columns": columns},
        "figures": {"total": {"value": 12}, "worst": {"value": 3}},
        "inputs": [source("hk_districts", "hong-kong", "Transport Department", 18), source("new", "shanghai", "X", 2)],
        "evidence": {**EVIDENCE, "quality": "clear"},
    }
    second = make_release(tmp_path / "second", version="1.1.0", rows=changed_rows(), changes=changes)
    before, after = register_release(first), register_release(second)
    found = compare_releases(before, after)
    assert not found.same
    assert found.rows == (34, 35)
    assert Change("chargers", "unit", "1", "points") in found.columns
    titles = {change.of for change in found.columns if change.what == "title"}
    assert titles == {"chargers"}
    assert found.figures == [
        Change("total", "value", 10, 12),
        Change("best", "removed", 1, None),
        Change("worst", "added", None, 3),
    ]
    assert [(change.of, change.what) for change in found.inputs] == [("sh_districts", "removed"), ("new", "added")]
    assert found.evidence == [Change("quality", "state", "attention", "clear")]
    rows = found.row_changes
    assert (rows.added, rows.removed, rows.changed) == (2, 1, 3)
    assert rows.columns == {"chargers": 1, "chargers_per_km2": 1, "geometry": 1}
    assert [each["key"]["district"] for each in rows.examples["added"]] == ["shanghai 90", "shanghai 91"]
    assert rows.examples["removed"] == [{"key": {"city": "hong-kong", "district": "hong-kong 06"}}]
    changed = {each["key"]["district"]: each["changes"] for each in rows.examples["changed"]}
    assert changed["hong-kong 01"] == {"chargers": [0, 7]}
    assert changed["hong-kong 03"] == {"chargers_per_km2": [0.04, None]}
    assert set(changed["hong-kong 02"]) == {"geometry"}
    backwards = compare_releases(after, before).row_changes
    assert (backwards.added, backwards.removed, backwards.changed) == (1, 2, 3)


def test_columns_that_came_went_and_changed_their_type(home: Path, tmp_path: Path) -> None:
    before = register_release(make_release(tmp_path / "first"))
    columns = [dict(each) for each in COLUMNS if each["name"] != "district_zh_hans"]
    columns[3] = column("chargers", "number", same("Chargers"))
    columns.append(column("note", "string", same("Note")))
    output = {**before.document["output"], "columns": columns}
    rows = [{**{k: v for k, v in row.items() if k != "district_zh_hans"}, "note": "n"} for row in hexagons()]
    after = register_release(make_release(tmp_path / "second", version="2.0.0", rows=rows, changes={"output": output}))
    found = compare_releases(before, after)
    assert Change("district_zh_hans", "removed", "string") in found.columns
    assert Change("note", "added", None, "string") in found.columns
    assert Change("chargers", "type", "integer", "number") in found.columns
    assert (found.row_changes.added, found.row_changes.removed, found.row_changes.changed) == (0, 0, 0)


def test_rows_are_not_compared_where_the_key_changed_or_there_are_too_many(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = register_release(make_release(tmp_path / "first"))
    output = {**before.document["output"], "key": ["district"]}
    other = register_release(make_release(tmp_path / "second", version="1.1.0", changes={"output": output}))
    assert compare_releases(before, other).row_changes.reason == "server.workshop.compare_other_key"
    third = register_release(make_release(tmp_path / "third", version="1.2.0"))
    monkeypatch.setattr(compare, "MOST_ROWS", 60)
    found = compare_releases(before, third).row_changes
    assert (found.reason, found.added) == ("server.workshop.compare_too_large", None)


def test_releases_of_two_products_are_not_compared(home: Path, tmp_path: Path) -> None:
    one = register_release(make_release(tmp_path / "first"))
    other = register_release(make_release(tmp_path / "second", name="another"))
    with pytest.raises(InputError):
        compare_releases(one, other)


def test_the_same_release_has_nothing_to_tell(registered: Any) -> None:
    found = compare_releases(registered, registered)
    assert found.same
    value = found.to_json()
    assert not any(value[part] for part in ("columns", "figures", "measures", "inputs", "evidence"))
    assert value["row_changes"]["changed"] == 0
