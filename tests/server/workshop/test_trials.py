"""A recipe is tried on the first rows of its inputs, and what is wrong is told at the line where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dataferry.messages import RefusedError, UnavailableError
from dataferry.server.web.problems import TooManyError
from dataferry.server.workshop import actions, trials
from dataferry.server.workshop.models import Draft

pytestmark = pytest.mark.django_db

COUNTED = "SELECT district, count(*) AS stops,\n  sum(lines) AS lines\nFROM stops\nGROUP BY district\n"


def test_the_first_rows_of_an_answer(ann: Any, draft: Draft) -> None:
    trial = trials.preview_draft(ann, draft)
    assert trial.ran
    assert [(column.name, column.type, column.declared) for column in trial.columns] == [
        ("stop", "string", "string"),
        ("名稱", "string", "string"),
        ("district", "string", "string"),
        ("lines", "integer", "integer"),
    ]
    assert sorted(trial.rows)[0] == ["A1", "中環", "Central", 3]
    (sample,) = trial.samples
    assert sample.whole
    assert sample.text("en") == "stops: all 4 rows"
    assert not trial.problems


def test_what_differs_from_the_declaration_is_told_at_its_column(ann: Any, draft: Draft) -> None:
    trial = trials.preview_draft(ann, draft, COUNTED)
    assert sorted(trial.rows) == [["Central", 2, 4], ["Eastern", 1, 2], ["Wan Chai", 1, 2]]
    told = {(problem.code, problem.data["column"], problem.line) for problem in trial.problems}
    lines = [line.strip() for line in draft.manifest.splitlines()]
    for name in ("stop", "名稱"):
        assert ("products.column_missing", name, lines.index(f"- name: {name}") + 1) in told
    assert any(code == "products.column_extra" and column == "stops" for code, column, _line in told)


@pytest.mark.parametrize(
    ("recipe", "code", "line", "column"),
    [
        ("SELECT stop,\n  FROM stops WHERE", "products.sql_syntax", 2, None),
        ("SELECT stop,\n  distrikt\nFROM stops", "products.unknown_column", 2, 3),
        ("SELECT stop\nFROM stops\nWHERE lower(STOP) = 'a' AND\n  now() IS NULL", "products.volatile_refused", 4, 3),
        ("SELECT stop FROM\n  read_csv('/etc/passwd')", None, 2, None),
        ("DELETE\nFROM stops", "products.not_a_query", 1, None),
        ("SELECT stop,\n  abs(district) AS a\nFROM stops", "tables.query_failed", 2, 3),
    ],
)
def test_mistakes_are_told_at_their_line(
    ann: Any, draft: Draft, recipe: str, code: str | None, line: int, column: int | None
) -> None:
    trial = trials.preview_draft(ann, draft, recipe)
    assert not trial.ran
    problem = trial.problems[0]
    assert (problem.file, problem.line) == ("recipe.sql", line)
    assert column is None or problem.column == column
    assert code is None or problem.code == code
    assert problem.text("zh-Hant")


def test_a_large_input_is_tried_on_its_first_rows_and_says_so(ann: Any, upload: Callable[..., Any]) -> None:
    rows = "".join(f"{number},{number % 7}\n" for number in range(12_000))
    snapshot = upload(ann, b"number,part\n" + rows.encode(), "many.csv", metadata={"title": {"en": "Many"}})
    draft = actions.open_draft(ann, [snapshot], "many")
    table = snapshot.distribution.dataset.slug.replace("-", "_")
    trial = trials.preview_draft(ann, draft, f"SELECT max(number) AS n, count(*) AS c FROM {table}")
    assert trial.rows == [[trials.SAMPLE_ROWS - 1, trials.SAMPLE_ROWS]]
    assert trial.samples[0].text("en") == f"{table}: the first 5,000 of 12,000 rows"


def test_a_recipe_that_takes_too_much_is_ended(ann: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trials.LIMITS, "rows", 3)
    trial = trials.preview_draft(ann, draft)
    assert trial.problems[0].code == "products.limit_rows"


def test_an_explanation_says_what_is_read_and_where_columns_come_from(ann: Any, draft: Draft) -> None:
    told = trials.explain_draft(ann, draft, COUNTED.replace("AS stops", "AS stop"))
    assert [(each.name, each.rows, list(each.columns)) for each in told.tables] == [("stops", 4, ["district", "lines"])]
    by_name = {each["column"]: each for each in told.columns}
    assert by_name["lines"]["from"] == [{"input": "stops", "column": "lines"}]
    assert "sum" in by_name["lines"]["through"]
    assert "sum" in told.functions


def test_only_people_of_the_draft_try_it_and_not_for_ever(ann: Any, bob: Any, draft: Draft, settings: Any) -> None:
    for tried in (trials.preview_draft, trials.explain_draft):
        with pytest.raises(RefusedError):
            tried(bob, draft)
    settings.API_RATES = {"expensive": 10}
    for _time in range(10):
        trials.explain_draft(ann, draft)
    with pytest.raises(TooManyError):
        trials.explain_draft(ann, draft)


def test_a_trial_waits_its_turn_and_then_says_that_the_house_is_busy(
    ann: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "WAIT_SECONDS", 0.0)
    for _turn in range(trials.AT_ONCE):
        assert trials._turns.acquire(timeout=0)
    try:
        with pytest.raises(UnavailableError) as error:
            trials.preview_draft(ann, draft)
    finally:
        for _turn in range(trials.AT_ONCE):
            trials._turns.release()
    assert error.value.retry
    assert trials.preview_draft(ann, draft).ran


def test_a_shared_draft_does_not_open_the_data_under_it(ann: Any, bob: Any, draft: Draft) -> None:
    actions.share_draft(ann, draft, "bob@example.org", may_edit=True)
    draft.refresh_from_db()
    trial = trials.preview_draft(bob, Draft.objects.get(), "SELECT * FROM stops")
    assert not trial.ran
    assert not trial.rows
    assert [problem.code for problem in trial.problems] == ["server.workshop.input_hidden"]
    assert not trials.explain_draft(bob, Draft.objects.get()).tables
