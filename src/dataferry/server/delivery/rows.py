"""Rows of a served table by request: filters on declared columns, pages that go on after the last row's key.

Rows are read in the order of the release. Where its key rises strictly (as every build leaves it) a page goes on after
the last key, also in a newer version of the table; where a contract cuts the key away, after so many rows of the same
version: served files never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import shapely
from django.core import signing

from dataferry.messages import InputError
from dataferry.server.delivery import vault
from dataferry.server.delivery.changes import schema_of
from dataferry.server.delivery.exports import plain
from dataferry.server.delivery.models import ServedTable
from dataferry.tables import geometry_columns, iter_geoparquet

MOST = 10_000
USUAL = 100
MOST_FILTERS = 20
LONGEST_VALUE = 1000
_BATCH = 16_384
_SALT = "dataferry.server.delivery.rows"
TESTS = ("equals", "at_least", "at_most", "one_of", "missing", "present")


@dataclass(frozen=True)
class Condition:
    """One condition on one column; `values` are texts as an address has them."""

    column: str
    test: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One page asked for. `columns` empty: all. `after` is the cursor of the page before."""

    columns: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    limit: int = USUAL
    after: str = ""


@dataclass(frozen=True)
class RowPage:
    """Rows as plain JSON, and the cursor of the next page (empty on the last)."""

    rows: list[dict[str, Any]]
    next: str


def read_page(served: ServedTable, asked: Asked, share: str, version: int) -> RowPage:
    """One page.

    Args:
        share, version: what a cursor is of; one of another share is refused, and one that counts rows is good for its
            version only.

    Raises:
        InputError: a column, test, value, limit or cursor that cannot be. RefusedError: a damaged file.
    """
    schema = schema_of(served)
    _check(asked, schema)
    places = geometry_columns(next(iter_geoparquet(_paths(served)[0], 1)).schema)
    condition = _condition(asked.conditions, schema, places)
    key = tuple(served.ordered_by)
    begun = _begun(asked, share, version, key, schema)
    if key:
        condition = _and(condition, _after(key, begun, schema))
        skip = 0
    else:
        skip = int(begun[0]) if begun else 0
    wanted = list(asked.columns) or schema.names
    found = _take(served, sorted({*wanted, *key}, key=schema.names.index), condition, skip, asked.limit + 1)
    page = found.slice(0, asked.limit)
    following = ""
    if found.num_rows > asked.limit:
        last = page.slice(page.num_rows - 1)
        place = [_mark(last[name][0].as_py()) for name in key] if key else [skip + page.num_rows]
        following = _cursor(share, version, key, place)
    return RowPage(_plain_rows(page.select(wanted), set(places)), following)


def _check(asked: Asked, schema: pa.Schema) -> None:
    if not 1 <= asked.limit <= MOST:
        raise InputError("server.delivery.bad_limit", field="limit", most=MOST)
    if len(asked.conditions) > MOST_FILTERS:
        raise InputError("server.delivery.too_many_filters", most=MOST_FILTERS)
    for name in (*asked.columns, *(each.column for each in asked.conditions)):
        if name not in schema.names:
            raise InputError(
                "server.delivery.no_such_column", column=name[:80], possible=", ".join(schema.names)[:1000]
            )


def _condition(
    conditions: Sequence[Condition], schema: pa.Schema, places: Mapping[str, str | None]
) -> ds.Expression | None:
    made = [_one(each, schema.field(each.column), is_place=each.column in places) for each in conditions]
    return reduce(and_, made) if made else None


def _one(asked: Condition, field: pa.Field, *, is_place: bool) -> ds.Expression:
    column = ds.field(field.name)
    comparable = not (is_place or pa.types.is_nested(field.type) or pa.types.is_binary(field.type))
    if asked.test not in TESTS or (asked.test not in ("missing", "present") and not comparable):
        possible = ", ".join(TESTS if comparable else TESTS[4:])
        raise InputError("server.delivery.no_such_test", column=field.name, test=asked.test[:20], possible=possible)
    if asked.test in ("missing", "present"):
        return column.is_null() if asked.test == "missing" else column.is_valid()
    values = [_value(text, field) for text in asked.values]
    if asked.test == "one_of":
        return column.isin(pa.array([value.as_py() for value in values], field.type))
    if asked.test == "equals":
        return column == values[0]
    return column >= values[0] if asked.test == "at_least" else column <= values[0]


