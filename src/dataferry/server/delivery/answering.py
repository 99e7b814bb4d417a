"""Questions of a served table: what may be asked by the sheet, read in one pass, answered by `privacy.answers`.

A question groups by columns, asks for figures and filters with the conditions of the row API. Only columns that the
specification sheet names as input fields are grouped and filtered by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from dataferry.messages import InputError
from dataferry.privacy import answers
from dataferry.privacy.answers import Answer, Figure, Group, Protection, Question
from dataferry.server.delivery import rows as row_door
from dataferry.server.delivery import vault
from dataferry.server.delivery.changes import schema_of
from dataferry.server.delivery.exports import plain
from dataferry.server.delivery.models import ServedTable
from dataferry.server.delivery.rows import Condition
from dataferry.server.exchange.models.listings import Listing

LONGEST_NAME = 200
_ROWS_AT_ONCE = 131_072
_KEPT = " kept"
"""No column of a served table can have a space in its name."""
_PERIOD = re.compile(rf"({'|'.join(answers.PERIODS)})\((.+)\)", re.DOTALL)
_FIGURE = re.compile(r"([a-z]+)\((.+)\)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """One question."""

    question: Question = field(default_factory=Question)
    conditions: tuple[Condition, ...] = ()

    def digested(self) -> dict[str, Any]:
        """Plain JSON that names the question, in whatever order its parts were written."""
        told = asdict(self)
        return {
            "by": sorted(group.label for group in self.question.by),
            "measures": sorted(figure.label for figure in self.question.figures),
            "conditions": sorted(told["conditions"], key=lambda each: (each["column"], each["test"], each["values"])),
        }


def question_of(by: Iterable[str], measures: Iterable[str]) -> Question:
    """A question from texts such as `city`, `day(started)` and `count`, `sum(energy)`.

    Raises:
        InputError: a name that is too long. What the table does not have is found when it is asked.
    """
    groups, figures = [], []
    for text in by:
        found = _PERIOD.fullmatch(_short(text, "by"))
        groups.append(Group(found[2], found[1]) if found else Group(text))
    for text in measures:
        found = _FIGURE.fullmatch(_short(text, "measures"))
        figures.append(Figure(found[1], found[2]) if found else Figure(text))
    return Question(tuple(groups), tuple(figures) or (Figure("count"),))


def _short(text: str, field: str) -> str:
    if len(text) > LONGEST_NAME:
        raise InputError("server.delivery.name_too_long", field=field, most=LONGEST_NAME)
    return text


def input_names(listing: Listing) -> list[str]:
    """The input fields of the sheet: columns that questions may group and filter by."""
    return [str(each["name"]) for each in listing.details.get("inputs") or []]


def check_inputs(asked: Asked, listing: Listing) -> None:
    """Whether a question keeps to the input fields of the sheet.

    Raises:
        InputError: `server.delivery.not_an_input`, `server.delivery.input_needed`.
    """
    used = {*(group.column for group in asked.question.by), *(each.column for each in asked.conditions)}
    known = input_names(listing)
    for name in sorted(used - set(known)):
        raise InputError("server.delivery.not_an_input", column=name[:80], possible=", ".join(known)[:1000])
    for each in listing.details.get("inputs") or []:
        if each.get("required") and each["name"] not in used:
            raise InputError("server.delivery.input_needed", field=str(each["name"]), column=str(each["name"]))


def read_answer(served: ServedTable, asked: Asked, protection: Protection) -> Answer:
    """Read the served files once, a group of rows at a time, and answer.

    Raises:
        InputError: a column, figure, test or value that cannot be. RefusedError: a damaged file.
    """
    schema = schema_of(served)
    answers.check(asked.question, schema, protection)
    for each in asked.conditions:
        answers.check_column(each.column, schema, protection)
    kept = _kept(served, asked.conditions, schema)
    columns = {name: ds.field(name) for name in answers.needed_columns(asked.question, protection)}
    batches = _batches(served, {**columns, _KEPT: kept})
    return answers.answer(batches, asked.question, protection, kept=_KEPT, schema=schema)


def _kept(served: ServedTable, conditions: Sequence[Condition], schema: pa.Schema) -> ds.Expression:
    """The conditions, as the row door understands them."""
    places = row_door.places_of(str(vault.path_of(str(served.files[0]["sha256"]))))
    made = row_door.filter_of(conditions, schema, places)
    return pc.scalar(True) if made is None else made


def _batches(served: ServedTable, columns: Mapping[str, ds.Expression]) -> Iterator[pa.Table]:
    paths = [str(vault.sound_path(file)) for file in served.files]
    scanner = ds.dataset(paths, format="parquet").scanner(
        columns=dict(columns), batch_size=_ROWS_AT_ONCE, batch_readahead=2, fragment_readahead=1
    )
    for batch in scanner.to_batches():
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def told(answer: Answer, protection: Protection) -> dict[str, Any]:
    """An answer as plain JSON."""
    return {
        "smallest_cell": protection.k,
        "items": [{name: plain(value) for name, value in row.items()} for row in answer.rows()],
        "withheld": {"cells": answer.withheld, "measures": dict(answer.withheld_figures)},
        "too_few": answer.too_few,
    }
