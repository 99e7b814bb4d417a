"""Predicate hints: what a reader will keep, used to leave out files that can hold none of it.

A hint is the protocol's JSON tree (`op`, `children`, `name`, `value`, `valueType`). Against the statistics of a file
each node is one or more of true, false and unknown (SQL's three values); a file is left out only when the whole can
never be true for any of its rows. Whatever cannot be decided with certainty may be anything, so its file stays.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from dataferry.formats.delta_sharing.instants import parse_instant
from dataferry.formats.delta_sharing.statistics import ColumnStatistics, FileStatistics
from dataferry.formats.wire_json import read_object
from dataferry.messages import DataferryError, InputError

MOST_NODES = 1_000
MOST_BYTES = 100_000
_LONGEST_VALUE = 10_000
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": operator.eq,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
}
_MIRRORED = {
    "equal": "equal",
    "lessThan": "greaterThan",
    "lessThanOrEqual": "greaterThanOrEqual",
    "greaterThan": "lessThan",
    "greaterThanOrEqual": "lessThanOrEqual",
}
_INT = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_RANGES = {"int": 2**31, "long": 2**63}
_EXACT_IN_DOUBLE = 2**53

Truth = bool | None
Truths = frozenset[Truth]
_ANY: Truths = frozenset({True, False, None})


class Predicate(Protocol):
    """A node of the tree."""

    def truths(self, file: FileStatistics) -> Truths:
        """Every value that this may have for a row of the file."""


@dataclass(frozen=True)
class Comparison:
    """A column against a literal; both of the same `valueType`."""

    op: str
    column: str
    kind: str
    literal: Any

    def truths(self, file: FileStatistics) -> Truths:
        column = file.columns.get((self.column,))
        if column is None or not _comparable(column, self.kind):
            return _ANY
        nulls: Truths = frozenset({None}) if column.nulls != 0 else frozenset()
        if column.nulls == file.rows:
            return nulls
        if column.low is None or column.high is None:
            return _ANY
        return _within(self.op, column, self.literal) | nulls


@dataclass(frozen=True)
class IsNull:
    """Whether a column is null."""

    column: str

    def truths(self, file: FileStatistics) -> Truths:
        column = file.columns.get((self.column,))
        if column is None or column.nulls is None:
            return frozenset({True, False})
        if column.nulls == file.rows:
            return frozenset({True})
        return frozenset({True, False}) if column.nulls else frozenset({False})


@dataclass(frozen=True)
class Not:
    """True for false and the other way round; unknown stays unknown."""

    child: Predicate

    def truths(self, file: FileStatistics) -> Truths:
        return frozenset(None if truth is None else not truth for truth in self.child.truths(file))


@dataclass(frozen=True)
class Joined:
    """`and` or `or` of several."""

    op: str
    children: tuple[Predicate, ...]

    def truths(self, file: FileStatistics) -> Truths:
        join = _and if self.op == "and" else _or
        possible: Truths = frozenset({self.op == "and"})
        for child in self.children:
            possible = frozenset(join(left, right) for left in possible for right in child.truths(file))
        return possible


@dataclass(frozen=True)
class Anything:
    """A part that cannot be used here: it may be true, false or unknown."""

    def truths(self, file: FileStatistics) -> Truths:
        return _ANY


def hint(text: str | None) -> Predicate | None:
    """The predicate in a text from a client, or None: a hint that cannot be used is no hint, says the protocol."""
    try:
        return None if text is None else parse(text)
    except DataferryError:
        return None


def parse(text: str) -> Predicate:
    """Read a predicate.

    Raises:
        InputError, LimitError: not such a tree, more than 1,000 nodes, 64 levels or 100,000 bytes.
    """
    left = [MOST_NODES]
    return _node(read_object(text, "jsonPredicateHints", MOST_BYTES), left)


File = TypeVar("File")


def choose(
    files: Iterable[tuple[File, FileStatistics | None]], predicate: Predicate | None, limit: int | None
) -> list[File]:
    """The files a reader needs: without those that provably hold nothing of it, and no more than its limit asks for.

    Only rows that are certain to be kept count towards the limit. A file without statistics stays.
    """
    chosen: list[File] = []
    certain = 0
    for file, statistics in files:
        if limit is not None and certain >= limit and (chosen or limit == 0):
            break
        truths = frozenset({True}) if predicate is None else _ANY
        if predicate is not None and statistics is not None:
            truths = predicate.truths(statistics)
        if True not in truths:
            continue
        chosen.append(file)
        if statistics is not None and truths == {True}:
            certain += statistics.rows
    return chosen


def _node(found: Any, left: list[int]) -> Predicate:
    left[0] -= 1
    if left[0] < 0 or not isinstance(found, dict):
        raise InputError("formats.bad_predicate")
    op, children = found.get("op"), found.get("children")
    if not isinstance(op, str) or not isinstance(children, list):
        raise InputError("formats.bad_predicate")
    if op in {"and", "or"} and children:
        return Joined(op, tuple(_node(child, left) for child in children))
    if op == "not" and len(children) == 1:
        return Not(_node(children[0], left))
    if op == "isNull" and len(children) == 1:
        return IsNull(_column(children[0])[0])
    if op in _COMPARISONS and len(children) == 2:
        return _comparison(op, children)
    raise InputError("formats.bad_predicate")


def _comparison(op: str, children: Sequence[Any]) -> Predicate:
    ops = [child.get("op") if isinstance(child, dict) else None for child in children]
    if ops == ["literal", "column"]:
        op, children = _MIRRORED[op], (children[1], children[0])
    elif ops != ["column", "literal"]:
        if set(ops) <= {"literal", "column"}:
            return Anything()
        raise InputError("formats.bad_predicate")
    name, kind = _column(children[0])
    value, value_kind = children[1].get("value"), children[1].get("valueType")
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
        raise InputError("formats.bad_predicate")
    literal = _literal(value, kind) if value_kind == kind else None
    return Anything() if literal is None else Comparison(op, name, kind, literal)


def _column(found: Any) -> tuple[str, str]:
    if not isinstance(found, dict) or found.get("op") != "column":
        raise InputError("formats.bad_predicate")
    name, kind = found.get("name"), found.get("valueType", "")
    if not isinstance(name, str) or not isinstance(kind, str):
        raise InputError("formats.bad_predicate")
    return name, kind


def _literal(text: str, kind: str) -> Any:
    """The value of a literal, or None where it is not certain what it means."""
    if kind in _RANGES:
        number = int(text) if _INT.fullmatch(text) else None
        return number if number is not None and -_RANGES[kind] <= number < _RANGES[kind] else None
    if kind == "string":
        return text
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower())
    try:
        if kind == "double":
            real = float(text)
            return real if math.isfinite(real) and text.strip() == text else None
        if kind == "date":
            return date.fromisoformat(text) if len(text) == len("2026-01-01") else None
        if kind == "timestamp":
            return parse_instant(text, "timestamp")
    except (ValueError, InputError):
        return None
    return None


def _comparable(column: ColumnStatistics, kind: str) -> bool:
    """Whether the column's values compare as they are, without the cast that `valueType` would ask for."""
    types, own = pa.types, column.type
    if types.is_dictionary(own):
        own = own.value_type
    bounds = [bound for bound in (column.low, column.high) if bound is not None]
    if kind in _RANGES:
        return types.is_signed_integer(own) and all(-_RANGES[kind] <= bound < _RANGES[kind] for bound in bounds)
    if kind == "double":
        # Whole numbers beyond 2**53 are rounded when they become floating point.
        exact = types.is_signed_integer(own) and all(abs(bound) <= _EXACT_IN_DOUBLE for bound in bounds)
        return bool(exact or types.is_float64(own) or types.is_float32(own))
    if kind == "string":
        return bool(types.is_string(own) or types.is_large_string(own) or types.is_string_view(own))
    if kind == "bool":
        return bool(types.is_boolean(own))
    if kind == "date":
        return bool(types.is_date32(own)) and not any(isinstance(bound, datetime) for bound in bounds)
    # What a time without a zone means depends on the reader, so only instants are compared.
    return kind == "timestamp" and types.is_timestamp(own) and own.tz is not None


def _within(op: str, column: ColumnStatistics, literal: Any) -> Truths:
    """What `value op literal` may be for a value between the bounds, or NaN, which Spark holds greater than any."""
    low, high = column.low, column.high
    compare = _COMPARISONS[op]
    if op == "equal":
        possible = {True} if low == high == literal else ({True, False} if low <= literal <= high else {False})
    else:
        possible = {compare(low, literal), compare(high, literal)}
    if isinstance(low, float):
        possible.add(op in {"greaterThan", "greaterThanOrEqual"})
    return frozenset(possible)


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return True if left and right else None


def _or(left: Truth, right: Truth) -> Truth:
    if left or right:
        return True
    return False if left is False and right is False else None
