"""What a release's record says of quality, licences and datums, in words for its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.display.evidence import Found, figure
from dataferry.server.display.words import INKS, datum_word, finding_text, spoken


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


def quality_results(document: Mapping[str, Any], language: Language) -> list[Found]:
    """Every expectation of the product with what was found."""
    return [
        Found(
            str(result.get("state")),
            finding_text(result, language),
            figure(result.get("figure")),
            figure(result.get("expected")),
            tuple(result.get("rows") or ())[:20],
        )
        for result in (document.get("quality") or {}).get("results") or []
    ]


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
