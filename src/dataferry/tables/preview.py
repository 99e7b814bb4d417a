"""A page of a table: filtered and sorted by the SQL engine, of which no more than the page is ever a Python object.

The engine answers with the numbers of the page's rows only (a top-k over the columns of the filter and the sort); the
rows themselves are then read from the row groups that hold them. Pages are stable: equal rows keep the order of the
file, and a page begins after a row, not after a count, so that no page costs more than the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataferry.messages import InputError, UsageError
from dataferry.tables.conditions import Filter, Sort, field_of, identifier, literal, sortable, where
from dataferry.tables.engine import EngineOptions, Session, open_session, schema_of
from dataferry.tables.geoparquet import geometry_columns

MOST_ROWS = 1000
MOST_FILTERS = 20
MOST_SORTS = 3
_BATCH = 8192
_MEMORY = 512 * 1024 * 1024


@dataclass(frozen=True)
class PreviewPage:
    """Some rows of a table.

    Args:
        rows: the page, with the asked columns as the file has them (geometry as WKB with its datum in the field).
        numbers: for each row its place in the file, from 1.
        total: how many rows match the filters, counted exactly; None when it was not asked for.
        more: whether rows follow; the next page is asked for with `after=numbers[-1]`.
    """

    rows: pa.Table
    numbers: tuple[int, ...]
    total: int | None
    more: bool


def preview_rows(
    parquet: Path,
    *,
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    sort: Sequence[Sort] = (),
    after: int = 0,
    limit: int = 50,
    count: bool = True,
) -> PreviewPage:
    """The page of a GeoParquet or Parquet file that follows row `after` in the asked order.

    Safe to call from several threads at once: each call has a session of its own, and works in one thread of it.

    Args:
        columns: names of the columns to return, in this order; `None` = all.
        filters: all must hold.
        sort: first column first; rows that are equal in all of them keep the order of the file.
        after: number of the last row of the page before, from 1; 0 = from the start. It need not match the filters.
        limit: rows of a page, at most `MOST_ROWS`.
        count: count all matching rows too, in a pass of its own over the filtered columns.

    Raises:
        UsageError: `tables.no_column`, `tables.no_such_test`, `tables.filter_values`, `tables.filter_value`,
            `tables.not_sortable`, `tables.page_limit`, `tables.no_row`; `column` names the column it is about.
        InputError: `tables.bad_parquet`.
    """
    schema = schema_of(parquet)
    places = geometry_columns(schema)
    _check_limits(filters, sort, limit)
    shown = [field_of(schema, name).name for name in (schema.names if columns is None else columns)]
    order = [(each, _sortable_field(schema, each, places)) for each in sort]
    condition = where(filters, schema, places)
    try:
        with pq.ParquetFile(parquet) as file:
            rows = file.metadata.num_rows
            if not 0 <= after <= rows:
                raise UsageError("tables.no_row", row=after, rows=rows)
            numbers, total = list(range(after + 1, min(after + limit + 1, rows) + 1)), rows
            if filters or sort:
                session = _session(parquet)
                start = _row(file, after, [field.name for _each, field in order]) if after and order else {}
                numbers = _numbers(session, schema, condition, order, after, start, limit + 1)
                total = _count(session, condition) if count and filters else rows
            page = numbers[:limit]
            table = _rows(file, page, shown, schema)
    except (pa.ArrowException, OSError) as error:
        raise InputError("tables.bad_parquet", file=parquet.name, reason=str(error)) from error
    return PreviewPage(table, tuple(page), total if count else None, len(numbers) > limit)


def _check_limits(filters: Sequence[Filter], sort: Sequence[Sort], limit: int) -> None:
    for what, given, most in (
        ("filters", len(filters), MOST_FILTERS),
        ("sort", len(sort), MOST_SORTS),
        ("limit", limit, MOST_ROWS),
    ):
        if given > most or (what == "limit" and given < 1):
            raise UsageError("tables.page_limit", field=what, given=given, most=most)


def _sortable_field(schema: pa.Schema, asked: Sort, places: dict[str, str | None]) -> pa.Field:
    field = field_of(schema, asked.column)
    if not sortable(field.type, geometry=field.name in places):
        raise UsageError("tables.not_sortable", column=field.name)
    return field


def _session(parquet: Path) -> Session:
    # One thread: the file's order is then the order in which rows are numbered.
    options = EngineOptions(memory_bytes=_MEMORY, threads=1, functions=frozenset())
    return open_session({"t": parquet}, options)


def _numbers(
    session: Session,
    schema: pa.Schema,
    condition: str,
    order: Sequence[tuple[Sort, pa.Field]],
    after: int,
    start: dict[str, Any],
    limit: int,
) -> list[int]:
    """Numbers of the rows that follow, from a top-k of `limit` rows."""
    number = _unused("row", schema)
    terms = [f"{identifier(field.name)} {'DESC' if each.descending else 'ASC'} NULLS LAST" for each, field in order]
    follows = _follows(order, number, after, start) if after else "TRUE"
    sql = (
        f"SELECT {number} FROM (SELECT *, CAST(row_number() OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) "
        f"AS BIGINT) AS {number} FROM t) WHERE ({condition}) AND {follows} "
        f"ORDER BY {', '.join([*terms, number])} LIMIT {limit}"
    )
    return [int(row) for row in session.run(sql).column(0).to_pylist()]


def _follows(order: Sequence[tuple[Sort, pa.Field]], number: str, after: int, start: dict[str, Any]) -> str:
    """A condition for the rows behind row `after`, whose values in the sort's columns are `start`."""
    condition = f"{number} > {after}"
    for each, field in reversed(order):
        name, value = identifier(field.name), start[field.name]
        if value is None:
            condition = f"({name} IS NULL AND {condition})"
        else:
            here = literal(value, field.type)
            beyond = "<" if each.descending else ">"
            condition = f"({name} {beyond} {here} OR {name} IS NULL OR ({name} = {here} AND {condition}))"
    return condition


