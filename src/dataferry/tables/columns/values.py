"""The type of a column, decided over all its values: what does not fit is kept beside the value, never dropped.

A column is classified by its distinct values, so a column of a million cells with thirty different texts costs thirty
classifications. Cells that carry a flag (`5*`), a bound (`10+`), a mark for 'missing' (`***`) or something unreadable
keep their text in a flag column; the value column then holds the number, or null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import UsageError
from dataferry.tables.columns import moments
from dataferry.tables.columns.patterns import (
    BOOLEAN,
    CENSORED,
    DECIMAL,
    FLAGGED,
    FORMULA,
    INTEGER,
    LONG_DIGITS,
    PERCENT,
    THOUSANDS,
    ZERO_LED,
    Bools,
    amounts,
    is_boolean,
    is_missing_mark,
    leading_bytes,
    matches,
)
from dataferry.tables.columns.typed import Distinct, TypedColumn, distinct_of
from dataferry.tables.options import ReadOptions

TYPES = ("string", "integer", "number", "boolean", "date", "time", "timestamp")
UNREADABLE_SHARE = 0.01
"""Up to this share of a column may be unreadable before the column stays text."""

_PLAIN = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$"
_NUMERIC_START = frozenset(b"0123456789+-.*#<>~([T")
_PART_OF_TIME = re.compile(
    r"(?i)(.*[_\s/])?(hours?|hrs?|hh|months?|mm|days?|dd|minutes?|mins?|seconds?|secs?"
    r"|[小]?[時时](?:段)?|月份?|日|分[鐘钟]?|秒)([_\s/(（].*)?"
)
_PHONE = re.compile(
    r"(?i)(?:^|[^a-z])(?:tel|telephone|phone|fax|mobile|whatsapp)(?:no|number)?(?:[^a-z]|$)|(?-i:Phone|Fax(?![a-z]))"
    r"|電話|电话|傳真|传真|手机|手機"
)


def type_column(name: str, column: pa.ChunkedArray, options: ReadOptions, legend: str = "") -> TypedColumn:
    """Decide the type of one text column over all its values.

    Args:
        name: header of the column; it only breaks ties (phone numbers, hours).
        column: texts; null where the cell is empty.
        options: declared types, sentinels, date order and time zone.
        legend: text of the file around the table; a mark explained there is known.

    Raises:
        UsageError: a declared type that does not exist.
    """
    declared = options.types.get(name, options.types.get("*"))
    if declared is not None and declared not in TYPES:
        raise UsageError("tables.unknown_type", column=name, type=declared, known=list(TYPES))
    extra = (*options.missing.get("*", ()), *options.missing.get(name, ()))
    if column.null_count == len(column) or (declared is None and not extra and _is_plainly_text(column)):
        return _text(name, column)
    if declared is None and not extra and (plain := _plain_numbers(name, column)) is not None:
        return plain
    distinct = distinct_of(name, column)
    blank = np.asarray(pc.equal(distinct.texts, ""))
    marks = np.asarray(pc.is_in(distinct.texts, value_set=pa.array(extra, pa.string())))
    typed = _over_all_values(name, column, distinct, (blank, marks), options, declared, legend)
    return _marks_aside(typed, distinct, marks) if typed.type == "string" and marks.any() else typed


def _over_all_values(
    name: str,
    column: pa.ChunkedArray,
    distinct: Distinct,
    blank_and_marks: tuple[Bools, Bools],
    options: ReadOptions,
    declared: str | None,
    legend: str,
) -> TypedColumn:
    blank, marks = blank_and_marks
    if declared == "string":
        return _text(name, column)
    if declared in ("date", "time", "timestamp"):
        return moments.typed(distinct, blank, marks | is_missing_mark(distinct.texts), options, declared)
    if declared == "boolean" or (declared is None and _all_boolean(distinct, blank | marks)):
        return _booleans(distinct, blank, marks)
    shapes = _shapes(distinct, blank, marks, legend)
    if declared in ("integer", "number"):
        return _numbers(distinct, shapes, declared == "integer")
    return _decide(name, column, distinct, shapes, options)


def _plain_numbers(name: str, column: pa.ChunkedArray) -> TypedColumn | None:
    """The shortest way for a column that holds nothing but plain numbers; None for any other."""
    filled = column.drop_null()
    if _PHONE.search(name) or not pc.all(pc.match_substring_regex(filled, _PLAIN)).as_py():
        return None
    if not pc.any(pc.match_substring(filled, ".")).as_py():
        if pc.any(pc.match_substring_regex(filled, r"^(?:1[89]|20)\d{6}(?:\d{6})?$")).as_py():
            return None
        return TypedColumn("integer", column.cast(pa.int64()))
    return TypedColumn("number", column.cast(pa.float64()))


def _is_plainly_text(column: pa.ChunkedArray) -> bool:
    """Too few values begin like a number, a date or a flag for the column to be anything but text."""
    lead = leading_bytes(column)
    if not len(lead):
        return False
    first = np.bincount(lead >> 8, minlength=256)
    like = sum(int(first[byte]) for byte in _NUMERIC_START)
    full_width = int(np.count_nonzero(lead == 0xEFBC))
    half_day = int(np.isin(lead, (0xE4B8, 0x414D, 0x504D)).sum())
    words = int(np.isin(lead, (0x5452, 0x7472, 0x4641, 0x6661, 0x4E2F, 0x4E41, 0x6E61, 0x4E55)).sum())
    space = int(first[0x20])
    return like + full_width + half_day + words + space < 0.4 * len(lead)


@dataclass(frozen=True)
class Shapes:
    """Masks over the distinct values; `marks` are texts known to stand for 'no value'."""

    blank: Bools
    integer: Bools
    decimal: Bools
    thousands: Bools
    flagged: Bools
    censored: Bools
    percent: Bools
    zero_led: Bools
    long: Bools
    marks: Bools

    @property
    def plain(self) -> Bools:
        return self.integer | self.decimal | self.thousands

    @property
    def valued(self) -> Bools:
        return self.plain | self.flagged | self.censored


def _shapes(distinct: Distinct, blank: Bools, declared_marks: Bools, legend: str) -> Shapes:
    texts = distinct.texts
    integer, decimal = matches(texts, INTEGER) & ~declared_marks, matches(texts, DECIMAL) & ~declared_marks
    thousands = matches(texts, THOUSANDS) & ~declared_marks
    if thousands.any() and (amounts(texts.filter(pa.array(integer))) >= 1000).any():
        thousands = np.zeros_like(thousands)
    marks = declared_marks | is_missing_mark(texts)
    censored = matches(texts, CENSORED) & ~marks
    flagged = matches(texts, FLAGGED) & ~marks & ~censored
    known = integer | decimal | thousands | flagged | censored | marks | blank
    marks |= _explained(texts, ~known, legend)
    percent, zero_led, long = (matches(texts, pattern) & ~marks for pattern in (PERCENT, ZERO_LED, LONG_DIGITS))
    return Shapes(blank, integer, decimal, thousands, flagged, censored, percent, zero_led, long, marks)


def _explained(texts: pa.Array, unknown: Bools, legend: str) -> Bools:
    """Few odd texts that the file's own notes explain, such as `Trace means rainfall less than 0.05 mm`."""
    out = np.zeros(len(texts), dtype=bool)
    if legend and 0 < int(unknown.sum()) <= 20:
        for index in np.flatnonzero(unknown):
            text = texts[int(index)].as_py()
            out[index] = len(text) <= 20 and bool(re.search(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])", legend))
    return out


