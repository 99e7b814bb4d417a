"""A bounded question of a table, and its answer as cells that single nobody out. Rows themselves never leave.

    question = Question((Group("city"), Group("started", "day")), (Figure("count"), Figure("mean", "energy")))
    answer(batches, question, Protection(k=10, subject="vehicle"), kept="kept")

What is answered stands for at least `k` rows and, where a column tells people or vehicles apart, `k` of them; the rules
are in `answer_rules`. They bound one question at a time: whoever may ask many can still compare their answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.messages import InputError
from dataferry.privacy.answer_cells import MOST_CELLS, Cells
from dataferry.privacy.answer_rules import Layer, margins_of, withheld
from dataferry.privacy.coordinates import is_number
from dataferry.privacy.deidentify_times import floor_times
from dataferry.privacy.steps import DEFAULT_K

SMALLEST_K: Final = DEFAULT_K
PERIODS: Final = ("hour", "day", "week", "month")
OF_COLUMNS: Final = ("sum", "mean", "min", "max")
KINDS: Final = ("count", "subjects", *OF_COLUMNS)
MOST_GROUPS, MOST_FIGURES = 3, 5
_LARGEST_WHOLE: Final = 2**53
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """A column whose equal values make cells; `period` (hour, day, week, month) makes days and instants coarser."""

    column: str
    period: str = ""

    @property
    def label(self) -> str:
        return f"{self.period}({self.column})" if self.period else self.column


@dataclass(frozen=True)
class Figure:
    """A figure of each cell: `count` of rows, `subjects` (distinct), or sum, mean, min, max of a column."""

    kind: str
    column: str = ""

    @property
    def label(self) -> str:
        return f"{self.kind}({self.column})" if self.column else self.kind


@dataclass(frozen=True)
class Question:
    """Which cells, and which figures of them."""

    by: tuple[Group, ...] = ()
    figures: tuple[Figure, ...] = (Figure("count"),)


@dataclass(frozen=True)
class Protection:
    """What an answer has to keep.

    Args:
        k: rows, and subjects, that everything answered stands for; at least `SMALLEST_K`.
        subject: the column that tells people, vehicles or devices apart; None where the screening found none.
        guarded: columns that may not be asked about: they identify.
        zone: IANA zone in which the days of instants begin.
    """

    k: int = SMALLEST_K
    subject: str | None = None
    guarded: frozenset[str] = frozenset()
    zone: str = "Asia/Hong_Kong"


@dataclass(frozen=True)
class Answer:
    """Cells as a table: the groups and the figures by their labels, in the order of the groups.

    A figure that is withheld, or has no value, is null. `withheld` cells are in no row of the table;
    `withheld_figures` counts by label. `too_few`: the rows that were asked about, or those that were left out, are
    fewer than `k`; how many is not said, and nothing is answered.
    """

    table: pa.Table
    withheld: int = 0
    withheld_figures: Mapping[str, int] = field(default_factory=dict)
    too_few: bool = False

    @property
    def cells(self) -> int:
        return int(self.table.num_rows)

    def rows(self, most: int | None = None) -> list[dict[str, Any]]:
        """The table row by row. What Python has no instants for is told as text: late 9999 is 10000 in Hong Kong."""
        shown = self.table.slice(0, most)
        columns = [_python_values(column) for column in shown.columns]
        return [dict(zip(shown.column_names, values, strict=True)) for values in zip(*columns, strict=True)]


def _python_values(column: pa.ChunkedArray) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return [text and text.replace(" ", "T") for text in column.cast(pa.string()).to_pylist()]


def guarded_columns(report: Mapping[str, Any]) -> frozenset[str]:
    """Columns that identify somebody, by the JSON of a privacy report; of a nested one the column that holds it."""
    named: set[str] = set()
    subjects = report.get("subjects")
    if isinstance(subjects, Mapping) and isinstance(subjects.get("column"), str):
        named.add(subjects["column"])
    for each in report.get("columns") or []:
        if each.get("privacy_class", "none") != "none":
            name = str(each.get("column"))
            named |= {name, name.split(".")[0].split("[")[0]}
    return frozenset(named)


def needed_columns(question: Question, protection: Protection) -> list[str]:
    """The columns of the table that have to be read."""
    named = [group.column for group in question.by] + [each.column for each in question.figures if each.column]
    return sorted({*named, *([protection.subject] if protection.subject else [])})


def check(question: Question, schema: pa.Schema, protection: Protection) -> None:
    """Whether the question can be asked of such a table.

    Raises:
        InputError: `privacy.answer_nothing`, `answer_too_much`, `answer_column`, `answer_guarded`, `answer_kind`,
            `answer_group`, `answer_twice`.
    """
    if not question.figures:
        raise InputError("privacy.answer_nothing", possible=", ".join(KINDS))
    if len(question.by) > MOST_GROUPS or len(question.figures) > MOST_FIGURES:
        raise InputError("privacy.answer_too_much", groups=MOST_GROUPS, figures=MOST_FIGURES)
    for group in question.by:
        _check_group(group, _field(group.column, schema, protection))
    for figure in question.figures:
        _check_figure(figure, schema, protection)
    labels = [group.label for group in question.by] + [figure.label for figure in question.figures]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise InputError("privacy.answer_twice", name=twice[:80])


def check_column(name: str, schema: pa.Schema, protection: Protection) -> None:
    """Whether a column may be asked about, in a filter or otherwise.

    Raises:
        InputError: `privacy.answer_column`, `privacy.answer_guarded`.
    """
    _field(name, schema, protection)


def askable(schema: pa.Schema, protection: Protection) -> list[str]:
    """The columns that may be asked about."""
    return [name for name in schema.names if name not in protection.guarded and name != protection.subject]


def can_group(kind: pa.DataType) -> bool:
    """Whether equal values of a type make cells: text, whole numbers, truth, days and instants."""
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(is_text or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or is_time(kind))


def is_time(kind: pa.DataType) -> bool:
    """Days and instants."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _field(name: str, schema: pa.Schema, protection: Protection) -> pa.Field:
    if name in protection.guarded or name == protection.subject:
        raise InputError("privacy.answer_guarded", column=name[:80])
    if name not in schema.names:
        raise InputError(
            "privacy.answer_column", column=name[:80], possible=", ".join(askable(schema, protection))[:1000]
        )
    return schema.field(name)


