"""Promise: no answered cell stands for fewer rows or subjects than it must, nor can be told by subtracting; and it is
true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.privacy import answer_rules, answers
from dataferry.privacy.answers import Answer, Figure, Group, Protection, Question

K = answers.SMALLEST_K
SCHEMA = pa.schema(
    [
        ("who", pa.string()),
        ("city", pa.string()),
        ("kind", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("energy", pa.float64()),
        ("place", pa.binary()),
    ]
)
BY = {"city": Group("city"), "kind": Group("kind")}
FIGURES = tuple(Figure(*each) for each in (("count",), ("sum", "energy"), ("mean", "energy"), ("max", "energy")))
PEOPLE = Protection(subject="who")


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"kept": True, **row} for row in rows], SCHEMA.append(pa.field("kept", pa.bool_())))


def asked(
    rows: Sequence[dict[str, Any]], question: Question, protection: Protection = PEOPLE, piece: int = 50
) -> Answer:
    whole = table(rows)
    pieces = [whole.slice(begin, piece) for begin in range(0, whole.num_rows, piece)]
    return answers.answer(pieces, question, protection, kept="kept", schema=SCHEMA)


def many(count: int, who: str = "p", **row: Any) -> list[dict[str, Any]]:
    """Rows of so many different people."""
    return [{"who": f"{who}{number}", "energy": 1.0, **row} for number in range(count)]


ROWS = st.lists(
    st.tuples(
        st.integers(0, 25).map(lambda number: f"p{number}" if number else None),
        st.sampled_from(["a", "b", None]),
        st.integers(0, 1),
        st.sampled_from([0.0, 1.0, 2.0, 3.5, 90.0, -4.0, None, float("nan")]),
        st.sampled_from([True, True, True, True, False]),
    ),
    min_size=30,
    max_size=160,
)


@given(ROWS, st.sampled_from([("city",), ("city", "kind"), ()]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_answered_cell_stands_for_enough_and_is_true(
    drawn: list[tuple[Any, ...]], by: tuple[str, ...], is_about_people: bool
) -> None:
    rows = [dict(zip(("who", "city", "kind", "energy", "kept"), each, strict=True)) for each in drawn]
    protection = PEOPLE if is_about_people else Protection()
    question = Question(tuple(BY[name] for name in by), FIGURES)
    found = asked(rows, question, protection, 37)
    assert found == asked(rows, question, protection, 37), "the same question has the same answer"
    kept = [row for row in rows if row["kept"]]
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in kept:
        cells[tuple(row[name] for name in by)].append(row)
    left_out = [row for row in rows if not row["kept"]]
    if found.too_few:
        assert found.cells == found.withheld == 0
        assert not enough(kept, is_about_people) or not enough(left_out, is_about_people)
        return
    assert found.cells + found.withheld == len(cells)
    told = found.table.to_pylist()
    for row in told:
        members = cells.pop(tuple(row[name] for name in by))
        assert enough(members, is_about_people)
        assert row["count"] == len(members)
        the_figures_are_safe_and_true(row, members, is_about_people)
    for (place, value), total in totals_of(cells, len(by)).items():
        whole = [row for row in kept if place < 0 or row[by[place]] == value]
        assert enough(total, is_about_people) or not enough(whole, is_about_people), "told by subtracting"
    counted = Counter(label for row in told for label, value in row.items() if value is None and label not in by)
    assert counted == Counter(found.withheld_figures)


def totals_of(cells: dict[tuple[Any, ...], list[Any]], groups: int) -> dict[tuple[int, Any], list[Any]]:
    """The rows that are withheld of the whole (-1), and of each value of each group."""
    found: dict[tuple[int, Any], list[Any]] = defaultdict(list)
    for key, members in cells.items():
        found[-1, None] += members
        for place in range(groups if groups > 1 else 0):
            found[place, key[place]] += members
    return found


def enough(rows: Sequence[dict[str, Any]], is_about_people: bool) -> bool:
    return len(rows) >= K and (not is_about_people or len({row["who"] for row in rows} - {None}) >= K)


def the_figures_are_safe_and_true(told: dict[str, Any], rows: list[dict[str, Any]], is_about_people: bool) -> None:
    valued = [row for row in rows if row["energy"] is not None and row["energy"] == row["energy"]]
    by_whom: dict[Any, float] = defaultdict(float)
    for number, row in enumerate(valued):
        by_whom[row["who"] if is_about_people else number] += row["energy"]
    sizes = sorted(map(abs, by_whom.values()), reverse=True)
    if told["sum(energy)"] is not None:
        assert enough(valued, is_about_people)
        assert sizes[0] <= 0.5 * sum(sizes)
        assert sum(sizes[2:]) >= 0.1 * sizes[0] - 1e-9
        assert told["sum(energy)"] == pytest.approx(sum(row["energy"] for row in valued))
        assert told["mean(energy)"] == pytest.approx(told["sum(energy)"] / len(valued))
    if told["max(energy)"] is not None:
        assert told["max(energy)"] == max(row["energy"] for row in valued)
        assert enough([row for row in valued if row["energy"] == told["max(energy)"]], is_about_people)


def test_a_question_that_singles_a_person_out_learns_nothing() -> None:
    rows = [*many(40, city="a"), {"who": "the one", "city": "a", "energy": 7.0}]
    only = [{**row, "kept": row["who"] == "the one"} for row in rows]
    all_others = [{**row, "kept": row["who"] != "the one"} for row in rows]
    nobody = [{**row, "kept": False} for row in rows]
    said = [asked(each, Question()) for each in (only, all_others, nobody)]
    assert [each.too_few for each in said] == [True] * 3
    assert said[0] == said[1] == said[2], "one, all but one and none sound the same"
    often = [{**rows[0], "energy": 1.0}] * 100
    assert asked(often, Question()).too_few, "a hundred rows of one person are one person"
    assert not asked(often, Question(), Protection()).too_few


def test_one_small_cell_takes_a_second_with_it() -> None:
    rows = many(60, city="a") + many(30, "q", city="b") + many(3, "r", city="c")
    found = asked(rows, Question((Group("city"),)))
    assert (found.table.to_pylist(), found.withheld) == ([{"city": "a", "count": 60}], 2)
    both = [{**row, "kind": 1} for row in rows] + [{**row, "kind": 2} for row in many(93, "z", city="a")]
    found = asked(both, Question((Group("city"), Group("kind"))))
    assert [(row["city"], row["kind"]) for row in found.table.to_pylist()] == [("a", 1), ("a", 2)]


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ([1.0] * 12, True),
        ([1.0] * 12 + [13.0], False),
        ([1.0] * 12 + [11.9], True),
        ([0.05] * 12 + [45.0, 45.0], False),
        ([1.0, -1.0] * 6 + [-14.0], False),
        ([0.0] * 12, True),
        ([1.0] * 9, False),
        ([1e308] * 12, False),
    ],
)
def test_nobody_is_most_of_a_sum(values: list[float], is_told: bool) -> None:
    rows = [{"who": f"p{number}", "energy": value} for number, value in enumerate(values)]
    rows += [{"who": f"q{number}"} for number in range(10)]
    for protection in (PEOPLE, Protection()):
        row = asked(rows, Question(figures=(Figure("count"), Figure("sum", "energy"))), protection).table.to_pylist()[0]
        assert row["count"] == len(rows)
        assert (row["sum(energy)"] is not None) == is_told


@given(st.lists(st.integers(0, 30), min_size=30, max_size=30), st.sampled_from([(5, 6), (3, 10), (3, 2, 5)]))
@settings(max_examples=40, deadline=None)
def test_all_totals_together_do_not_give_a_small_cell_away(counts: list[int], shape: tuple[int, ...]) -> None:
    """By linear algebra: a cell that may not be told differs between two tables with the same told cells and totals."""
    keys = [key for key, rows in zip(np.ndindex(shape), counts, strict=True) if rows]
    rows = np.asarray([number for number in counts if number], dtype=np.int64)
    margins = answer_rules.margins_of([[[key[place] for key in keys]] for place in range(len(shape))], len(keys))
    hidden = answer_rules.withheld(answer_rules.Layer(rows, None), None, margins, K)
    assert np.all(hidden[rows < K])
    lines = [totals == total for totals in margins for total in np.unique(totals) if (totals == total).sum() > 1]
    known = np.asarray([[line[place] for line in lines] for place in np.flatnonzero(hidden)], dtype=float).T
    for number, place in enumerate(np.flatnonzero(hidden)):
        if rows[place] >= K or all(hidden[line].all() for line in lines if line[place] and not line.all()):
            continue  # or nothing is left that could hide it
        alone = np.zeros((1, known.shape[1]))
        alone[0, number] = 1
        rank = np.linalg.matrix_rank
        assert rank(np.vstack([known, alone])) > rank(known), (keys[place], hidden)


def test_an_hour_is_not_told_by_its_day() -> None:
    at = [datetime(2026, 1, day, hour, tzinfo=UTC) for day in (2, 3) for hour in (1, 2, 3)]
    rows = [row for number, when in enumerate(at) for row in many(20 + number, f"{number}-", at=when)]
    rows += [{"who": "the one", "energy": 7.0, "at": datetime(2026, 1, 3, 4, tzinfo=UTC)}]
    for period in ("hour", ""):
        found = asked(rows, Question((Group("at", period),)))
        hidden = {*at, rows[-1]["at"]} - set(found.table.column(0).to_pylist())
        assert [when.day for when in hidden] == [3, 3], "of the same day, which can be asked for"


def test_a_filter_does_not_part_a_sum_that_is_nearly_one_persons() -> None:
    rows = many(40, city="a") + many(12, "q", city="b", kept=False) + [{"who": "rich", "energy": 900.0, "kept": False}]
    figures = (Figure("count"), Figure("sum", "energy"), Figure("mean", "energy"))
    for protection in (PEOPLE, Protection()):
        told = asked(rows, Question((), figures), protection).table.to_pylist()
        assert told == [{"count": 40, "sum(energy)": None, "mean(energy)": None}], "the whole less it is the rich one's"
    even = [{**row, "energy": 1.0} for row in rows]
    unknown = [{**row, "energy": 1.0 if row.get("city") == "a" else None} for row in rows]
    for each in (even, unknown):
        assert asked(each, Question((), figures)).table["sum(energy)"].to_pylist() == [40.0]


def test_extremes_are_told_where_enough_share_them() -> None:
    rows = many(12, energy=5.0) + many(3, "q", energy=9.0)
    question = Question(figures=(Figure("min", "energy"), Figure("max", "energy"), Figure("subjects")))
    assert asked(rows, question).table.to_pylist() == [{"min(energy)": 5.0, "max(energy)": None, "subjects": 15}]
    same = [{**row, "who": "p1"} for row in many(12, energy=1.0)] + many(12, "q", energy=5.0)
    assert asked(same, question).table["min(energy)"].to_pylist() == [None], "twelve rows of one person"
    days = Question(figures=(Figure("min", "day"), Figure("max", "at")))
    row = asked(many(12, day=date(2026, 1, 2), at=datetime(2026, 1, 2, 3, tzinfo=UTC)), days).table.to_pylist()[0]
    assert row == {"min(day)": date(2026, 1, 2), "max(at)": datetime(2026, 1, 2, 3, tzinfo=UTC)}


def test_days_begin_where_the_product_is_read() -> None:
    rows = many(12, at=datetime(2026, 1, 1, 17, tzinfo=UTC), day=date(2026, 1, 20))
    question = Question((Group("at", "day"), Group("day", "month")))
    row = asked(rows, question).table.to_pylist()[0]
    assert row["day(at)"].isoformat() == "2026-01-02T00:00:00+08:00"
    assert row["month(day)"] == date(2026, 1, 1)


def test_days_that_never_end_are_told() -> None:
    rows = many(12, at=datetime(9999, 12, 31, 23, tzinfo=UTC)) + many(12, "q", at=datetime(1, 1, 1, tzinfo=UTC))
    told = [row["day(at)"] for row in asked(rows, Question((Group("at", "day"),))).rows()]
    assert [day[:10] for day in told] == ["0001-01-01", "10000-01-0"]


HOSTILE = ["", "\x00", "a,b\n", "=1+1", "<b>", "x" * 5_000, "\U0001f600", "None", "a" + "\u0301"]


def test_hostile_text_makes_cells_like_any_other() -> None:
    rows = [row for number, text in enumerate(HOSTILE) for row in many(12, f"{number}-", city=text)] + many(12, "n")
    found = asked(rows, Question((Group("city"),)))
    assert {row["city"]: row["count"] for row in found.table.to_pylist()} == dict.fromkeys([*HOSTILE, None], 12)
    nameless = [{**row, "who": who} for row, who in zip(many(30), [None, "", "  "] * 10, strict=True)]
    assert asked(nameless, Question()).too_few, "rows that name nobody are about nobody who could be counted"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(figures=()), "answer_nothing"),
        (Question(tuple(Group("city") for _ in range(4))), "answer_too_much"),
        (Question(figures=tuple(Figure("count") for _ in range(6))), "answer_too_much"),
        (Question((Group("who"),)), "answer_guarded"),
        (Question(figures=(Figure("min", "who"),)), "answer_guarded"),
        (Question((Group("secret"),)), "answer_guarded"),
        (Question((Group("nothing"),)), "answer_column"),
        (Question((Group("energy"),)), "answer_group"),
        (Question((Group("place"),)), "answer_group"),
        (Question((Group("city", "day"),)), "answer_group"),
        (Question((Group("day", "hour"),)), "answer_group"),
        (Question((Group("at", "minute"),)), "answer_group"),
        (Question((Group("city"), Group("city"))), "answer_twice"),
        (Question(figures=(Figure("median", "energy"),)), "answer_kind"),
        (Question(figures=(Figure("sum"),)), "answer_kind"),
        (Question(figures=(Figure("count", "energy"),)), "answer_kind"),
        (Question(figures=(Figure("sum", "city"),)), "answer_kind"),
        (Question(figures=(Figure("mean", "at"),)), "answer_kind"),
    ],
)
def test_what_cannot_be_asked_is_refused(question: Question, code: str) -> None:
    protection = Protection(subject="who", guarded=frozenset({"secret"}))
    with pytest.raises(InputError) as refused:
        asked(many(20), question, protection)
    assert refused.value.code == f"privacy.{code}"


def test_more_cells_than_anybody_reads_are_refused() -> None:
    rows = [{"who": f"p{number}", "kind": number} for number in range(answers.MOST_CELLS + 1)]
    with pytest.raises(InputError) as refused:
        asked(rows, Question((Group("kind"),)), piece=4_000)
    assert refused.value.code == "privacy.answer_too_many_cells"


def test_entries_of_subjects_are_put_together_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{**row, "energy": float(number)} for number in range(8) for row in many(20)]
    question = Question(figures=(Figure("sum", "energy"), Figure("subjects")))
    before = asked(rows, question)
    monkeypatch.setattr(answer_rules, "_PENDING", 5)
    assert asked(rows, question, piece=7).table.equals(before.table)
    assert before.table.to_pylist() == [{"sum(energy)": 560.0, "subjects": 20}]


def test_what_identifies_is_guarded() -> None:
    report = {
        "subjects": {"column": "vin", "kind": "vehicle", "distinct": 4},
        "columns": [
            {"column": "vin", "privacy_class": "sensitive-personal"},
            {"column": "owner.phone", "privacy_class": "personal"},
            {"column": "plates[]", "privacy_class": "personal"},
            {"column": "city", "privacy_class": "none"},
        ],
    }
    assert {"vin", "owner", "plates"} <= answers.guarded_columns(report)
    assert "city" not in answers.guarded_columns(report)
    assert answers.guarded_columns({}) == frozenset()
