"""What the buttons beside the editor show: a check, the first rows, or how the recipe would be run, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from dataferry.messages import DataferryError, InputError
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import cell, datum_word, finding_text
from dataferry.server.workshop import draft_view, trials
from dataferry.server.workshop.checks import Problem, check_draft
from dataferry.server.workshop.models import Draft

if TYPE_CHECKING:
    from dataferry.products.outline import OutlineColumn

NUMERIC = frozenset({"integer", "number"})
SHOWN_CELL = 120


@dataclass(frozen=True)
class Heading:
    """A column of a preview."""

    name: str
    type: str
    crs: str
    numeric: bool


@dataclass(frozen=True)
class Cell:
    """One value of a preview as text."""

    text: str
    numeric: bool
    missing: bool


def tools() -> list[tuple[str, str, str]]:
    """The buttons of the recipe: act, words, class."""
    return [
        ("preview", _("Preview"), ""),
        ("check", _("Check"), "secondary"),
        ("explain", _("Explain"), "secondary"),
    ]


def tried(user: Any, draft: Draft, act: str, manifest: str | None = None, recipe: str | None = None) -> dict[str, Any]:
    """What the template of results shows: `problems` at their lines, `told`, and `rows` or `plan`.

    Raises:
        MissingError, RefusedError: not this person's to try.
    """
    try:
        return {"act": act, **TRIES[act](user, draft, manifest, recipe)}
    except DataferryError as error:
        if error.http_status in (403, 404):
            raise
        return {"act": act, "problems": draft_view.problems_of(draft_view.error_json(error), draft)}


def _shown(problems: Any, draft: Draft) -> list[draft_view.Problem]:
    return [_problem(each, draft) for each in problems]


def _problem(found: Problem, draft: Draft) -> draft_view.Problem:
    given = {"code": found.code, "data": found.data, "file": found.file, "line": found.line, "column": found.column}
    return draft_view.problem_shown(given, draft)


def _check(user: Any, draft: Draft, manifest: str | None, recipe: str | None) -> dict[str, Any]:
    problems = check_draft(user, draft, manifest=manifest, recipe=recipe)
    told = _("Nothing wrong found in recipe, inputs and description. A preview or a build may still find something.")
    return {"problems": _shown(problems, draft), "told": told}


def _preview(user: Any, draft: Draft, manifest: str | None, recipe: str | None) -> dict[str, Any]:
    trial = trials.preview_draft(user, draft, recipe=recipe, manifest=manifest)
    found: dict[str, Any] = {"problems": _shown(trial.problems, draft), "told": _("The recipe runs.")}
    if not trial.ran:
        return found
    headings = [Heading(each.name, each.type, each.crs, each.type in NUMERIC) for each in trial.columns]
    rows = [[_cell(value, heading) for value, heading in zip(row, headings, strict=True)] for row in trial.rows]
    note = _("Run on a sample, in no particular order.")
    if trial.samples:
        note = _("Run on a sample, in no particular order: %(samples)s.") % {
            "samples": "; ".join(each.text(page_language()) for each in trial.samples)
        }
    return found | {"rows": {"headings": headings, "rows": rows, "note": note, "more": trial.more}}


def _cell(value: Any, heading: Heading) -> Cell:
    text = cell(value, count=False)
    if len(text) > SHOWN_CELL:
        text = text[: SHOWN_CELL - 1] + "…"
    return Cell(text, heading.numeric, value is None)


def _explain(user: Any, draft: Draft, manifest: str | None, recipe: str | None) -> dict[str, Any]:
    explanation = trials.explain_draft(user, draft, recipe=recipe, manifest=manifest)
    problems = _shown(explanation.problems, draft)
    if not explanation.sql:
        return {"problems": problems}
    plan = {
        "tables": explanation.tables,
        "columns": [_origin(each) for each in explanation.columns],
        "conversions": [_conversion(each) for each in explanation.conversions],
        "functions": explanation.functions,
        "sql": explanation.sql,
    }
    return {"problems": problems, "told": _("The recipe can be run."), "plan": plan}


def _origin(told: Mapping[str, Any]) -> dict[str, Any]:
    origins = [f"{each.get('input')}.{each.get('column')}" for each in told.get("from") or []]
    return {"name": told.get("column", ""), "from": origins, "through": told.get("through") or []}


def _conversion(told: Mapping[str, Any]) -> str:
    return _("%(what)s: from %(source)s to %(target)s by %(function)s") % {
        "what": f"{told.get('input')}.{told.get('column')}",
        "source": datum_word(told.get("from")),
        "target": datum_word(told.get("to")),
        "function": told.get("function"),
    }


TRIES: Mapping[str, Callable[[Any, Draft, str | None, str | None], dict[str, Any]]] = {
    "check": _check,
    "preview": _preview,
    "explain": _explain,
}


def columns_given(user: Any, draft: Draft, manifest: str) -> list[OutlineColumn]:
    """The columns that the saved recipe gives, as far as a sample tells.

    Raises:
        InputError: the recipe does not run; `problems` says why. DataferryError: as `trials.preview_draft`.
    """
    from dataferry.products.outline import OutlineColumn

    trial = trials.preview_draft(user, draft, manifest=manifest)
    if not trial.ran:
        problems = [each.to_json(page_language()) for each in trial.problems]
        first = finding_text(problems[0], page_language()) if problems else ""
        raise InputError("server.workshop.not_ready", count=len(problems), first=first, problems=problems)
    gaps = [any(row[position] is None for row in trial.rows) for position in range(len(trial.columns))]
    return [
        OutlineColumn(each.name, each.type, gap, False, each.crs or None)
        for each, gap in zip(trial.columns, gaps, strict=True)
    ]