def _count(session: Session, condition: str) -> int:
    return int(session.run(f"SELECT count(*) AS c FROM t WHERE {condition}").column(0)[0].as_py())


def _unused(name: str, schema: pa.Schema) -> str:
    taken = {each.casefold() for each in schema.names}
    while name in taken:
        name += "_"
    return identifier(name)


def _row(file: pq.ParquetFile, number: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row's values as Python objects."""
    row: dict[str, Any] = next(_read(file, [number], columns)).slice(0, 1).to_pylist()[0]
    return row


def _rows(file: pq.ParquetFile, numbers: Sequence[int], columns: Sequence[str], schema: pa.Schema) -> pa.Table:
    """The rows of these numbers, in the order of `numbers`."""
    wanted = pa.schema([schema.field(name) for name in columns])
    ascending = sorted(numbers)
    parts = [part.select(list(columns)).cast(wanted) for part in _read(file, ascending, columns)]
    table = pa.concat_tables(parts) if parts else wanted.empty_table()
    place = {number: index for index, number in enumerate(ascending)}
    return table.take(pa.array([place[number] for number in numbers], pa.int64()))


def _read(file: pq.ParquetFile, ascending: Sequence[int], columns: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of ascending numbers, batch by batch of the row groups that hold any of them."""
    begin, index = 0, 0
    for group in range(file.metadata.num_row_groups):
        end = begin + file.metadata.row_group(group).num_rows
        if index < len(ascending) and ascending[index] <= end:
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=list(columns)):
                here = []
                while index < len(ascending) and ascending[index] <= begin + batch.num_rows:
                    here.append(ascending[index] - begin - 1)
                    index += 1
                if here:
                    yield pa.Table.from_batches([batch]).take(pa.array(here, pa.int64()))
                begin += batch.num_rows
                if index == len(ascending) or ascending[index] > end:
                    break
        begin = end
