"""Columns of dates, times and timestamps: formats counted, hour 24 put right, the order of day and month proved."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import UsageError
from dataferry.tables.columns.dates import Bools, Dates, read_clocks, read_dates
from dataferry.tables.columns.patterns import matches
from dataferry.tables.columns.typed import Distinct, TypedColumn
from dataferry.tables.options import ReadOptions

_DATE_NAME = re.compile(r"(?i)date|day|time|日期|時間|时间|日|dt$")
_LEAST_SHARE = 0.95


def compact_dates(distinct: Distinct, digits: Bools, meant: int) -> bool:
    """All values are eight digits that are calendar days: dates when the header says so or there are three at least."""
    eight = matches(distinct.texts, r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
    if not eight.any() or distinct.count(eight) < meant:
        return False
    found = read_dates(distinct.texts.filter(pa.array(eight)))
    return bool(found.valid.all()) and (int(eight.sum()) >= 3 or bool(_DATE_NAME.search(distinct.name)))


def try_typed(distinct: Distinct, blank: Bools, marks: Bools, options: ReadOptions) -> TypedColumn | None:
    """The column as dates or times of day when nearly all its values are; otherwise None."""
    meant = distinct.count(~blank & ~marks)
    dates = read_dates(distinct.texts, options.day_first)
    shaped = dates.label != ""
    if distinct.count(dates.valid) >= _LEAST_SHARE * meant:
        return _dates(distinct, dates, blank, marks, options)
    if distinct.count(shaped) >= _LEAST_SHARE * meant and dates.order == "conflict":
        return _order_unproved(distinct, dates)
    if not shaped.any():
        clocks = read_clocks(distinct.texts)
        if distinct.count(clocks.valid) >= _LEAST_SHARE * meant and matches(distinct.texts, r"[:：时時點点]").any():
            return typed(distinct, blank, marks, options, "time")
    return None


def typed(distinct: Distinct, blank: Bools, marks: Bools, options: ReadOptions, declared: str) -> TypedColumn:
    """The column as the declared kind of moment; what cannot be read goes to the flag column."""
    if declared == "time":
        return _times(distinct, blank, marks)
    return _dates(distinct, read_dates(distinct.texts, options.day_first), blank, marks, options, declared)


def _as_text(distinct: Distinct, **remarks: Any) -> TypedColumn:
    return TypedColumn("string", distinct.spread(distinct.raw), remarks=remarks)


def _order_unproved(distinct: Distinct, dates: Dates) -> TypedColumn:
    return _as_text(distinct, date_order=dates.order, examples=distinct.examples(dates.ambiguous))


def _dates(
    distinct: Distinct, dates: Dates, blank: Bools, marks: Bools, options: ReadOptions, declared: str | None = None
) -> TypedColumn:
    if dates.order in ("unknown", "conflict") and dates.ambiguous.any():
        return _order_unproved(distinct, dates)
    timed = bool((dates.timed & dates.valid).any()) or declared == "timestamp"
    zones = dates.zoned & dates.valid
    if zones.any() and not zones[dates.valid].all() and options.time_zone is None:
        return _as_text(distinct, mixed_zones=distinct.count(zones))
    if declared == "date":
        timed = False
    values = _timestamps(dates, zones, options) if timed else _days(dates)
    column = TypedColumn("timestamp" if timed else "date", distinct.spread(values))
    _count_formats(column, distinct, dates)
    _keep(column, distinct, ~dates.valid, blank, marks)
    hours = dates.hour_24 & dates.valid
    if hours.any():
        column.remarks["hour_24"] = {"count": distinct.count(hours), "examples": distinct.examples(hours)}
    if (dates.short_year & dates.valid).any():
        column.remarks["short_year"] = distinct.count(dates.short_year & dates.valid)
    if dates.order is not None and dates.ambiguous.any():
        column.remarks["order_proved"] = dates.order
    return column


def _days(dates: Dates) -> pa.Array:
    days = (dates.micros // 86_400_000_000).astype(np.int32)
    return pa.array(days, mask=~dates.valid).cast(pa.date32())


def _timestamps(dates: Dates, zones: Bools, options: ReadOptions) -> pa.Array:
    unit = "us" if (dates.fraction & dates.valid).any() else "s"
    micros = dates.micros - np.where(zones, dates.offset, 0) * 60_000_000
    naive = pa.array(micros, mask=~dates.valid).cast(pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    zone = options.time_zone
    if zone is None:
        return naive.cast(pa.timestamp(unit, "UTC")) if zones.any() else naive
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError("tables.unknown_time_zone", zone=zone) from None
    local = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    known = naive.cast(pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit, zone))
    return pc.if_else(pa.array(zones), known, local)


def _count_formats(column: TypedColumn, distinct: Distinct, dates: Dates) -> None:
    ways = pc.dictionary_encode(pa.array(dates.label[dates.valid], pa.string()))
    weights = np.bincount(np.asarray(ways.indices), distinct.weights[dates.valid], minlength=len(ways.dictionary))
    counts = Counter(dict(zip(ways.dictionary.to_pylist(), map(int, weights), strict=True)))
    column.formats = dict(counts.most_common())


def _keep(column: TypedColumn, distinct: Distinct, unread: Bools, blank: Bools, marks: Bools) -> None:
    marked = unread & marks & ~blank
    unreadable = unread & ~marks & ~blank
    column.missing, column.unreadable = distinct.count(marked), distinct.count(unreadable)
    kept = marked | unreadable
    if kept.any():
        null = pa.scalar(None, distinct.raw.type)
        column.flags = distinct.spread(pc.if_else(pa.array(kept), distinct.raw, null))
        masks = {"missing": marked, "unreadable": unreadable}
        column.remarks["kept"] = {key: distinct.examples(mask) for key, mask in masks.items() if mask.any()}


def _times(distinct: Distinct, blank: Bools, marks: Bools) -> TypedColumn:
    clocks = read_clocks(distinct.texts)
    if clocks.over.any():
        remark = {"count": distinct.count(clocks.over), "examples": distinct.examples(clocks.over)}
        return _as_text(distinct, past_midnight=remark)
    seconds = pa.array(clocks.seconds.astype(np.int32), mask=~clocks.valid)
    column = TypedColumn("time", distinct.spread(seconds.cast(pa.time32("s"))))
    column.formats = {"hh:mm": distinct.count(clocks.valid)}
    _keep(column, distinct, ~clocks.valid, blank, marks)
    return column
