"""An entry in words: what is lacking, what the inspection found, what the catalogue says of its data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.challenge.actions.entries import missing_parts
from dataferry.server.challenge.inspection import Finding
from dataferry.server.challenge.models import Artefact, DataUse, Entry
from dataferry.server.challenge.queries.entries import standing_artefacts
from dataferry.server.challenge.team_view import deadline
from dataferry.server.display.languages import page_language

STATES = {"refuse": "blocked", "warn": "attention", "unknown": "unknown"}


@dataclass(frozen=True)
class Said:
    """A finding in words, with its state."""

    state: str
    text: str


@dataclass(frozen=True)
class ShownArtefact:
    """A file with what the inspection said of it; `state` decides: blocked, attention, unknown, clear."""

    row: Artefact
    title: str
    state: str
    findings: tuple[Said, ...]
    leaks: tuple[Said, ...]
    is_waiting: bool


def role_title(entry: Entry, role: str, language: Language) -> str:
    """What the edition calls a part of an entry."""
    asked = entry.edition.file.deliverables.get(role)
    return asked.title.text(language) if asked and asked.title else role


def lacking(entry: Entry) -> list[str]:
    """What must be done before the entry can be handed in, in words."""
    language = page_language()
    return [_lacking(what, role_title(entry, which, language)) for what, which in missing_parts(entry)]


def _lacking(what: str, part: str) -> str:
    if what == "title":
        return _("Give the entry a title.")
    if what == "summary":
        return _("Write a summary.")
    if what == "file":
        return _("Add the file: %(part)s.") % {"part": part}
    return _("Replace the file that was refused: %(part)s.") % {"part": part}


def shown_artefacts(entry: Entry) -> list[ShownArtefact]:
    """The files that stand, each with what was found."""
    language = page_language()
    return [_shown(entry, each, language) for each in standing_artefacts(entry)]


def _shown(entry: Entry, artefact: Artefact, language: Language) -> ShownArtefact:
    findings = _said(artefact.findings, language)
    leaks = _said(artefact.leaks, language)
    states = {said.state for said in (*findings, *leaks)}
    worst = next((state for state in ("blocked", "attention", "unknown") if state in states), "clear")
    waiting = artefact.inspected_at is None
    return ShownArtefact(
        artefact,
        role_title(entry, artefact.role, language),
        "unknown" if waiting else worst,
        findings,
        leaks,
        waiting,
    )


def _said(findings: Iterable[dict[str, Any]], language: Language) -> tuple[Said, ...]:
    return tuple(
        Said(STATES.get(str(each["severity"]), "unknown"), Finding.from_json(each).text(language)) for each in findings
    )


@dataclass(frozen=True)
class ShownUse:
    """A line of the data list."""

    row: DataUse
    name: str
    address: str
    basis: str


def shown_uses(uses: Iterable[DataUse]) -> list[ShownUse]:
    """The data that an entry names, with who vouches for it."""
    words = {
        "catalogue": _("by the catalogue"),
        "release": _("by the release"),
        "stated": _("the team says so"),
    }
    shown = []
    for use in uses:
        name = str(use.outside.get("title") or use.verified.get("input") or "")
        slug = use.dataset.slug if use.dataset else ""
        shown.append(ShownUse(use, name, slug, words.get(str(use.verified.get("basis")), words["stated"])))
    return shown


def shown_submissions(entry: Entry) -> list[dict[str, Any]]:
    """The versions that were handed in, newest first, each with its instant in the division's zone."""
    rows = entry.submissions.order_by("-number")
    return [{"row": row, "at": deadline(row.submitted_at, entry.division)} for row in rows]
