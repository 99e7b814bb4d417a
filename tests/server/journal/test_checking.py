"""Promise: whatever row is changed, removed, inserted or moved, verification finds it and names it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.server import journal
from dataferry.server.journal import stored
from server.guards import without_triggers
from server.journal.chains import COLUMNS, named, rewrite, right_hash, rows, write

pytestmark = pytest.mark.django_db
LENGTH = 9
FAKED = {
    "instant": "2020-01-01T00:00:00.000000Z",
    "actor": "person:99",
    "act": "catalogue.dataset_withdrawn",
    "object": "dataset:other",
    "payload": '{"rows":999}',
    "previous": "0" * 64,
    "hash": "1" * 64,
}


@st.composite
def tamperings(draw: Any) -> tuple[str, int, int, str, bool]:
    kind = draw(st.sampled_from(["change", "spoil", "remove", "insert", "append", "swap", "renumber"]))
    first, second = sorted(draw(st.lists(st.integers(1, LENGTH), min_size=2, max_size=2, unique=True)))
    return kind, first, second, draw(st.sampled_from(sorted(FAKED))), draw(st.booleans())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tampering=tamperings())
def test_any_single_tampering_is_found_and_named(tampering: tuple[str, int, int, str, bool], home: Any) -> None:
    kind, first, second, column, covered = tampering
    with transaction.atomic():
        write(LENGTH)
        assert journal.verify().sound
        expected = _tamper(kind, first, second, column, covered)
        result = journal.verify()
        transaction.set_rollback(True)
    assert not result.sound
    assert expected <= named(result.findings), (result.findings, expected)
    assert all(finding.text() for finding in result.findings)


def _tamper(kind: str, first: int, second: int, column: str, covered: bool) -> set[int]:
    """Do it, with the row's own hash made right where `covered`; the numbers that must be named."""
    expected = {first}

    def change(all_rows: list[dict[str, Any]]) -> None:
        row = all_rows[first - 1]
        if kind == "change":
            row[column] = FAKED[column]
            if covered and column != "hash":
                row["hash"] = right_hash(row)
        elif kind == "spoil":
            row["payload"] = "not json" if covered else row["payload"].replace(":", ": ")
        elif kind == "remove":
            del all_rows[first - 1 : second]
            expected.update(range(first, second + 1))
        elif kind == "insert":
            # Room is made by moving all later rows up by one.
            for later in all_rows[first - 1 :]:
                later["sequence"] += 1
            new = {**row, "sequence": first, "object": "dataset:inserted", "hash": "2" * 64}
            all_rows.insert(first - 1, {**new, "hash": right_hash(new)} if covered else new)
        elif kind == "append":
            last = all_rows[-1]
            new = {**last, "sequence": LENGTH + 1, "previous": last["hash"]}
            all_rows.append({**new, "hash": right_hash(new)})
            expected.clear()
            expected.add(LENGTH + 1)
        elif kind == "swap":
            other = all_rows[second - 1]
            row["sequence"], other["sequence"] = second, first
            expected.add(second)
        else:
            row["sequence"] = LENGTH + 5
            expected.add(LENGTH + 5)

    rewrite(change)
    return expected


def test_all_is_found_not_only_the_first(home: Any) -> None:
    write(20)

    def change(all_rows: list[dict[str, Any]]) -> None:
        all_rows[2]["act"] = "catalogue.dataset_withdrawn"
        all_rows[9]["actor"] = "person:7"
        all_rows[9]["hash"] = right_hash(all_rows[9])
        del all_rows[14:16]

    rewrite(change)
    found = [(finding.code.rpartition(".")[2], finding.data) for finding in journal.verify().findings]
    assert found == [
        ("row_changed", {"sequence": 3}),
        ("row_replaced", {"sequence": 10}),
        ("rows_missing", {"first": 15, "last": 16}),
    ]


def test_a_moved_row_is_told_by_the_number_it_was_written_with(home: Any) -> None:
    write(9)
    rewrite(lambda all_rows: all_rows[2].update(sequence=8) or all_rows[7].update(sequence=3))
    moved = {"sequence": 8, "written_as": 3}
    assert moved in [dict(finding.data) for finding in journal.verify().findings]


def test_a_head_that_was_moved_or_removed_is_found(home: Any) -> None:
    write(3)

    def after(statement: str) -> list[str]:
        with without_triggers(), connection.cursor() as cursor:
            cursor.execute(statement)
        return [finding.code.rpartition(".")[2] for finding in journal.verify().findings]

    assert after(f"UPDATE journal_chain SET hash = '{'0' * 64}'") == ["head_differs"]
    assert after("UPDATE journal_chain SET sequence = 7") == ["rows_missing"]
    assert after("DELETE FROM journal_chain") == ["head_missing"]
    with pytest.raises(RuntimeError, match="no head"):
        write(1)


def test_silent_triggers_are_told(home: Any) -> None:
    write(1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER journal_event_no_update")
    assert [f.data for f in journal.verify().findings] == [{"table": "journal_event"}]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases hold a column to its type")
def test_bytes_and_words_where_sqlite_lets_them_are_found(home: Any) -> None:
    write(4)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_event SET payload = CAST(X'ff00fe' AS TEXT) WHERE sequence = 2")
        cursor.execute("UPDATE journal_event SET instant = X'00' WHERE sequence = 3")
        cursor.execute(f"INSERT INTO journal_event ({', '.join(COLUMNS)}) VALUES ('last', '', '', '', '', '', '', 'x')")
    result = journal.verify()
    assert named(result.findings) == {2, 3}
    assert "server.journal.rows_outside" in [finding.code for finding in result.findings]


def test_a_journal_longer_than_a_page_of_rows_is_walked_whole(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ROWS_AT_ONCE", 7)
    write(21)
    result = journal.verify()
    assert (result.events, result.sequence, result.sound) == (21, 21, True)
    rewrite(lambda all_rows: all_rows[6].update(act="other.act_done"))
    assert named(journal.verify().findings) == {7}


def test_no_more_findings_are_kept_than_a_reader_can_use(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataferry.server.journal.checking.MOST_FINDINGS", 5)
    write(12)
    rewrite(lambda all_rows: [row.update(act="other.act_done") for row in all_rows])
    result = journal.verify()
    assert (result.count, len(result.findings)) == (12, 5)
    assert len(rows()) == 12