def _check_group(group: Group, column: pa.Field) -> None:
    periods = ("day", "week", "month") if pa.types.is_date(column.type) else PERIODS
    possible = ("", *periods) if is_time(column.type) else ("",) if can_group(column.type) else ()
    if group.period not in possible:
        raise InputError("privacy.answer_group", name=group.label[:80], found=str(column.type))


def _check_figure(figure: Figure, schema: pa.Schema, protection: Protection) -> None:
    if figure.kind not in KINDS or bool(figure.column) != (figure.kind in OF_COLUMNS):
        raise InputError("privacy.answer_kind", name=figure.label[:80], possible=", ".join(KINDS))
    if figure.kind == "subjects" and protection.subject is None:
        raise InputError("privacy.answer_kind", name="subjects", possible=", ".join(("count", *OF_COLUMNS)))
    if figure.column:
        kind = _field(figure.column, schema, protection).type
        if not (is_number(kind) or (is_time(kind) and figure.kind in ("min", "max"))):
            raise InputError("privacy.answer_kind", name=figure.label[:80], possible="count")


def answer(
    batches: Iterable[pa.Table], question: Question, protection: Protection, *, kept: str, schema: pa.Schema
) -> Answer:
    """Read the table once, piece by piece, and answer.

    Memory holds the cells (at most `MOST_CELLS`) and, where subjects are told apart, one short entry for each subject
    of each cell. The same pieces give the same answer.

    Args:
        batches: stretches of the table in a fixed order, with `needed_columns` and the column `kept`.
        kept: name of a column of booleans: whether the row is asked about. Rows that are not are looked at too, since
            what a filter leaves out may be as telling as what it leaves.
        schema: of the table.

    Raises:
        InputError: see `check`; `privacy.answer_too_many_cells`.
    """
    check(question, schema, protection)
    protection = _at_least(protection)
    cells, rest = (Cells(question.figures, protection.k, is_told_apart=protection.subject is not None) for _ in "12")
    for batch in batches:
        mask = np.asarray(pc.fill_null(batch[kept], False), dtype=bool)
        subjects = batch[protection.subject] if protection.subject is not None else None
        cells.add(_keys(batch, question.by, protection.zone), batch, mask, subjects)
        rest.add([], batch, ~mask, subjects)
    types = [_told_type(each, schema, protection.zone) for each in question.by]
    if cells.kept.is_too_few or (rest.kept.rows and rest.kept.is_too_few):
        return Answer(_table(question, types, [], {}, schema), too_few=True)
    return _answered(question, types, cells, rest, schema, protection.zone)


def _at_least(protection: Protection) -> Protection:
    return Protection(max(protection.k, SMALLEST_K), protection.subject, protection.guarded, protection.zone)


def _keys(batch: pa.Table, by: Sequence[Group], zone: str) -> list[pa.ChunkedArray]:
    """The groups' columns; days and instants as the whole numbers that they are stored as."""
    found = []
    for group in by:
        values = batch[group.column]
        if group.period:
            values = floor_times(values, group.period, zone if _has_zone(values.type) else None)
        found.append(values.cast(_stored(values.type)) if is_time(values.type) else values)
    return found


def _told_type(group: Group, schema: pa.Schema, zone: str) -> pa.DataType:
    """The type of a group's column; the beginnings of days and months are told in the zone in which they begin."""
    kind = schema.field(group.column).type
    return pa.timestamp(kind.unit, tz=zone) if group.period and _has_zone(kind) else kind


