"""Each column of a snapshot in figures, with one small chart, from the profile that was taken when it was read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.catalogue.models import Column, Snapshot
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.display.words import Spoken, number, unit_word

WIDTH, HEIGHT = 260.0, 64.0
_LONGEST_BAR = 70.0
_LONGEST = 60
_DAYS = {"date", "timestamp", "time"}


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram in a view box of WIDTH by HEIGHT, and what it says."""

    x: float
    y: float
    width: float
    height: float
    says: str
    count: str


@dataclass(frozen=True)
class TopValue:
    """One frequent value: the text, how often, and its bar in percent."""

    text: str
    count: str
    length: float


@dataclass(frozen=True)
class ColumnShown:
    """One column. Texts are ready to show; `missing_share` is of all rows, in percent."""

    name: str
    title: Spoken
    converted: bool
    kind: str
    unit: str
    missing: str
    missing_share: float
    distinct: str
    facts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    low: str
    high: str
    top: tuple[TopValue, ...]
    note: str
    crs: str
    extent: tuple[str, ...] = ()


def columns_shown(snapshot: Snapshot, columns: Iterable[Column], language: Language) -> list[ColumnShown]:
    """All columns, in the order of the table."""
    profiles = {each.get("name"): each for each in snapshot.profile.get("columns") or [] if isinstance(each, Mapping)}
    return [_shown(column, profiles.get(column.name) or {}, snapshot.rows, language) for column in columns]


def _shown(column: Column, profile: Mapping[str, Any], rows: int, language: Language) -> ColumnShown:
    said = spoken_with_provenance(column.title, language)
    kind = "geometry" if profile.get("geometry") else column.type
    shapes = profile.get("geometry") or {}
    about = _text if kind != "geometry" else str
    bars = _bars(profile.get("histogram") or [], kind)
    different = column.distinct is not None and rows - column.nulls > 1 and column.distinct == rows - column.nulls
    top = () if bars or different else _top(profile.get("top") or [], kind)
    ends = profile.get("histogram") or [{}]
    return ColumnShown(
        name=column.name,
        title=Spoken(said.text or column.name, said.tag),
        converted=said.provenance in {"converted", "machine"},
        kind=kind,
        unit=unit_word(column.unit),
        missing=number(column.nulls),
        missing_share=round(100 * column.nulls / rows, 1) if rows else 0.0,
        distinct=_distinct(column, profile),
        facts=tuple(_facts(profile, kind) if not shapes else _shape_facts(shapes)),
        bars=bars,
        low=about(ends[0].get("low"), kind) if bars else "",
        high=about(ends[-1].get("high"), kind) if bars else "",
        top=top,
        note=_("Every value is different.") if different and not bars else "",
        crs=str(shapes.get("crs") or column.crs or ""),
        extent=tuple(number(float(side), 5) for side in shapes.get("extent") or ()),
    )


def _distinct(column: Column, profile: Mapping[str, Any]) -> str:
    if column.distinct is None:
        return ""
    text = number(column.distinct)
    return text if profile.get("distinct_exact", True) else _("about %(count)s") % {"count": text}


def _facts(profile: Mapping[str, Any], kind: str) -> Iterable[tuple[str, str]]:
    if kind == "string":
        return
    quantiles = profile.get("quantiles") or {}
    for title, value in (
        (_("Lowest"), profile.get("min")),
        (_("Half are below"), quantiles.get("0.5")),
        (_("Mean"), profile.get("mean")),
        (_("Highest"), profile.get("max")),
    ):
        if value is not None:
            yield title, _text(value, kind)
    for title, count in ((_("Not a number"), profile.get("nan")), (_("Infinite"), profile.get("infinite"))):
        if count:
            yield title, number(int(count))


def _shape_facts(shapes: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    names = {
        "Point": _("points"),
        "MultiPoint": _("groups of points"),
        "LineString": _("lines"),
        "MultiLineString": _("groups of lines"),
        "Polygon": _("areas"),
        "MultiPolygon": _("groups of areas"),
        "GeometryCollection": _("mixed shapes"),
    }
    for name, count in (shapes.get("types") or {}).items():
        yield names.get(name, name), number(int(count))
    for title, count in (
        (_("not valid"), shapes.get("invalid")),
        (_("empty"), shapes.get("empty")),
        (_("without finite coordinates"), shapes.get("not_finite")),
    ):
        if count:
            yield title, number(int(count))


def _bars(bins: list[Mapping[str, Any]], kind: str) -> tuple[Bar, ...]:
    """A histogram from zero; a single bar says nothing and is left out."""
    if len(bins) < 2:
        return ()
    most = max(int(each["count"]) for each in bins) or 1
    wide = WIDTH / len(bins)
    found = []
    for index, each in enumerate(bins):
        count = int(each["count"])
        high = max(HEIGHT * count / most, 1.0) if count else 0.0
        says = _("%(low)s to %(high)s") % {"low": _text(each["low"], kind), "high": _text(each["high"], kind)}
        found.append(
            Bar(
                round(index * wide + 0.5, 2),
                round(HEIGHT - high, 2),
                round(wide - 1, 2),
                round(high, 2),
                says,
                number(count),
            )
        )
    return tuple(found)


def _top(values: list[Mapping[str, Any]], kind: str) -> tuple[TopValue, ...]:
    most = max((int(each["count"]) for each in values), default=1) or 1
    return tuple(
        TopValue(
            _text(each["value"], kind), number(int(each["count"])), round(_LONGEST_BAR * int(each["count"]) / most, 1)
        )
        for each in values[:6]
    )


def _text(value: Any, kind: str) -> str:
    """A figure of the profile as text: numbers with thousands, days as days, everything else cut to a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value) if math.isfinite(value) else "–"
    text = str(value)
    if kind in _DAYS:
        return _moment(text, kind)
    if kind.startswith("decimal"):
        return text
    return visible(text, _LONGEST)


def _moment(text: str, kind: str) -> str:
    try:
        if kind == "timestamp":
            return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M")
        return date.fromisoformat(text).isoformat() if kind == "date" else text[:8]
    except ValueError:
        return visible(text, _LONGEST)


_HIDDEN = dict.fromkeys((*range(8234, 8239), *range(8294, 8298), 8206, 8207, 1564, 65279), "�")
_HIDDEN |= {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "\u2421"}
_HIDDEN |= dict.fromkeys((9, 10, 13, 8232, 8233, 133), " ")


def visible(text: str, longest: int) -> str:
    """A text from outside on one line: characters that hide or turn others are shown as marks, long texts are cut."""
    text = text[: longest + 1].translate(_HIDDEN)
    return text if len(text) <= longest else text[: longest - 1] + "…"