def _value(text: str, field: pa.Field) -> pa.Scalar:
    """A text as a value of its column: never part of anything that is parsed as a query."""
    try:
        if len(text) > LONGEST_VALUE:
            raise ValueError
        if pa.types.is_boolean(field.type):
            return pa.scalar({"true": True, "false": False}[text.strip().lower()], pa.bool_())
        return pa.scalar(text, pa.string()).cast(field.type)
    except (pa.ArrowException, ValueError, KeyError, OverflowError, UnicodeError) as error:
        data = {"column": field.name, "value": text[:80], "type": str(field.type)}
        raise InputError("server.delivery.bad_value", field=field.name, **data) from error


def _and(one: ds.Expression | None, other: ds.Expression | None) -> ds.Expression | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _after(key: Sequence[str], begun: Sequence[Any], schema: pa.Schema) -> ds.Expression | None:
    """Rows whose key comes after: (a > x) or (a = x and b > y) or ..."""
    if not begun:
        return None
    values = [_unmarked(mark, schema.field(name)) for name, mark in zip(key, begun, strict=True)]
    ways = []
    for place, name in enumerate(key):
        same = [ds.field(key[before]) == values[before] for before in range(place)]
        ways.append(reduce(and_, [*same, ds.field(name) > values[place]]))
    # For the readers of row groups: nothing before the first column's value is looked at.
    return (ds.field(key[0]) >= values[0]) & reduce(or_, ways)


def _mark(value: Any) -> Any:
    """A key's value as a cursor holds it."""
    return value if isinstance(value, int | str | bool) else plain(value)


def _unmarked(mark: Any, field: pa.Field) -> pa.Scalar:
    try:
        return pa.scalar(mark).cast(field.type)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise InputError("server.delivery.bad_cursor", field="cursor") from error


def _cursor(share: str, version: int, key: Sequence[str], place: Sequence[Any]) -> str:
    # Without a time in it: the same question has the same answer.
    return signing.Signer(salt=_SALT).sign_object([share, version, list(key), list(place)], compress=True)


def _begun(asked: Asked, share: str, version: int, key: Sequence[str], schema: pa.Schema) -> list[Any]:
    if not asked.after:
        return []
    try:
        of_share, of_version, of_key, place = signing.Signer(salt=_SALT).unsign_object(asked.after)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise InputError("server.delivery.bad_cursor", field="cursor") from error
    if of_share != share or list(of_key) != list(key) or (not key and of_version != version):
        raise InputError("server.delivery.bad_cursor", field="cursor")
    return list(place)


def _paths(served: ServedTable) -> list[str]:
    for file in served.files:
        vault.open_sound(file).close()
    return [str(vault.path_of(str(file["sha256"]))) for file in served.files]


def _take(
    served: ServedTable, columns: Sequence[str], condition: ds.Expression | None, skip: int, count: int
) -> pa.Table:
    """The first rows, in the order of the files; no more is read than they need."""
    source = ds.dataset(_paths(served), format="parquet")
    parts, left = [], count
    for batch in _batches(source, columns, condition):
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        part = batch.slice(skip, left)
        skip = 0
        if part.num_rows:
            parts.append(part)
            left -= part.num_rows
        if left <= 0:
            break
    schema = pa.schema([source.schema.field(name) for name in columns])
    return pa.Table.from_batches(parts, schema=schema)


def _batches(source: ds.Dataset, columns: Sequence[str], condition: ds.Expression | None) -> Iterator[pa.RecordBatch]:
    scanner = source.scanner(
        columns=list(columns),
        filter=condition,
        batch_size=_BATCH,
        batch_readahead=1,
        fragment_readahead=1,
        use_threads=False,
    )
    yield from scanner.to_batches()


def _plain_rows(table: pa.Table, places: set[str]) -> list[dict[str, Any]]:
    """Rows as plain JSON; geometry as WKT in the table's own CRS."""
    for name in places & set(table.column_names):
        texts = shapely.to_wkt(shapely.from_wkb(table[name].to_pylist()), trim=True, rounding_precision=-1)
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]
