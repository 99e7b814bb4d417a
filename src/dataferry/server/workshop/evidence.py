"""What a release's record says of quality, licences and datums, in words for its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language, say
from dataferry.server.display.evidence import Found, figure, findings
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


def privacy_lines(document: Mapping[str, Any], language: Language) -> list[str]:
    """The class of a release in words, and of the recipe's answer where steps followed; none where nobody judged."""
    privacy = document.get("privacy") or {}
    if "report" not in privacy:
        return []
    lines = [_class_text(privacy, language)]
    before = privacy.get("before")
    if before:
        data = {
            "state": say(f"products.report_state_{before['state']}", {}, language),
            "kind": _class_text(before, language),
        }
        lines.append(say("products.report_privacy_before", data, language))
    return lines


def _class_text(judged: Mapping[str, Any], language: Language) -> str:
    name = str(judged["privacy_class"]).replace("-", "_")
    try:
        return say(f"products.report_privacy_class_{name}", {}, language)
    except KeyError:
        return name


def privacy_findings(document: Mapping[str, Any], language: Language) -> list[Found]:
    """What the steps took away, and what was found in the table of the release."""
    privacy = document.get("privacy") or {}
    steps = [finding for step in privacy.get("steps") or () for finding in step["findings"]]
    return findings([*steps, *((privacy.get("report") or {}).get("findings") or ())], language)