def _decide(
    name: str, column: pa.ChunkedArray, distinct: Distinct, shapes: Shapes, options: ReadOptions
) -> TypedColumn:
    filled = distinct.count(~shapes.blank)
    meant = filled - distinct.count(shapes.marks & ~shapes.blank)
    if meant <= 0:
        return _text(name, column)
    if distinct.count(shapes.percent) >= 0.95 * meant:
        return _numbers(distinct, shapes, False, percent=True)
    valued = distinct.count(shapes.valued)
    part_of_time = _is_part_of_time(name, distinct, shapes)
    if part_of_time:
        return _numbers(distinct, shapes, True)
    compact = moments.compact_dates(distinct, shapes.integer | shapes.zero_led, meant)
    if valued and not compact and valued >= (1 - UNREADABLE_SHARE) * meant and not _is_code(name, distinct, shapes):
        integral = not (shapes.decimal.any() or _has_point(distinct, shapes))
        return _numbers(distinct, shapes, integral)
    if not valued or compact or valued < 0.5 * meant:
        moment = moments.try_typed(distinct, shapes.blank, shapes.marks, options)
        if moment is not None:
            return moment
    return _text(name, column, _why_text(name, distinct, shapes, valued, meant))


def _has_point(distinct: Distinct, shapes: Shapes) -> bool:
    rest = distinct.texts.filter(pa.array(shapes.thousands | shapes.flagged | shapes.censored))
    return bool(matches(rest, r"\d\.\d|\.\d").any())


def _is_part_of_time(name: str, distinct: Distinct, shapes: Shapes) -> bool:
    """`01` to `24` under a header such as Hour is a number, zero and all."""
    if not shapes.zero_led.any() or not _PART_OF_TIME.fullmatch(name.strip()):
        return False
    numbers = shapes.zero_led | shapes.integer
    if (~(numbers | shapes.blank | shapes.marks)).any():
        return False
    short = matches(distinct.texts, r"^\d{1,2}$")
    return bool((short | ~numbers).all()) and float(np.nanmax(amounts(distinct.texts)[numbers])) < 60


def _is_code(name: str, distinct: Distinct, shapes: Shapes) -> bool:
    """Digits that are a name, not a quantity: leading zeros, more digits than a number holds, telephone numbers."""
    return bool(shapes.zero_led.any() or shapes.long.any() or _PHONE.search(name))


