"""The answer of a child: read as hostile bytes, checked, and written as GeoParquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from dataferry.messages import InputError, LimitError, RefusedError
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.tables.engine import without_views
from dataferry.tables.geoparquet import geometry_columns, plain_geometry


def read_answer(path: Path, limits: SandboxLimits) -> pa.Table:
    """The table in an Arrow stream that a child wrote.

    The file is mapped, so a length that lies points outside the file and is an error, not an allocation; every offset
    and every text is checked before anything else touches it.

    Raises:
        RefusedError: `products.answer_damaged`.
        LimitError: `products.limit_rows`.
    """
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RefusedError("products.answer_damaged", reason=str(error)[:200]) from error
    if table.num_rows > limits.rows:
        raise LimitError("products.limit_rows", limit=limits.rows)
    return plain_geometry(without_views(table.replace_schema_metadata(None)))


def check_answer(table: pa.Table, followed: Mapping[str, str | None]) -> None:
    """What a product's table may hold: every geometry with its datum, and no bytes that lost theirs.

    Args:
        followed: output column -> datum, as the check of the text found it.

    Raises:
        InputError: `products.geometry_without_datum`, `products.binary_column`.
        RefusedError: `products.datum_differs`, the answer says another datum than the text of the recipe.
    """
    datums = geometry_columns(table.schema)
    for name, datum in datums.items():
        if datum is None or followed.get(name, datum) is None:
            raise InputError("products.geometry_without_datum", column=name)
        if followed.get(name, datum) != datum:
            raise RefusedError("products.datum_differs", column=name, followed=followed[name], said=datum)
    for field in table.schema:
        if field.name not in datums and _is_bytes(field.type):
            raise InputError("products.binary_column", column=field.name)


def _is_bytes(kind: pa.DataType) -> bool:
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
        or (pa.types.is_nested(kind) and any(_is_bytes(kind.field(i).type) for i in range(kind.num_fields)))
    )