def _has_zone(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


def _stored(kind: pa.DataType) -> pa.DataType:
    return pa.int32() if pa.types.is_date32(kind) else pa.int64()


def _levels(question: Question, schema: pa.Schema, cells: Cells, zone: str) -> list[list[Sequence[Any]]]:
    """Of each group the values of the cells, and those of each coarser period that could be asked for."""
    found = []
    for number, group in enumerate(question.by):
        kind = schema.field(group.column).type
        values: list[Sequence[Any]] = [[key[number] for key in cells.keys]]
        if is_time(kind):
            stored = pa.chunked_array([pa.array(values[0], _stored(kind))]).cast(kind)
            finest = group.period or ("day" if pa.types.is_date(kind) else "")
            for period in PERIODS[PERIODS.index(finest) + 1 if finest else 0 :]:
                coarser = floor_times(stored, period, zone if _has_zone(kind) else None)
                values.append(coarser.cast(_stored(kind)).to_pylist())
        found.append(values)
    return found


def _answered(
    question: Question, types: Sequence[pa.DataType], cells: Cells, rest: Cells, schema: pa.Schema, zone: str
) -> Answer:
    margins = margins_of(_levels(question, schema, cells, zone), len(cells.keys))
    hidden = withheld(Layer(cells.rows, cells.contributors), None, margins, cells.k)
    figures, hidden_figures = {}, {}
    for figure in question.figures:
        values, told = _figure(figure, cells, hidden, margins)
        told &= ~hidden & _leaves_enough(figure, rest)
        figures[figure.label] = (values, told)
        missing = int((~told & ~hidden).sum())
        if missing:
            hidden_figures[figure.label] = missing
    chosen = [(key, place) for place, key in enumerate(cells.keys) if not hidden[place]]
    table = _table(question, types, chosen, figures, schema)
    return Answer(table, int(hidden.sum()), hidden_figures)


def _figure(
    figure: Figure, cells: Cells, hidden: Mask, margins: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[Any], Mask]:
    """One figure of every cell, and in which it may be told."""
    if figure.kind == "count":
        return cells.rows, np.ones(len(hidden), dtype=bool)
    if figure.kind == "subjects":
        return cells.subjects(), np.ones(len(hidden), dtype=bool)
    column = cells.column(figure.column)
    if figure.kind in ("min", "max"):
        lowest = figure.kind == "min"
        values = column.low if lowest else column.high
        return values, cells.shared(figure.column, lowest=lowest) >= cells.k
    layer = Layer(column.count, cells.contributors, figure.column, column.magnitude, column.tops)
    told = ~withheld(layer, hidden, margins, cells.k) & np.isfinite(column.total)
    return (column.total if figure.kind == "sum" else column.total / np.maximum(column.count, 1)), told


def _leaves_enough(figure: Figure, rest: Cells) -> bool:
    """Whether a sum of what the filter left out could be told too: it is the sum of everything less this one."""
    if figure.kind not in ("sum", "mean") or not rest.rows.any() or not rest.column(figure.column).count.any():
        return True
    column = rest.column(figure.column)
    layer = Layer(column.count, rest.contributors, figure.column, column.magnitude, column.tops)
    return not withheld(layer, None, [], rest.k).any()


def _table(
    question: Question,
    types: Sequence[pa.DataType],
    chosen: Sequence[tuple[tuple[Any, ...], int]],
    figures: Mapping[str, tuple[NDArray[Any], Mask]],
    schema: pa.Schema,
) -> pa.Table:
    names, columns = [], []
    for number, (group, kind) in enumerate(zip(question.by, types, strict=True)):
        stored = pa.array([key[number] for key, _place in chosen], _stored(kind) if is_time(kind) else kind)
        names.append(group.label)
        columns.append(stored.cast(kind))
    places = np.asarray([place for _key, place in chosen], dtype=np.int64)
    for figure in question.figures:
        values, told = figures.get(figure.label, (np.zeros(0), np.zeros(0, dtype=bool)))
        names.append(figure.label)
        columns.append(_values(figure, values[places], told[places], schema))
    made = pa.Table.from_arrays(columns, names=names)
    keys = [(name, "ascending") for name in names[: len(question.by)]]
    return made.take(pc.sort_indices(made, sort_keys=keys)).combine_chunks() if keys and made.num_rows else made


def _values(figure: Figure, values: NDArray[Any], told: Mask, schema: pa.Schema) -> pa.Array:
    """A figure as a column: whole numbers stay whole as long as they are exact."""
    if not figure.column:
        return pa.array(values, pa.int64(), mask=~told)
    kind = schema.field(figure.column).type
    values = np.where(told, values, 0.0)
    if is_time(kind):
        return pa.array(values.astype(np.int64), pa.int64(), mask=~told).cast(_stored(kind)).cast(kind)
    whole = figure.kind != "mean" and pa.types.is_integer(kind) and bool(np.all(np.abs(values) < _LARGEST_WHOLE))
    return pa.array(values.astype(np.int64) if whole else values, mask=~told)


__all__ = [
    "KINDS",
    "MOST_CELLS",
    "MOST_FIGURES",
    "MOST_GROUPS",
    "PERIODS",
    "SMALLEST_K",
    "Answer",
    "Figure",
    "Group",
    "Protection",
    "Question",
    "answer",
    "askable",
    "can_group",
    "check",
    "check_column",
    "guarded_columns",
    "is_time",
    "needed_columns",
]
