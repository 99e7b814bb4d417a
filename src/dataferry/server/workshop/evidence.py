"""The evidence strip: six chips in one order, each with its state and the section it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.workshop.words import INKS, datum_word, finding_text, number, spoken, state_word

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


@dataclass(frozen=True)
class Term:
    """The terms of one input, as the licence verdict read them."""

    input: str
    title: str
    tag: str
    licence: str
    ink: str
    answers: tuple[tuple[str, str, str], ...]
    share_alike: bool
    blocking: bool


_SEVERITY_STATE: Mapping[str, str] = {
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


def chips(document: Mapping[str, Any]) -> list[Chip]:
    """The strip of a release."""
    titles = chip_titles()
    states = document["evidence"]
    return [Chip(name, titles[name], states[name], state_word(states[name])) for name in ORDER]


def findings(items: Any, language: Language) -> list[Found]:
    """Findings of one part of the record, in words."""
    return [
        Found(
            _SEVERITY_STATE.get(str(item.get("severity")), "unknown"),
            finding_text(item, language),
            rows=tuple(row for row in (item.get("data") or {}).get("rows") or () if isinstance(row, int))[:20],
        )
        for item in items or []
    ]


def quality_results(document: Mapping[str, Any], language: Language) -> list[Found]:
    """Every expectation of the product with what was found."""
    return [
        Found(
            str(result.get("state")),
            finding_text(result, language),
            _shown(result.get("figure")),
            _shown(result.get("expected")),
            tuple(result.get("rows") or ())[:20],
        )
        for result in (document.get("quality") or {}).get("results") or []
    ]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, 6)
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value[:8]) + (" …" if len(value) > 8 else "")
    return str(value)


def _answer(value: str) -> tuple[str, str]:
    """What terms say to one question: state, word."""
    return {
        "yes": ("clear", _("allowed")),
        "no": ("blocked", _("not allowed")),
        "conditional": ("attention", _("on conditions")),
    }.get(value, ("unknown", _("unknown")))


def licence_terms(document: Mapping[str, Any], language: Language) -> list[Term]:
    """The terms of each input. An input is blocking when a blocked finding names it."""
    verdict = document.get("licence_verdict") or {}
    inputs = {each["name"]: each for each in document["inputs"]}
    blocked = {
        str((finding.get("data") or {}).get("input"))
        for finding in verdict.get("findings") or []
        if finding.get("severity") == "blocked"
    }
    terms = []
    for each in verdict.get("inputs") or []:
        known = inputs.get(each["input"], {})
        title = spoken(known.get("title"), language)
        answers = tuple(
            (question, *_answer(str(each.get(key, "unknown"))))
            for key, question in (
                ("reuse", _("Reuse")),
                ("commercial", _("Commercial use")),
                ("derivatives", _("Adaptation")),
            )
        )
        name = spoken(each.get("title"), language).text or str(each.get("licence"))
        terms.append(
            Term(
                each["input"],
                title.text or each["input"],
                title.tag,
                name,
                INKS.get(str(known.get("city")), ""),
                answers,
                bool(each.get("share_alike")),
                each["input"] in blocked,
            )
        )
    return terms


def conversions(document: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Each change of datum on the way: what, from, to, by which function."""
    return [
        (
            f"{each.get('input')}.{each.get('column')}",
            datum_word(each.get("from")),
            datum_word(each.get("to")),
            str(each.get("function")),
        )
        for each in (document.get("lineage") or {}).get("conversions") or []
    ]
