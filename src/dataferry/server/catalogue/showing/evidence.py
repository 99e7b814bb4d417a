"""The six states of a dataset's strip, and the evidence behind each, from what is declared and what reading found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.products.licence import InputTerms, Licence, judge_licences, terms_of
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.display.evidence import SEVERITY_STATE
from dataferry.server.display.words import Spoken, spoken

_LICENCE_STATES = {"yes": "clear", "conditional": "attention", "no": "blocked", "unknown": "unknown"}


def strip_states(dataset: Dataset, snapshot: Snapshot | None, read_state: str, crs: str | None) -> dict[str, str]:
    """The state of each part. Privacy and border have not been judged by anybody yet: unknown."""
    if snapshot is None:
        return {"source": source_state(dataset), "licence": licence_state(dataset)}
    return {
        "source": source_state(dataset),
        "datum": datum_state(snapshot, crs),
        "quality": read_state if read_state in {"clear", "attention", "blocked"} else "unknown",
        "licence": licence_state(dataset),
    }


def source_state(dataset: Dataset) -> str:
    if dataset.synthetic:
        return "attention"
    return "clear" if dataset.publisher and dataset.source else "unknown"


def datum_state(snapshot: Snapshot, crs: str | None) -> str:
    """A table without places needs no datum."""
    if not snapshot.has_geometry:
        return "clear"
    return "clear" if crs else "unknown"


def licence_state(dataset: Dataset) -> str:
    """What the dataset's own terms say to passing it on; the licence that a product would choose is not known here."""
    terms = terms_of(dataset.licence)
    states = [_LICENCE_STATES[answer] for answer in terms.permissions().values()]
    rank = ("clear", "unknown", "attention", "blocked")
    return max(states, key=rank.index)


@dataclass(frozen=True)
class Answer:
    """One question about the terms, with its answer in words and as a state."""

    question: str
    state: str
    word: str


@dataclass(frozen=True)
class TermsShown:
    """The licence in words."""

    id: str
    title: Spoken
    url: str
    answers: tuple[Answer, ...]
    findings: tuple[Mapping[str, Any], ...]


def terms_shown(dataset: Dataset, language: Language) -> TermsShown:
    terms = terms_of(dataset.licence)
    questions = {
        "reuse": _("May it be passed on?"),
        "commercial": _("For money?"),
        "derivatives": _("Changed?"),
    }
    words = {"yes": _("yes"), "conditional": _("under conditions"), "no": _("no"), "unknown": _("unknown")}
    answers = tuple(
        Answer(questions[act], _LICENCE_STATES[answer], words[answer]) for act, answer in terms.permissions().items()
    )
    return TermsShown(
        dataset.licence, spoken(terms.title, language), _web(terms), answers, tuple(_licence_findings(dataset))
    )


def _licence_findings(dataset: Dataset) -> list[dict[str, Any]]:
    """Findings about the input itself: those about a product's output do not apply here."""
    terms = InputTerms(dataset.slug, dataset.licence, dataset.attribution or None)
    verdict = judge_licences([terms], "unknown")
    about_output = {"products.licence_output_unknown", "products.licence_drops_attribution"}
    return [finding.to_json() for finding in verdict.findings if finding.code not in about_output]


def _web(terms: Licence) -> str:
    return terms.url if terms.url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class DetectedShown:
    """One thing found out about the file: what, the value, on what basis, the evidence."""

    what: str
    value: str
    basis: str
    evidence: str


def detected(report: Mapping[str, Any]) -> list[DetectedShown]:
    """Format, encoding and datum with the evidence for each."""
    names = {"format": _("Format"), "encoding": _("Encoding"), "crs": _("Datum")}
    words = {
        "declared": _("declared by the uploader"),
        "stated": _("stated in the file"),
        "measured": _("measured from the content"),
        "inferred": _("concluded from weaker signs"),
    }
    found = []
    for part, what in names.items():
        each = report.get(part)
        if isinstance(each, Mapping) and each.get("value"):
            basis = str(each.get("basis", ""))
            found.append(
                DetectedShown(what, str(each["value"]), words.get(basis, basis), str(each.get("evidence", "")))
            )
    return found


def worst_first(findings: Any) -> list[Mapping[str, Any]]:
    """Findings that need a person before those that only tell."""
    rank = {"blocked": 0, "attention": 1, "clear": 2}
    known = [each for each in findings or [] if isinstance(each, Mapping)]
    return sorted(known, key=lambda each: rank.get(SEVERITY_STATE.get(str(each.get("severity")), ""), 3))
