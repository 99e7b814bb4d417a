"""The real Delta Sharing clients, old and new, load a bought product over the wire as it is, and its changes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from server.delivery.sharing_house import Bought, make_bought, make_folders

ROOT = Path(__file__).parents[3]
STRANGER = Path(__file__).with_name("stranger.py")
VERSIONS = ("1.4.1", "1.4.2")
LONGEST = 300
CHANGE = ["_change_type", "_commit_version"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="session")
def interpreters() -> dict[str, str]:
    """The Python of each client; tests skip where no package index can be reached."""
    sys.path.insert(0, str(ROOT / "tools"))
    import delta_clients

    try:
        return {version: str(delta_clients.python_of(version)) for version in VERSIONS}
    except delta_clients.NoClientError as error:
        pytest.skip(f"the real Delta Sharing clients cannot be installed here: {error}")


@pytest.fixture
def bought(transactional_db: None, home: Path, tmp_path: Path) -> Bought:
    return make_bought(make_folders(tmp_path / "built"))


@pytest.fixture
def profile(bought: Bought, live_server: Any, tmp_path: Path) -> Path:
    from dataferry.formats.delta_sharing import Profile

    path = tmp_path / "bought.share"
    path.write_text(Profile(f"{live_server.url}/delta-sharing", bought.token, bought.key.expires_at).to_text())
    return path


def obeyed(python: str, profile: Path, orders: list[dict[str, Any]]) -> list[Any]:
    """What the client got for each order."""
    command = [python, str(STRANGER), str(profile), json.dumps(orders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST, env={})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def told(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows as the stranger prints them, in an order of their own."""
    return ordered([[_told(value) for value in row.values()] for row in rows])


def _told(value: Any) -> Any:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def ordered(rows: list[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=repr)


def of_frame(answer: dict[str, Any], *columns: str) -> list[list[Any]]:
    """The rows of a data frame without the columns named; whole numbers as the frame of a feed may write them."""
    assert "value" in answer, answer
    frame = answer["value"]
    kept = [place for place, name in enumerate(frame["columns"]) if name not in columns]
    rows = [[row[place] for place in kept] for row in frame["rows"]]
    return ordered([[_whole(value) for value in row] for row in rows])


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and value >= 3 else value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stranger_lists_loads_and_follows_a_product(
    version: str, interpreters: dict[str, str], bought: Bought, profile: Path
) -> None:
    table = bought.table
    city = {"op": "column", "name": "city", "valueType": "string"}
    elsewhere = {"op": "equal", "children": [city, {"op": "literal", "value": "tokyo", "valueType": "string"}]}
    in_delta = {"use_delta_format": True}
    orders = [
        {"do": "list"},
        {"do": "version", "table": table},
        {"do": "version", "table": table, "options": {"starting_timestamp": "2020-01-01T00:00:00Z"}},
        {"do": "metadata", "table": table},
        {"do": "load", "table": table},
        {"do": "load", "table": table, "options": {"version": 0}},
        {"do": "load", "table": table, "options": in_delta},
        {"do": "load", "table": table, "options": {"limit": 5}},
        {"do": "load", "table": table, "options": {"jsonPredicateHints": json.dumps(elsewhere)}},
        {"do": "changes", "table": table, "options": {"starting_version": 1}},
        {"do": "changes", "table": table, "options": {"starting_version": 0, **in_delta}},
        {"do": "load", "table": f"{bought.entitlement.share}.data.nothing"},
    ]
    answers = obeyed(interpreters[version], profile, orders)
    listing, newest, first, metadata, load, as_of, delta, limited, pruned, changes, all_changes, missing = answers
    share = bought.entitlement.share
    assert listing["value"] == {
        "shares": [share],
        "schemas": ["data"],
        "tables": [table],
        "by_schema": ["two_city_chargers"],
    }
    assert (newest["value"], first["value"]) == (1, 0)
    columns = list(bought.rows[0][0])
    assert [field["name"] for field in metadata["value"]["schema"]["fields"]] == columns

    assert load["value"]["columns"] == columns
    assert of_frame(load) == of_frame(delta) == ordered(told(bought.rows[1]))
    assert of_frame(as_of) == told(bought.rows[0])
    assert len(limited["value"]["rows"]) == 5
    assert pruned["value"] == {"rows": [], "columns": columns}

    follow(bought, changes, all_changes)
    assert missing["status"] == 404


def follow(bought: Bought, changes: dict[str, Any], all_changes: dict[str, Any]) -> None:
    """The feed of the newest version tells four rows; that from the beginning leads from nothing to the newest."""
    names = changes["value"]["columns"]
    assert names == [*bought.rows[0][0], *CHANGE, "_commit_timestamp"]
    kinds = sorted(row[names.index("_change_type")] for row in changes["value"]["rows"])
    assert kinds == ["delete", "insert", "update_postimage", "update_preimage"]
    assert {row[names.index("_commit_version")] for row in changes["value"]["rows"]} == {1}
    rows: list[Any] = []
    for row in all_changes["value"]["rows"]:
        kind = row[names.index("_change_type")]
        value = [_whole(each) for each in row[: len(bought.rows[0][0])]]
        if kind in {"insert", "update_postimage"}:
            rows.append(value)
        else:
            rows.remove(value)
    assert ordered(rows) == told(bought.rows[1])


def test_a_revoked_stranger_is_refused_at_once_and_in_the_middle_of_a_file(
    interpreters: dict[str, str], bought: Bought, profile: Path
) -> None:
    from dataferry.server.delivery.actions import entitlements

    python = interpreters[VERSIONS[-1]]
    ((file,),) = [answer["value"] for answer in obeyed(python, profile, [{"do": "files", "table": bought.table}])]
    assert len(part_of(file, 0)) == 100
    entitlements.revoke(bought.supplier.manager, bought.entitlement, "The buyer passed it on.")
    with pytest.raises(urllib.error.HTTPError) as caught:
        part_of(file, 100)
    assert caught.value.code == 403
    (refused,) = obeyed(python, profile, [{"do": "load", "table": bought.table}])
    assert refused["status"] == 403
    assert "PERMISSION_DENIED" in refused["said"]


def part_of(url: str, first: int) -> bytes:
    asked = urllib.request.Request(url, headers={"Range": f"bytes={first}-{first + 99}"})  # noqa: S310
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        assert answer.status == 206
        return bytes(answer.read())
