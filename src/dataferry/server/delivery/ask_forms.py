"""The form of a question: groups, figures and filters, from what the sheet and the table allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.privacy import answers
from dataferry.privacy.answers import Protection
from dataferry.privacy.coordinates import is_number
from dataferry.server.delivery.answering import Asked, question_of
from dataferry.server.delivery.rows import LONGEST_VALUE, TESTS, Condition
from dataferry.server.people.forms import TellingForm

GROUPS, FIGURES, FILTERS = answers.MOST_GROUPS, 3, 3
TEST_WORDS = {
    "equals": _("is"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
    "one_of": _("is one of (commas between)"),
    "missing": _("has no value"),
    "present": _("has a value"),
}
PERIOD_WORDS = {"hour": _("by hour"), "day": _("by day"), "week": _("by week"), "month": _("by month")}
FIGURE_WORDS = {"sum": _("Sum of"), "mean": _("Mean of"), "min": _("Smallest"), "max": _("Largest")}
Choices = list[tuple[str, Any]]


class AskForm(TellingForm):
    """One question, as a person asks it."""

    def __init__(
        self, *args: Any, schema: pa.Schema, inputs: Sequence[str], protection: Protection, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        columns = [name for name in answers.askable(schema, protection) if name in inputs]
        groups: Choices = [("", _("– none –")), *_groups(schema, columns)]
        figures: Choices = [("", _("– none –")), *_figures(schema, protection)]
        filters: Choices = [("", _("– none –")), *((name, name) for name in columns)]
        tests: Choices = [(test, TEST_WORDS[test]) for test in TESTS]
        add = self.fields
        for place in range(1, GROUPS + 1):
            add[f"by_{place}"] = forms.ChoiceField(label=_("Group by"), choices=groups, required=False)
        for place in range(1, FIGURES + 1):
            add[f"figure_{place}"] = forms.ChoiceField(
                label=_("Figure"), choices=figures, required=False, initial="count" if place == 1 else ""
            )
        for place in range(1, FILTERS + 1):
            add[f"column_{place}"] = forms.ChoiceField(label=_("Only rows whose"), choices=filters, required=False)
            add[f"test_{place}"] = forms.ChoiceField(label=_("Condition"), choices=tests, required=False)
            add[f"value_{place}"] = forms.CharField(
                label=_("Value"), max_length=LONGEST_VALUE, required=False, strip=False
            )

    def groups(self) -> Iterator[Any]:
        return (self[f"by_{place}"] for place in range(1, GROUPS + 1))

    def figures(self) -> Iterator[Any]:
        return (self[f"figure_{place}"] for place in range(1, FIGURES + 1))

    def filters(self) -> Iterator[tuple[Any, Any, Any]]:
        """Column, test and value of each line."""
        for place in range(1, FILTERS + 1):
            yield self[f"column_{place}"], self[f"test_{place}"], self[f"value_{place}"]

    def asked(self) -> Asked:
        """The question that was filled in.

        Raises:
            InputError: see `question_of`.
        """
        data = self.cleaned_data
        by = [data[f"by_{place}"] for place in range(1, GROUPS + 1) if data[f"by_{place}"]]
        figures = [data[f"figure_{place}"] for place in range(1, FIGURES + 1) if data[f"figure_{place}"]]
        conditions = []
        for place in range(1, FILTERS + 1):
            column, test, value = (data[f"{name}_{place}"] for name in ("column", "test", "value"))
            if column:
                values = tuple(value.split(",")) if test == "one_of" else (value,)
                conditions.append(Condition(column, test or "equals", values))
        return Asked(question_of(by, figures), tuple(conditions))


def _groups(schema: pa.Schema, columns: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for name in columns:
        kind = schema.field(name).type
        if answers.can_group(kind):
            yield name, name
        if answers.is_time(kind):
            for period in answers.PERIODS[1 if pa.types.is_date(kind) else 0 :]:
                yield f"{period}({name})", f"{name} · {PERIOD_WORDS[period]}"


def _figures(schema: pa.Schema, protection: Protection) -> Iterator[tuple[str, Any]]:
    yield "count", _("How many rows")
    if protection.subject is not None:
        yield "subjects", _("How many different people, vehicles or devices")
    for name in answers.askable(schema, protection):
        kind = schema.field(name).type
        for figure in answers.OF_COLUMNS:
            if is_number(kind) or (figure in ("min", "max") and answers.is_time(kind)):
                yield f"{figure}({name})", f"{FIGURE_WORDS[figure]} {name}"
