"""How values become words on a page: the right language, numbers with their unit, days, sizes, states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dataferry.messages import LANGUAGES, Finding, Language

TAGS: Mapping[str, str] = {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}
INKS: Mapping[str, str] = {"hong-kong": "hk", "shanghai": "sh"}
CITY_COLUMNS = ("city",)
_THOUSAND = 1000


@dataclass(frozen=True)
class Spoken:
    """A text and, where it is not in the page's language, the tag of its own."""

    text: str
    tag: str = ""


def spoken(words: Any, language: Language) -> Spoken:
    """The text of a three-language value in `language`, else in the first language that has it."""
    if not isinstance(words, Mapping):
        return Spoken("" if words is None else str(words))
    for each in (language, *LANGUAGES):
        text = words.get(each)
        if isinstance(text, str) and text.strip():
            return Spoken(text, "" if each == language else TAGS[each])
    return Spoken("")


def finding_text(finding: Mapping[str, Any], language: Language) -> str:
    """What a finding says. A code of a newer Dataferry, unknown here, is shown as it is."""
    try:
        return Finding(finding["code"], finding.get("severity", "note"), finding.get("data") or {}).text(language)
    except (KeyError, ValueError, OSError):
        return str(finding.get("code", ""))


def city_name(city: str) -> str:
    return {"hong-kong": _("Hong Kong"), "shanghai": _("Shanghai")}.get(city, city)


def city_mark(city: str) -> str:
    """The short mark that stands beside a city's ink, so that colour never stands alone."""
    return {"hong-kong": _("HK"), "shanghai": _("SH")}.get(city, "")


def state_word(state: str) -> str:
    return {
        "clear": _("clear"),
        "attention": _("needs attention"),
        "blocked": _("blocked"),
        "unknown": _("unknown"),
    }.get(state, state)


def datum_word(crs: str | None) -> str:
    """A datum in plain words with its id."""
    named = {
        "EPSG:4326": "WGS 84",
        "OGC:CRS84": "WGS 84",
        "EPSG:4490": "CGCS2000",
        "EPSG:2326": "HK 1980 Grid",
        "DATAFERRY:GCJ02": "GCJ-02",
        "DATAFERRY:BD09": "BD-09",
    }
    if not crs:
        return _("unknown")
    return f"{named[crs]} ({crs})" if crs in named else crs


def type_word(kind: str) -> str:
    """A column's type in plain words."""
    return {
        "string": _("text"),
        "integer": _("whole number"),
        "number": _("number"),
        "boolean": _("yes or no"),
        "date": _("date"),
        "timestamp": _("date and time"),
        "geometry": _("place"),
    }.get(kind, kind)


def ledger_word(part: str) -> str:
    """Where rows of a file went, in plain words."""
    return {
        "read": _("read"),
        "kept": _("kept"),
        "preamble": _("before the table"),
        "header": _("headings"),
        "repeated_header": _("repeated headings"),
        "blank": _("blank"),
        "totals": _("totals"),
        "footer": _("after the table"),
    }.get(part, part)


def unit_word(unit: str | None) -> str:
    """A unit as people write it; one that is not known here is shown as the product states it."""
    if not unit or unit == "1":
        return ""
    return {
        "1/km2": _("per km²"),
        "km-2": _("per km²"),
        "/km2": _("per km²"),
        "km2": "km²",
        "m2": "m²",
        "1/10000": _("per 10,000 residents"),
        "1/10000 residents": _("per 10,000 residents"),
        "1/10000 persons": _("per 10,000 residents"),
        "ug/m3": "µg/m³",
        "ug m-3": "µg/m³",
        "degC": "°C",
        "Cel": "°C",
        "persons": _("people"),
        "person": _("people"),
        "deg": "°",
        "people": _("people"),
        "per 10,000 people": _("per 10,000 residents"),
        "sites": _("sites"),
        "stops": _("stops"),
        "stations": _("stations"),
        "entries": _("entries"),
        "values": _("values"),
        "index": _("index"),
    }.get(unit, unit)


def number(value: float, precision: int | None = None, *, fixed: bool = False) -> str:
    """A number with thousands separated and at most `precision` decimals; exactly as many where `fixed`."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if precision is None:
        precision = 0 if abs(value) >= _THOUSAND else 3
    text = f"{value:,.{precision}f}"
    return text.rstrip("0").rstrip(".") if "." in text and not fixed else text


def day(value: datetime | date | str) -> str:
    """15 Aug 2024, or 2024年8月15日."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    # Translators: date format of Django; keep the letters, arrange them as your language does.
    return date_format(value, _("j M Y"))


def moment(value: datetime) -> str:
    """A day and time of day in the visitor's time zone, which is named: 15 Aug 2024, 18:00 HKT."""
    local = timezone.localtime(value)
    # Translators: day, time of day, time zone.
    return _("%(day)s, %(time)s %(zone)s") % {
        "day": day(local),
        "time": f"{local:%H:%M}",
        "zone": local.tzname() or "UTC",
    }


_CURRENCIES: Mapping[str, tuple[int, str, str]] = {"HKD": (2, "HK$", "HK$"), "CNY": (2, "CN¥", "¥")}
"""Decimals, the sign elsewhere, the sign in Simplified Chinese (CLDR: en, zh_Hant_HK, zh_Hans_CN)."""


def money(minor_units: int, currency: str) -> str:
    """An amount in minor units (cents, fen) with the sign of its currency, or its code where it is not one of ours."""
    decimals, sign, at_home = _CURRENCIES.get(currency, (2, f"{currency} ", f"{currency} "))
    shown = at_home if get_language() == "zh-hans" else sign
    whole, rest = divmod(abs(minor_units), 10**decimals)
    return f"{'−' if minor_units < 0 else ''}{shown}{whole:,}.{rest:0{decimals}d}"


def size(count: int) -> str:
    """A size in bytes as people read it."""
    if count < _THOUSAND:
        return ngettext("%(count)d byte", "%(count)d bytes", count) % {"count": count}
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= _THOUSAND
        if amount < _THOUSAND or unit == "TB":
            break
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"


def unit_beside(title: Spoken, unit: str) -> str:
    """The unit to show beside a title: none where the title says it already."""
    return "" if unit and unit.casefold() in title.text.casefold() else unit


def cell(value: Any, precision: int | None = None, *, count: bool = True) -> str:
    """One value of a table as text. An integer that counts nothing (a code, an hour) has no thousands to separate."""
    if isinstance(value, int) and not isinstance(value, bool) and not count:
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value, precision, fixed=precision is not None)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M" if not value.second else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return "…"
    return str(value)
