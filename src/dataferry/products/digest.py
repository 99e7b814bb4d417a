"""The digest of a release: one sha256 over its content, the same on any machine and in any order.

The encoding is specified in docs/reference/digest.md; a change of it is a change of `DIGEST_FORMAT`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from dataferry.products.conform import canonical_wkb, decimals, round_shapes, round_to, sort_order
from dataferry.products.manifest import Column

DIGEST_FORMAT = "dataferry-digest/1"
_BLOCK_ROWS = 65_536


def table_digest(table: pa.Table, columns: Sequence[Column], key: Sequence[str], crs: str | None) -> str:
    """The digest of a table of the declared types, whatever its row order, chunks and column order.

    Args:
        table: columns of the types of `conform.ARROW_TYPES`; the key is unique and without NULL.
        columns: the declared columns, in their declared order.
        key: columns that order the rows.
        crs: id of the CRS of the geometry column.

    Returns:
        `sha256:` and 64 hexadecimal digits.
    """
    table = table.take(sort_order(table, key)).combine_chunks()
    header = _header(table, columns, key, crs)
    digest = hashlib.sha256(json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    for column in columns:
        digest.update(_column_digest(table[column.name], column, crs))
    return "sha256:" + digest.hexdigest()


def _header(table: pa.Table, columns: Sequence[Column], key: Sequence[str], crs: str | None) -> Mapping[str, Any]:
    return {
        "format": DIGEST_FORMAT,
        "rows": table.num_rows,
        "key": list(key),
        "crs": crs,
        "columns": [
            {
                "name": column.name,
                "type": _type_name(column, table[column.name].type),
                "decimals": decimals(column, crs),
            }
            for column in columns
        ],
    }


def _type_name(column: Column, kind: pa.DataType) -> str:
    if column.type == "timestamp" and kind.tz is None:
        return "local-timestamp"
    return column.type


def _column_digest(array: pa.ChunkedArray, column: Column, crs: str | None) -> bytes:
    """sha256 of: one byte per row (1 = a value, 0 = NULL), then the values of the rows that have one."""
    digest = hashlib.sha256(np.asarray(array.is_valid()).astype(np.uint8).tobytes())
    values = array.drop_null()
    encode = _BYTES.get(column.type)
    if encode is None:
        digest.update(_fixed(values, column).tobytes())
        return digest.digest()
    for start in range(0, len(values), _BLOCK_ROWS):
        for content in encode(values.slice(start, _BLOCK_ROWS), decimals(column, crs)):
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
    return digest.digest()


def _fixed(values: pa.ChunkedArray, column: Column) -> np.ndarray:
    """Values of a fixed width, little-endian: int64, float64, a byte for a boolean; days, microseconds since 1970."""
    if column.type == "number":
        floats = np.asarray(values, dtype=np.float64)
        return round_to(floats, decimals(column, None) or 0).astype("<f8")
    if column.type == "boolean":
        return np.asarray(values).astype(np.uint8)
    if column.type == "date":
        values = values.cast(pa.int32())
    return np.asarray(values.cast(pa.int64())).astype("<i8")


def _texts(values: pa.ChunkedArray, _places: int | None) -> list[bytes]:
    return [text.encode() for text in values.to_pylist()]


def _shapes(values: pa.ChunkedArray, places: int | None) -> list[bytes | None]:
    """Rounded coordinates; the rings and parts of areas in one order; points and lines as they run."""
    shapes = shapely.from_wkb(values.to_numpy())
    shapes = round_shapes(shapes, places or 0)
    areas = np.isin(shapely.get_type_id(shapes), (3, 6))
    shapes[areas] = shapely.normalize(shapes[areas])
    return canonical_wkb(shapes)


_BYTES: Mapping[str, Any] = {"string": _texts, "geometry": _shapes}
