"""The part of a specification sheet that people write, as `Listing.details` holds it.

The blocks and fields are those of the exchange's specification sheet (说明书): basic, content, conditions of use. What
the release itself says (columns, size, dates) is never written here a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dataferry.messages import LANGUAGES, InputError
from dataferry.server.exchange.models.listings import DeliveryLevel
from dataferry.server.exchange.texts import clean, in_languages, one_of
from dataferry.server.workshop.models import Release

DATASET, API = "dataset", "api"
KINDS = (DATASET, API)
BOARDS = ("transport", "energy", "environment", "commerce", "finance", "health", "culture", "planning", "other")
INDUSTRIES = tuple("ABCDEFGHIJKLMNOPQRST")
"""Sections of the national classification of industries, GB/T 4754-2017."""
UNITS = ("hour", "day", "week", "month", "quarter", "year")
ONCE, IRREGULAR, UNLIMITED = "once", "irregular", "unlimited"
FREQUENCIES = (ONCE, IRREGULAR, *UNITS)
PERIODS = (UNLIMITED, *UNITS)
FILES, SHARE, ROWS, ANSWERS = "files", "share", "rows", "api"
MODES = (FILES, SHARE, ROWS, ANSWERS)
MODES_OF: Mapping[str, tuple[str, ...]] = {
    DeliveryLevel.S1: (FILES, SHARE, ROWS),
    DeliveryLevel.S2: (FILES, SHARE, ROWS),
    DeliveryLevel.S3: (ROWS, ANSWERS),
    DeliveryLevel.S4: (ANSWERS,),
}
"""How a product of each level may be delivered: whole files leave the house only at the first two.

Answers are those of the delivery room's door: a buyer groups and filters by the input fields and gets figures.
"""
FIELD_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp", "geometry")
WORDS: Mapping[str, int] = {
    "title": 200,
    "content": 5_000,
    "keywords": 300,
    "purpose": 2_000,
    "buyers": 2_000,
    "rules": 5_000,
    "limits": 2_000,
}
"""Fields in three languages, each with its longest text."""
NEEDED = ("title", "content", "purpose")
MOST_FIELDS, MOST_FIELD_NAME, MOST_MEANING, MOST_COUNT = 100, 63, 500, 10_000


@dataclass(frozen=True)
class Terms:
    """The codes of a listing that go together."""

    level: str
    board: str
    industry: str
    modes: tuple[str, ...]


def checked(given: Any) -> dict[str, Any]:
    """Details as they are kept: every field there, texts cleaned, codes known.

    Raises:
        InputError: an unknown field or code, or a text that is too long. What is missing is asked for at hand-in.
    """
    given = given if isinstance(given, Mapping) else {}
    known = {*WORDS, "kind", "frequency", "period", "inputs", "calls_a_minute", "smallest_cell"}
    for name in given:
        one_of(name, "details", sorted(known))
    found: dict[str, Any] = {name: in_languages(given.get(name), name, most) for name, most in WORDS.items()}
    found["kind"] = one_of(given.get("kind") or DATASET, "kind", KINDS)
    found["frequency"] = _counted(given.get("frequency"), "frequency", FREQUENCIES, IRREGULAR)
    found["period"] = _counted(given.get("period"), "period", PERIODS, UNLIMITED)
    found["inputs"] = _fields(given.get("inputs")) if found["kind"] == API else []
    found["calls_a_minute"] = _whole(given.get("calls_a_minute") or 0, "calls_a_minute")
    found["smallest_cell"] = _whole(given.get("smallest_cell") or 0, "smallest_cell") if found["kind"] == API else 0
    return found


def _counted(given: Any, field: str, units: tuple[str, ...], default: str) -> dict[str, Any]:
    given = given if isinstance(given, Mapping) else {}
    unit = one_of(given.get("unit") or default, field, units)
    count = _whole(given.get("count") or 1, field) if unit in UNITS else 1
    return {"count": max(count, 1), "unit": unit}


def _whole(given: Any, field: str) -> int:
    text = str(given).strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) <= MOST_COUNT):
        raise InputError("server.exchange.not_a_count", field=field, most=MOST_COUNT)
    return int(text)


def _fields(given: Any) -> list[dict[str, Any]]:
    """The input fields of an API."""
    rows = given if isinstance(given, list | tuple) else []
    if len(rows) > MOST_FIELDS:
        raise InputError("server.exchange.too_many", field="inputs", most=MOST_FIELDS)
    found = []
    for row in rows:
        row = row if isinstance(row, Mapping) else {}
        found.append(
            {
                "name": clean(row.get("name"), "inputs", MOST_FIELD_NAME, required=True),
                "type": one_of(row.get("type") or "string", "inputs", FIELD_TYPES),
                "required": bool(row.get("required")),
                "meaning": in_languages(row.get("meaning"), "inputs", MOST_MEANING),
            }
        )
    return found


def checked_terms(level: str, board: str, industry: str, modes: Any, kind: str) -> Terms:
    """Level, board, industry and ways of delivery, which must fit each other.

    Raises:
        InputError: an unknown code, or a way of delivery that the level does not have.
    """
    level = one_of(level, "level", DeliveryLevel.values)
    allowed = [mode for mode in MODES_OF[level] if (mode == ANSWERS) == (kind == API)]
    if not allowed:
        raise InputError("server.exchange.level_and_kind", level=level, kind=kind)
    given = modes if isinstance(modes, list | tuple) else []
    named = {one_of(mode, "delivery_modes", allowed) for mode in given}
    return Terms(
        level,
        one_of(board, "board", BOARDS),
        one_of(industry, "industry", INDUSTRIES),
        tuple(mode for mode in allowed if mode in named) or tuple(allowed),
    )


def missing(details: Mapping[str, Any]) -> list[str]:
    """Fields that must be there before the listing is handed in, and are not; codes for messages and pages."""
    lacking = [name for name in NEEDED if not details.get(name)]
    if details.get("kind") == API and not details.get("inputs"):
        lacking.append("inputs")
    return lacking


def prefilled(release: Release, given: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What is given, with title and content from the release where they are not."""
    document = release.document
    known = {"title": _known(document.get("title")), "content": _known(document.get("description"))}
    return checked({**known, **given})


def _known(words: Any) -> dict[str, str]:
    words = words if isinstance(words, Mapping) else {}
    return {language: str(words[language]) for language in LANGUAGES if words.get(language)}
