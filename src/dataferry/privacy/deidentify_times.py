"""Times made coarser: the beginning of their hour, day, week or month, in the zone in which days begin."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def floor_times(values: pa.ChunkedArray, period: str, zone: str | None = None) -> pa.ChunkedArray:
    """The beginning of each value's period; the type stays. Weeks begin on Monday.

    Args:
        period: hour, day, week or month.
        zone: IANA zone for values that are instants; without it the zone of their type. Plain dates and times without
            a zone are taken as they stand.
    """
    kind = values.type
    if pa.types.is_date(kind):
        return values if period in ("hour", "day") else pc.floor_temporal(values, unit=period).cast(kind)
    if kind.tz is not None and zone is not None:
        values = values.cast(pa.timestamp(kind.unit, tz=zone))
    return pc.floor_temporal(values, unit=period).cast(kind)
