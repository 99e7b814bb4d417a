"""Rows of a snapshot's table as plain JSON."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from dataferry.server.catalogue.models import Snapshot
from dataferry.server.catalogue.showing.asked import asked_of
from dataferry.server.catalogue.showing.limits import in_time
from dataferry.server.catalogue.store import table_of

MOST_CELLS = 50_000
_LARGEST_INTEGER = 2**53 - 1


def rows_of(request: HttpRequest, snapshot: Snapshot, limit: int) -> dict[str, Any]:
    """The page of rows that the request's filters and order ask for.

    Raises:
        UsageError: as `tables.preview_rows`. UnavailableError: too many ask at once, or it took too long.
    """
    from dataferry.tables import preview_rows

    asked = asked_of(request.GET)
    names = [column["name"] for column in snapshot.profile["columns"]]
    bounded = max(1, min(limit, MOST_CELLS // max(1, len(names))))
    with table_of(snapshot) as path:
        page = in_time(
            lambda: preview_rows(
                path, filters=asked.filters, sort=asked.sort, after=asked.after, limit=bounded, count=False
            )
        )
    return {
        "columns": page.rows.column_names,
        "rows": [list(row) for row in zip(*_columns(page.rows), strict=True)] if page.rows.num_columns else [],
        "numbers": list(page.numbers),
        "next": page.numbers[-1] if page.more and page.numbers else None,
    }


def _columns(table: Any) -> list[list[Any]]:
    from dataferry.tables import geometry_columns

    places = geometry_columns(table.schema)
    return [
        _as_wkt(table.column(name)) if name in places else [plain(value) for value in table.column(name).to_pylist()]
        for name in table.column_names
    ]


def _as_wkt(values: Any) -> list[str | None]:
    import numpy as np
    import shapely

    shapes = shapely.from_wkb(np.array(values.to_pylist(), dtype=object), on_invalid="ignore")
    return [None if shape is None else str(shapely.to_wkt(shape, rounding_precision=-1)) for shape in shapes]


def plain(value: Any) -> Any:
    """A value of a table as JSON; integers that JSON's readers would round become texts."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return str(value) if isinstance(value, Decimal | timedelta) or not isinstance(value, str) else value
