"""A release's table cut to a contract: batch by batch, so that a table larger than memory is cut in a small one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataferry.formats.delta_sharing import to_sharing
from dataferry.formats.portions import MOST_BYTES, pieces, rows_at_once
from dataferry.messages import RefusedError
from dataferry.server.delivery import vault
from dataferry.server.delivery.limits import Cell, Cut
from dataferry.tables import geometry_columns, iter_geoparquet
from dataferry.tables.geoparquet import geo_metadata

ROWS_A_FILE = 2_500_000
ROWS_A_GROUP = 131_072
GROUP_BYTES = MOST_BYTES
"""A group of rows holds no more than this when it is read, unless a single row does."""
_Box = list[float]


@dataclass
class Cutting:
    """What was cut: files as `ServedTable.files` lists them, and the columns its rows rise by."""

    files: list[dict[str, Any]] = field(default_factory=list)
    ordered_by: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(int(file["rows"]) for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(int(file["bytes"]) for file in self.files)


def cut_file(source: Path, cut: Cut, key: Sequence[str] = ()) -> Cutting:
    """Cut a Parquet or GeoParquet file and keep what comes out in the vault; at least one file, perhaps without rows.

    Columns get types that every Delta reader knows. Geometry stays WKB with its CRS; `geo` metadata is made anew, so
    that it tells no more of the table than the cut does.

    Args:
        key: the table's declared key.

    Raises:
        RefusedError: `server.delivery.cut_impossible`: the contract limits a column that the table does not have.
        InputError: the file is not Parquet, or a column has no Delta type.
    """
    made, order = Cutting(), _Order(key)
    with vault.workplace() as place:
        writer: TableWriter | None = None
        for table in cut_batches(source, cut):
            order.see(table)
            while table.num_rows or writer is None:
                writer = writer or TableWriter(place / f"part-{len(made.files):05}.parquet", table.schema)
                part = table.slice(0, ROWS_A_FILE - writer.rows)
                writer.write(part)
                table = table.slice(part.num_rows)
                if writer.rows >= ROWS_A_FILE:
                    made.files.append(writer.close())
                    writer = None
                    if not table.num_rows:
                        break
        if writer is not None:
            made.files.append(writer.close())
    made.ordered_by = order.columns
    return made


def cut_batches(source: Path, cut: Cut) -> Iterator[pa.Table]:
    """The rows and columns of the cut, in the order of the file; at least one table, perhaps empty."""
    left = cut.most_rows
    first = True
    for table in iter_geoparquet(source, rows_at_once(source, GROUP_BYTES)):
        table = _columns(_rows(table, cut.rows), cut.columns)
        if left is not None:
            table = table.slice(0, left)
            left -= table.num_rows
        if table.num_rows or first:
            yield to_sharing(table)
            first = False
        if left == 0:
            return


def _columns(table: pa.Table, wanted: Sequence[str]) -> pa.Table:
    if not wanted:
        return table
    kept = [name for name in table.column_names if name in set(wanted)]
    if not kept:
        raise RefusedError("server.delivery.cut_impossible", column=", ".join(wanted)[:200])
    return table.select(kept)


def _rows(table: pa.Table, wanted: Mapping[str, Sequence[Cell]]) -> pa.Table:
    for name, values in wanted.items():
        if name not in table.column_names:
            raise RefusedError("server.delivery.cut_impossible", column=name[:200])
        column = table[name]
        try:
            allowed = pa.array([_cell(value, column.type) for value in values], column.type)
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise RefusedError("server.delivery.cut_impossible", column=name[:200]) from error
        table = table.filter(pc.is_in(column, value_set=allowed))
    return table


def _cell(value: Cell, kind: pa.DataType) -> Any:
    """A value of the contract (JSON) as one of the column: instants, days and decimals are written as text there."""
    if isinstance(value, str) and not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return pa.scalar(value).cast(kind).as_py()
    return value


class TableWriter:
    """One Parquet file; its `geo` metadata is known at the end and written then."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.rows = path, 0
        self._geo: dict[str, Any] | None = None
        places = geometry_columns(schema)
        fields = [pa.field(each.name, each.type, each.nullable) if each.name in places else each for each in schema]
        self._schema = pa.schema(fields)
        # With a schema of Arrow's own in the file, readers would not look at metadata that is written at the end.
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", store_schema=not places)

    def write(self, table: pa.Table) -> None:
        self._geo = merged(self._geo, geo_metadata(table))
        self.rows += table.num_rows
        stored = pa.Table.from_arrays(table.columns, schema=self._schema)
        for piece in pieces(stored, ROWS_A_GROUP, GROUP_BYTES):
            self._writer.write_table(piece, row_group_size=ROWS_A_GROUP)

    def close(self) -> dict[str, Any]:
        """End the file and keep it in the vault."""
        self.finish()
        return vault.keep(self.path, self.path.name, self.rows)

    def finish(self) -> None:
        if self._geo is not None:
            text = json.dumps(self._geo, sort_keys=True, ensure_ascii=False, allow_nan=False)
            self._writer.add_key_value_metadata({"geo": text})
        self._writer.close()


def merged(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    """The `geo` metadata of two stretches of one table: all their types, and the box around both."""
    if one is None or other is None:
        return one or other
    columns = {}
    for name, entry in one["columns"].items():
        more = other["columns"][name]
        unknown = any("bbox" in each and not each["geometry_types"] for each in (entry, more))
        types = [] if unknown else sorted({*entry["geometry_types"], *more["geometry_types"]})
        columns[name] = {**entry, "geometry_types": types}
        box = _around(entry.get("bbox"), more.get("bbox"))
        if box is not None:
            columns[name]["bbox"] = box
    return {**one, "columns": columns}


def _around(one: _Box | None, other: _Box | None) -> _Box | None:
    if one is None or other is None:
        return one or other
    if len(one) != len(other):
        one, other = ([*box[:2], *box[len(box) // 2 :][:2]] for box in (one, other))
    half = len(one) // 2
    return [*map(min, one[:half], other[:half]), *map(max, one[half:], other[half:])]


class _Order:
    """Whether rows rise strictly by the key, from the first to the last; seen while they pass."""

    def __init__(self, key: Sequence[str]) -> None:
        self.columns = tuple(key)
        self._last: pa.Table | None = None

    def see(self, table: pa.Table) -> None:
        if not self.columns or not table.num_rows:
            return
        if not set(self.columns) <= set(table.column_names):
            self.columns = ()
            return
        keys = table.select(list(self.columns))
        seen = keys if self._last is None else pa.concat_tables([self._last, keys])
        if not _rises(seen.combine_chunks()):
            self.columns = ()
        self._last = keys.slice(keys.num_rows - 1)


def _rises(keys: pa.Table) -> bool:
    """Text by its UTF-8 bytes, everything else by value; a null or NaN has no place in the order."""
    if keys.num_rows < 2:
        return all(column.null_count == 0 for column in keys.columns)
    higher, equal = pa.scalar(False), pa.scalar(True)
    try:
        for column in keys.columns:
            before, after = column.slice(0, keys.num_rows - 1), column.slice(1)
            higher = pc.or_(higher, pc.and_(equal, pc.less(before, after)))
            equal = pc.and_(equal, pc.equal(before, after))
    except pa.ArrowNotImplementedError:
        return False
    return bool(pc.all(pc.fill_null(higher, False)).as_py())