def _why_text(name: str, distinct: Distinct, shapes: Shapes, valued: int, meant: int) -> dict[str, Any]:
    digits = distinct.count(shapes.plain | shapes.zero_led | shapes.long)
    if digits >= 0.95 * meant:
        if shapes.zero_led.any():
            return {"code": "leading zeros", "examples": distinct.examples(shapes.zero_led)}
        if shapes.long.any():
            return {"code": "more than 15 digits", "examples": distinct.examples(shapes.long)}
        if _PHONE.search(name):
            return {"code": "telephone numbers", "examples": distinct.examples(shapes.plain)}
    if valued >= 0.8 * meant:
        other = ~(shapes.valued | shapes.blank | shapes.marks)
        return {"mixed": meant - valued, "share": valued / meant, "examples": distinct.examples(other)}
    return {}


def _numbers(distinct: Distinct, shapes: Shapes, integral: bool, *, percent: bool = False) -> TypedColumn:
    good = shapes.valued | shapes.zero_led | (shapes.percent if percent else np.zeros_like(shapes.blank))
    unreadable = ~(good | shapes.blank | shapes.marks)
    values = amounts(distinct.texts)
    values[~good] = np.nan
    if integral:
        unreadable |= good & (np.abs(values) >= 1e15) | good & (values != np.floor(values))
        good = good & ~unreadable
    whole = pa.array(values, mask=~good)
    if integral:
        whole = pa.array(np.where(good, values, 0).astype(np.int64), mask=~good)
    kept = shapes.flagged | shapes.censored | (shapes.marks & ~shapes.blank) | unreadable
    typed = TypedColumn("integer" if integral else "number", distinct.spread(whole))
    typed.missing, typed.unreadable = distinct.count(shapes.marks & ~shapes.blank), distinct.count(unreadable)
    typed.flagged, typed.censored = distinct.count(shapes.flagged), distinct.count(shapes.censored)
    if kept.any():
        typed.flags = distinct.spread(pc.if_else(pa.array(kept), distinct.raw, pa.scalar(None, distinct.raw.type)))
        masks = {"missing": shapes.marks & ~shapes.blank, "unreadable": unreadable}
        masks |= {"flagged": shapes.flagged, "censored": shapes.censored}
        typed.remarks["kept"] = {key: distinct.examples(mask) for key, mask in masks.items() if mask.any()}
    for key, mask in (("thousands", shapes.thousands), ("full_width", distinct.wide & good)):
        if mask.any():
            typed.remarks[key] = distinct.count(mask)
    if percent:
        typed.remarks["percent"] = distinct.count(shapes.percent)
    return typed


def _all_boolean(distinct: Distinct, blank: Bools) -> bool:
    return bool(~blank.all()) and bool((is_boolean(distinct.texts) | blank).all()) and not bool(blank.all())


def _booleans(distinct: Distinct, blank: Bools, marks: Bools) -> TypedColumn:
    texts = distinct.texts.to_pylist()
    words = BOOLEAN | {"1": True, "0": False, "Y": True, "N": False, "是": True, "否": False}
    values = pa.array([words.get(text) for text in texts], pa.bool_())
    marked = marks & ~blank
    unreadable = np.array([text not in words for text in texts]) & ~blank & ~marked
    typed = TypedColumn("boolean", distinct.spread(values))
    typed.missing, typed.unreadable = distinct.count(marked), distinct.count(unreadable)
    kept = marked | unreadable
    if kept.any():
        typed.flags = distinct.spread(pc.if_else(pa.array(kept), distinct.raw, pa.scalar(None, distinct.raw.type)))
        typed.remarks["kept"] = {"missing" if marked.any() else "unreadable": distinct.examples(kept)}
    return typed


def _marks_aside(typed: TypedColumn, distinct: Distinct, marks: Bools) -> TypedColumn:
    """A text column without the marks that the caller declared to mean "missing"; they stay in its flag column."""
    kept = pc.if_else(pa.array(marks), distinct.raw, pa.scalar(None, distinct.raw.type))
    typed.flags = distinct.spread(kept)
    typed.values = pc.if_else(pc.is_valid(typed.flags), pa.scalar(None, typed.values.type), typed.values)
    typed.missing = distinct.count(marks)
    typed.remarks["kept"] = {"missing": distinct.examples(marks)}
    return typed


def _text(name: str, column: pa.ChunkedArray, remarks: dict[str, Any] | None = None) -> TypedColumn:
    typed = TypedColumn("string", column, remarks=dict(remarks or {}))
    lead = leading_bytes(column) >> 8
    if np.isin(lead, list(b"=@+-\t")).any():
        hit = pc.match_substring_regex(column, FORMULA)
        count = pc.sum(hit).as_py() or 0
        if count:
            typed.remarks["formula"] = {
                "count": count,
                "index": int(pc.index(hit, True).as_py()),
                "examples": [text[:60] for text in column.filter(hit).slice(0, 3).to_pylist()],
            }
    return typed
