"""Rows of a served table by request: filters on declared columns, pages that go on after the last row's key.

Rows are read in the order of the release. Where its key rises strictly (as every build leaves it) a page goes on after
the last key, also in a newer version of the table; where a contract cuts the key away, after so many rows of the same
version: served files never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_, or_
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import shapely
from django.core import signing

from dataferry.formats.portions import pieces
from dataferry.messages import InputError, LimitError
from dataferry.server.delivery import vault
from dataferry.server.delivery.changes import schema_of
from dataferry.server.delivery.exports import plain
from dataferry.server.delivery.models import ServedTable
from dataferry.tables import geometry_columns, iter_geoparquet

MOST = 10_000
USUAL = 100
MOST_FILTERS = 20
MOST_BYTES = 8 * 1024 * 1024
"""Of one answer: the page ends before the row that would make it larger."""
ENVELOPE_BYTES = 8192
"""Room for what stands around the rows, the cursor of the next page among it."""
LARGEST_ROW = 64 * 1024 * 1024
LONGEST_VALUE = 1000
LONGEST_CURSOR = 4000
_BATCH = 16_384
_ROWS_AT_ONCE = 256
_BYTES_AT_ONCE = 1024 * 1024
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
    """Rows as texts of JSON in UTF-8, and the cursor of the next page (empty on the last)."""

    items: tuple[bytes, ...]
    next: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.items]


def read_page(served: ServedTable, asked: Asked, share: str, version: int) -> RowPage:
    """One page: as many rows as were asked for, or fewer where they would be more than `MOST_BYTES`.

    A single row that is larger is answered alone, up to `LARGEST_ROW`.

    Args:
        share, version: what a cursor is of; one of another share is refused, and one that counts rows is good for its
            version only.

    Raises:
        InputError: a column, test, value, limit or cursor that cannot be. RefusedError: a damaged file.
        LimitError: `server.delivery.row_too_large`, `server.delivery.key_too_long`.
    """
    schema = schema_of(served)
    _check(asked, schema)
    places = places_of(_paths(served)[0])
    condition = filter_of(asked.conditions, schema, places)
    key = tuple(served.ordered_by)
    begun = _begun(asked, share, version, key, schema)
    if key:
        condition = _and(condition, _after(key, begun, schema))
        skip = 0
    else:
        skip = int(begun[0]) if begun else 0
    wanted = list(asked.columns) or schema.names
    columns = sorted({*wanted, *key}, key=schema.names.index)
    page = _Page(asked.limit)
    for part in _found(served, columns, condition, skip):
        if not page.take(part, _plain_rows(part.select(wanted), set(places))):
            break
    following = ""
    if page.last is not None and page.is_full:
        last = page.last
        place = [_mark(last[name][0].as_py()) for name in key] if key else [skip + len(page.items)]
        following = _cursor(share, version, key, place)
    return RowPage(tuple(page.items), following)


@lru_cache(maxsize=4096)
def places_of(path: str) -> Mapping[str, str | None]:
    """Columns of places in a served file, which never changes; to ask for a row reads a whole group of them."""
    return geometry_columns(next(iter_geoparquet(path, 1)).schema)


class _Page:
    """A page that fills: rows as JSON, and the row that it ends with."""

    def __init__(self, limit: int) -> None:
        self.items: list[bytes] = []
        self.last: pa.Table | None = None
        self.is_full = False
        self._limit, self._room = limit, MOST_BYTES - ENVELOPE_BYTES

    def take(self, part: pa.Table, rows: Iterator[dict[str, Any]]) -> bool:
        """Whether every row of a part had room."""
        for number, row in enumerate(rows):
            text = json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
            if len(self.items) == self._limit or (self.items and len(text) + 2 > self._room):
                self.is_full = True
                return False
            if len(text) > LARGEST_ROW:
                raise LimitError("server.delivery.row_too_large", most=LARGEST_ROW, field="columns")
            self.items.append(text)
            self._room -= len(text) + 2
            self.last = part.slice(number, 1)
        return True


def _check(asked: Asked, schema: pa.Schema) -> None:
    if not 1 <= asked.limit <= MOST:
        raise InputError("server.delivery.bad_limit", field="limit", most=MOST)
    for name in (*asked.columns, *(each.column for each in asked.conditions)):
        if name not in schema.names:
            raise InputError(
                "server.delivery.no_such_column", column=name[:80], possible=", ".join(schema.names)[:1000]
            )


def filter_of(
    conditions: Sequence[Condition], schema: pa.Schema, places: Mapping[str, str | None]
) -> ds.Expression | None:
    """All the conditions as one expression; None for none.

    Args:
        places: columns of places, as `geometry_columns` names them.

    Raises:
        InputError: `server.delivery.too_many_filters`, `no_such_test`, `bad_value`.
    """
    if len(conditions) > MOST_FILTERS:
        raise InputError("server.delivery.too_many_filters", most=MOST_FILTERS)
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
    cursor = signing.Signer(salt=_SALT).sign_object([share, version, list(key), list(place)], compress=True)
    if len(cursor) > LONGEST_CURSOR:
        raise LimitError("server.delivery.key_too_long", columns=", ".join(key)[:200])
    return cursor


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
    return [str(vault.sound_path(file)) for file in served.files]


def _found(
    served: ServedTable, columns: Sequence[str], condition: ds.Expression | None, skip: int
) -> Iterator[pa.Table]:
    """The rows that hold, without the first `skip`, in the order of the files and in small parts."""
    source = ds.dataset(_paths(served), format="parquet")
    for batch in _batches(source, columns, condition):
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        yield from pieces(pa.Table.from_batches([batch.slice(skip)]), _ROWS_AT_ONCE, _BYTES_AT_ONCE)
        skip = 0


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


def _plain_rows(table: pa.Table, places: set[str]) -> Iterator[dict[str, Any]]:
    """Rows as plain JSON; geometry as WKT in the table's own CRS."""
    for name in places & set(table.column_names):
        texts = shapely.to_wkt(shapely.from_wkb(table[name].to_pylist()), trim=True, rounding_precision=-1)
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    for row in table.to_pylist():
        yield {name: plain(value) for name, value in row.items()}
