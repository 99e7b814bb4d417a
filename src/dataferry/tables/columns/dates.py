"""Dates and times as two cities write them, read column by column with numpy, never one cell alone.

A column may hold several formats; each is counted. Where day and month could change places, the column's own
unambiguous values decide; without any, nothing is decided and the text stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Order = Literal["day_first", "month_first", "unknown", "conflict"]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

_HALF_DAY = r"上午|下午|中午|凌晨|早上|晚上|[AaPp]\.?[Mm]\.?"
_CLOCK = (
    rf"(?P<a>{_HALF_DAY})?\s*(?P<h>\d{{1,2}})(?:[:：](?P<i>\d{{2}})(?:[:：](?P<s>\d{{2}})(?P<f>\.\d{{1,9}})?)?"
    rf"|[时時点點](?:(?P<i2>\d{{1,2}})分?(?:(?P<s2>\d{{1,2}})秒?)?)?)\s*(?P<b>{_HALF_DAY})?"
)
_TIME = rf"(?:(?:T|\s*){_CLOCK}\s*(?P<z>Z|UTC|[+-]\d{{2}}:?\d{{2}})?)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = r"(?P<n>(?i:" + "|".join(_MONTHS) + r"))[A-Za-z]*\.?"
_FORMATS = (
    ("ymd", rf"^(?P<y>\d{{4}})(?P<p>[-/.])(?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}$"),
    ("cjk", rf"^(?P<y>\d{{4}})\s*年\s*(?P<m>\d{{1,2}})\s*月\s*(?P<d>\d{{1,2}})\s*[日号號]?{_TIME}$"),
    ("compact", rf"^(?P<y>(?:1[89]|20)\d{{2}})(?P<m>\d{{2}})(?P<d>\d{{2}})(?:\s+{_CLOCK})?$"),
    ("digits", r"^(?P<y>(?:1[89]|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?P<h>\d{2})(?P<i>\d{2})(?P<s>\d{2})$"),
    ("pair", rf"^(?P<j>\d{{1,2}})(?P<p>[-/.])(?P<k>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){_TIME}$"),
    ("named", rf"^(?P<d>\d{{1,2}})[-\s]{_MONTH_NAME}[-,\s]+(?P<y>\d{{4}}|\d{{2}}){_TIME}$"),
    ("american", rf"^{_MONTH_NAME}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}}){_TIME}$"),
)
_HALF_CUT = ("half", r"^(?P<y>(?:19|20)\d{2})-(?P<m>\d{2})(?P<d>\d{2})$")
_ALONE = rf"^{_CLOCK}$"
_FIXED_LABELS = {
    "cjk": "YYYY年M月D日",
    "compact": "YYYYMMDD",
    "digits": "YYYYMMDDhhmmss",
    "half": "YYYY-MMDD",
    "american": "Mon D, YYYY",
}
_PIVOT = 69


@dataclass
class Dates:
    """Distinct texts read as moments. Arrays are parallel to the distinct values.

    `micros` counts from 1970-01-01 in the text's own clock; `offset` is minutes east of UTC where one is written.
    """

    micros: Ints
    valid: Bools
    timed: Bools
    zoned: Bools
    offset: Ints
    hour_24: Bools
    short_year: Bools
    fraction: Bools
    ambiguous: Bools
    label: np.ndarray[Any, Any]
    order: Order | None = None


def _blank(n: int) -> Dates:
    micros, offset = np.zeros((2, n), dtype=np.int64)
    valid, timed, zoned, hour_24, short_year, fraction, ambiguous = np.zeros((7, n), dtype=bool)
    label = np.full(n, "", dtype=object)
    return Dates(micros, valid, timed, zoned, offset, hour_24, short_year, fraction, ambiguous, label)


def read_dates(texts: pa.Array, day_first: bool | None = None) -> Dates:
    """Read distinct texts (trimmed, no nulls) as dates or timestamps.

    Args:
        texts: string array of distinct values.
        day_first: decides between 3/4 and 4/3 when the caller knows; otherwise the column's own values must.
    """
    found = _blank(len(texts))
    left = np.arange(len(texts))
    for name, pattern in (*_FORMATS, _HALF_CUT):
        if not len(left) or (name == "half" and not found.valid.any()):
            break
        groups = pc.extract_regex(texts.take(pa.array(left)), pattern)
        hit = np.asarray(groups.is_valid())
        if hit.any():
            _take_format(found, name, groups.filter(pa.array(hit)), left[hit], day_first)
            left = left[~hit]
    return found


def _number(groups: pa.StructArray, name: str, otherwise: int = 0) -> Ints:
    if name not in groups.type.names:
        return np.full(len(groups), otherwise, dtype=np.int64)
    texts = groups.field(name)
    filled = pc.if_else(pc.equal(texts, ""), str(otherwise), texts)
    return np.asarray(pc.fill_null(filled.cast(pa.int64()), otherwise), dtype=np.int64)


def _strings(groups: pa.StructArray, name: str) -> pa.Array:
    if name not in groups.type.names:
        return pa.array([""] * len(groups), pa.string())
    return pc.fill_null(groups.field(name), "")


def _half_day(groups: pa.StructArray) -> pa.Array:
    """上午, PM and the like, written before the time or after it."""
    before = _strings(groups, "a")
    return pc.if_else(pc.equal(before, ""), _strings(groups, "b"), before)


def _texts(groups: pa.StructArray, name: str) -> list[str]:
    if name not in groups.type.names or not pc.any(pc.not_equal(groups.field(name), "")).as_py():
        return [""] * len(groups)
    return [text or "" for text in groups.field(name).to_pylist()]


def _take_format(found: Dates, name: str, groups: pa.StructArray, at: Ints, day_first: bool | None) -> None:
    year = _number(groups, "y")
    short = np.asarray(pc.equal(pc.utf8_length(groups.field("y")), 2))
    year = np.where(short, np.where(year >= _PIVOT, 1900 + year, 2000 + year), year)
    month, day = _number(groups, "m"), _number(groups, "d")
    if name == "pair":
        month, day = _ordered(found, groups, at, day_first)
    elif "n" in groups.type.names:
        month = np.array([_MONTHS.index(text.lower()) + 1 for text in _texts(groups, "n")], dtype=np.int64)
    days, real = _days(year, month, day)
    seconds, timed, hour_24, clock_ok = _clock(groups)
    found.micros[at] = days * 86_400_000_000 + seconds * 1_000_000 + _fraction(found, groups, at)
    found.valid[at] = real & clock_ok
    found.timed[at], found.hour_24[at], found.short_year[at] = timed, hour_24, short
    _zones(found, groups, at)
    found.label[at] = _labels(name, groups, timed, found.order)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970 and whether such a day exists."""
    possible = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1000) & (year <= 2999)
    months = (np.where(possible, year, 1970) - 1970) * 12 + np.where(possible, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]")
    length = (after - first).astype(np.int64)
    return first.astype(np.int64) + day - 1, possible & (day <= length)


