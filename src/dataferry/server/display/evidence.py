"""The evidence strip: six chips in one order, each with its state and the section it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.display.words import finding_text, number, state_word

ORDER = ("source", "datum", "quality", "privacy", "licence", "border")


@dataclass(frozen=True)
class Chip:
    """One chip of the strip."""

    name: str
    title: str
    state: str
    word: str


@dataclass(frozen=True)
class Found:
    """One finding in words, with its state, the figure and the rows behind it."""

    state: str
    text: str
    figure: str = ""
    expected: str = ""
    rows: tuple[int, ...] = ()


SEVERITY_STATE: Mapping[str, str] = {
    "note": "clear",
    "repaired": "clear",
    "attention": "attention",
    "irrecoverable": "attention",
    "blocked": "blocked",
}


def chip_titles() -> dict[str, str]:
    return {
        "source": _("Source"),
        "datum": _("Datum"),
        "quality": _("Quality"),
        "privacy": _("Privacy"),
        "licence": _("Licence"),
        "border": _("Border"),
    }


def chips(states: Mapping[str, str]) -> list[Chip]:
    """The strip of a dataset or release, from the state of each of its six parts; a part not named is unknown."""
    return list(_chips(get_language(), tuple(states.get(name, "unknown") for name in ORDER)))


@lru_cache(maxsize=1024)
def _chips(_language: str | None, states: tuple[str, ...]) -> tuple[Chip, ...]:
    """Lists show many strips of few kinds; the words are those of the language in force."""
    titles = chip_titles()
    return tuple(Chip(name, titles[name], state, state_word(state)) for name, state in zip(ORDER, states, strict=True))


def findings(items: Any, language: Language) -> list[Found]:
    """Findings of one part of the record, in words."""
    return [
        Found(
            SEVERITY_STATE.get(str(item.get("severity")), "unknown"),
            finding_text(item, language),
            rows=tuple(row for row in (item.get("data") or {}).get("rows") or () if isinstance(row, int))[:20],
        )
        for item in items or []
    ]


def figure(value: Any) -> str:
    """A figure of a finding, or the several it names, as text."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, 6)
    if isinstance(value, list):
        return ", ".join(figure(each) for each in value[:8]) + (" …" if len(value) > 8 else "")
    return str(value)