def _clock(groups: pa.StructArray) -> tuple[Ints, Bools, Bools, Bools]:
    """Seconds of the day, whether a time is there, whether it is hour 24, whether it is possible."""
    hour, minute, second = _number(groups, "h", -1), _number(groups, "i"), _number(groups, "s")
    minute, second = minute + _number(groups, "i2"), second + _number(groups, "s2")
    timed = hour >= 0
    hour = np.maximum(hour, 0)
    half = _half_day(groups)
    late = np.asarray(pc.match_substring_regex(half, "^[下晚pP]"))
    early = np.asarray(pc.match_substring_regex(half, "^[上凌早aA]"))
    hour = np.where(late & (hour < 12), hour + 12, np.where(early & (hour == 12), 0, hour))
    hour_24 = (hour == 24) & (minute == 0) & (second == 0)
    possible = ((hour < 24) | hour_24) & (minute < 60) & (second < 60)
    return hour * 3600 + minute * 60 + second, timed, hour_24, possible


def _fraction(found: Dates, groups: pa.StructArray, at: Ints) -> Ints:
    if "f" not in groups.type.names:
        return np.zeros(len(groups), dtype=np.int64)
    texts = _strings(groups, "f")
    micros = np.zeros(len(groups), dtype=np.int64)
    for place in np.flatnonzero(np.asarray(pc.not_equal(texts, ""))):
        part = texts[int(place)].as_py()
        micros[place] = int(part[1:7].ljust(6, "0"))
        found.fraction[at[place]] = bool(part.strip(".0"))
    return micros


def _zones(found: Dates, groups: pa.StructArray, at: Ints) -> None:
    texts = _strings(groups, "z")
    for place in np.flatnonzero(np.asarray(pc.not_equal(texts, ""))):
        text, index = texts[int(place)].as_py(), at[place]
        found.zoned[index] = True
        if text not in ("Z", "UTC"):
            digits = text[1:].replace(":", "")
            minutes = int(digits[:2]) * 60 + int(digits[2:])
            found.offset[index] = -minutes if text[0] == "-" else minutes


def _ordered(found: Dates, groups: pa.StructArray, at: Ints, day_first: bool | None) -> tuple[Ints, Ints]:
    """Month and day of `a/b/year`, decided by the column: a first number over 12 can only be a day."""
    first, second = _number(groups, "j"), _number(groups, "k")
    found.ambiguous[at] = (first <= 12) & (second <= 12) & (first != second)
    if day_first is None:
        days_first, months_first = bool((first > 12).any()), bool((second > 12).any())
        if days_first and months_first:
            found.order = "conflict"
        elif days_first or months_first:
            found.order = "day_first" if days_first else "month_first"
        else:
            found.order = "unknown" if found.ambiguous[at].any() else "day_first"
    else:
        found.order = "day_first" if day_first else "month_first"
    if found.order == "month_first":
        return first, second
    return second, first


def _labels(name: str, groups: pa.StructArray, timed: Bools, order: Order | None) -> np.ndarray[Any, Any]:
    """How each date is written. There are few ways, so each way is spelled out once."""
    year = pc.utf8_length(_strings(groups, "y")).cast(pa.string())
    clock = pa.array(np.where(timed & (name != "digits"), " hh:mm", ""), pa.string())
    ways = pc.dictionary_encode(pc.binary_join_element_wise(_strings(groups, "p"), year, clock, _half_day(groups), "|"))
    spelled = np.empty(len(ways.dictionary), dtype=object)
    for place, way in enumerate(ways.dictionary.to_pylist()):
        mark, digits, time, half = way.split("|")
        spelled[place] = _spelled(name, mark, digits, time, half, order)
    return np.asarray(spelled[np.asarray(ways.indices)])


def _spelled(name: str, mark: str, digits: str, clock: str, half: str, order: Order | None) -> str:
    year = "YYYY" if digits == "4" else "YY"
    if name == "ymd":
        date = f"YYYY{mark}M{mark}D"
    elif name == "pair":
        date = (f"M{mark}D{mark}" if order == "month_first" else f"D{mark}M{mark}") + year
    else:
        date = _FIXED_LABELS.get(name) or f"D Mon {year}"
    return date + clock + (f" ({half})" if half else "")


@dataclass(frozen=True)
class Clocks:
    """Distinct texts read as times of day; `over` marks times such as 25:10 that run past midnight."""

    seconds: Ints
    valid: Bools
    over: Bools


def read_clocks(texts: pa.Array) -> Clocks:
    """Read distinct texts as times of day alone, such as `06:24` or `下午 3:15`."""
    groups = pc.extract_regex(texts, _ALONE)
    hit = np.asarray(groups.is_valid())
    seconds, valid, over = np.zeros(len(texts), dtype=np.int64), hit.copy(), np.zeros(len(texts), dtype=bool)
    if hit.any():
        some = groups.filter(pa.array(hit))
        value, _, _, possible = _clock(some)
        seconds[hit] = value
        over[hit] = value >= 86_400
        valid[hit] = (possible | over[hit]) & (_number(some, "i") < 60)
    return Clocks(seconds, valid, over)
