"""A case in words and in order, for its pages and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Language
from dataferry.server.compliance.checklist import Item, checklist
from dataferry.server.compliance.models import CaseItem, ComplianceCase, ItemEvidence, MachineEvidence
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.display.evidence import Chip, Found, chips, findings
from dataferry.server.merchants.models import Place

STATES: Mapping[str, str] = {
    ItemState.OPEN: "unknown",
    # Nobody has judged it yet: none of the four states.
    ItemState.EVIDENCED: "",
    ItemState.SATISFIED: "clear",
    ItemState.CONDITION: "attention",
    ItemState.NOT_SATISFIED: "blocked",
    ItemState.NOT_APPLICABLE: "clear",
}


@dataclass(frozen=True)
class ShownItem:
    """An item of the checklist with what the case says of it. `files` are those that stand, `replaced` the others."""

    row: CaseItem
    item: Item
    state: str
    machine: MachineEvidence | None
    files: tuple[ItemEvidence, ...]
    replaced: tuple[ItemEvidence, ...]


@dataclass(frozen=True)
class ShownPart:
    """One of the six parts with its items."""

    code: str
    title: dict[str, str]
    items: tuple[ShownItem, ...]


@dataclass(frozen=True)
class ShownEvidence:
    """What the machine says of one kind."""

    row: MachineEvidence
    title: str
    sentence: str
    found: tuple[Found, ...]


def shown_parts(items: list[CaseItem], machine: Mapping[str, MachineEvidence]) -> list[ShownPart]:
    """The case along the checklist. Items that the list in force no longer has are left to the document."""
    listed, rows = checklist(), {row.code: row for row in items}
    parts = []
    for part in listed.parts:
        shown = [shown_item(rows[item.code], item, machine) for item in listed.of_part(part.code) if item.code in rows]
        parts.append(ShownPart(part.code, part.title, tuple(shown)))
    return parts


def shown_item(row: CaseItem, item: Item, machine: Mapping[str, MachineEvidence]) -> ShownItem:
    """One item, with the files that stand apart from those that were replaced."""
    files = list(row.evidence.all())
    gone = {each.replaces_id for each in files if each.replaces_id}
    return ShownItem(
        row,
        item,
        STATES[row.state],
        machine.get(item.by),
        tuple(each for each in files if each.pk not in gone),
        tuple(each for each in files if each.pk in gone),
    )


def strip_of(machine: Mapping[str, MachineEvidence]) -> list[Chip]:
    """The evidence strip of a case: six chips, from the newest rows."""
    lineage = machine["lineage"].document if "lineage" in machine else {}
    states = {kind: row.state for kind, row in machine.items()}
    return chips({**states, "source": lineage.get("source", "unknown"), "datum": lineage.get("datum", "unknown")})


def shown_machine(machine: Mapping[str, MachineEvidence], language: Language) -> list[ShownEvidence]:
    """Every kind in words, in the order of the strip."""
    titles = {
        "quality": _("Quality"),
        "privacy": _("Privacy"),
        "licence": _("Licence"),
        "border": _("Border"),
        "lineage": _("Lineage"),
    }
    return [
        ShownEvidence(machine[kind], title, _sentence(machine[kind]), tuple(_findings(machine[kind], language)))
        for kind, title in titles.items()
        if kind in machine
    ]


def _sentence(row: MachineEvidence) -> str:
    """What the document comes to, in one sentence."""
    if row.kind == "privacy":
        return _privacy(row.document)
    if row.kind == "border":
        return " ".join(_way(way) for way in row.document.get("ways") or [])
    if row.kind == "lineage":
        return _lineage(row.document)
    if row.kind == "licence":
        listable = (row.document.get("today") or {}).get("listable")
        return _("The terms of all inputs allow a listing.") if listable else _("The terms do not allow a listing yet.")
    held = [each for each in row.document.get("results") or [] if each.get("state") == "clear"]
    count = len(row.document.get("results") or [])
    return _("%(held)s of %(count)s expectations hold.") % {"held": len(held), "count": count}


def _privacy(document: Mapping[str, Any]) -> str:
    words = {
        "none": _("Nothing that identifies people was found."),
        "personal": _("The table holds personal information."),
        "sensitive-personal": _("The table holds sensitive personal information."),
        "possibly-important": _("The table may hold important data."),
    }
    return words.get(str(document.get("privacy_class")), _("Nobody has screened this release for personal data."))


def _way(way: Mapping[str, Any]) -> str:
    place = Place(way["recipient"]).label if way.get("recipient") in Place.values else str(way.get("recipient"))
    if not way.get("crosses"):
        return _("To %(place)s: no border is crossed.") % {"place": place}
    if way.get("decision") is None:
        return _("To %(place)s: no border decision yet.") % {"place": place}
    if not way.get("in_force"):
        return _("To %(place)s: decision %(number)s is not in force.") % {"place": place, "number": way["decision"]}
    return _("To %(place)s: decision %(number)s is signed.") % {"place": place, "number": way["decision"]}


def _lineage(document: Mapping[str, Any]) -> str:
    files = {
        "clear": _("The files are the ones that were built."),
        "blocked": _("The files are not the ones that were built."),
    }.get(str(document.get("files")), _("The files of the release are not here."))
    gone = [str(each.get("name")) for each in document.get("inputs") or [] if each.get("withdrawn")]
    if gone:
        files += " " + _("Withdrawn from the catalogue: %(names)s.") % {"names": ", ".join(gone)}
    return files


def _findings(row: MachineEvidence, language: Language) -> list[Found]:
    if row.kind == "licence":
        return findings((row.document.get("today") or {}).get("findings"), language)
    if row.kind == "privacy":
        return findings((row.document.get("report") or {}).get("findings"), language)
    if row.kind == "quality":
        results = row.document.get("results") or []
        return [each for each in findings(results, language) if each.state != "clear"]
    return []


def outcome_counts(parts: list[ShownPart]) -> dict[str, int]:
    """How many items are in each state."""
    counts: dict[str, int] = {}
    for part in parts:
        for each in part.items:
            counts[each.row.state] = counts.get(each.row.state, 0) + 1
    return counts


def next_step(case: ComplianceCase, role: str) -> str:
    """One sentence: what this person can do now. `role` is `supplier`, `assessor` or `officer`."""
    steps = {
        ("supplier", "opened"): _("Answer every item, add evidence, then hand the case in to an assessor."),
        ("supplier", "evidence_requested"): _("Answer the items that were asked about, then hand the case in again."),
        ("supplier", "submitted"): _("The assessor looks at the case. You are told when something is needed."),
        ("supplier", "assessed"): _("The exchange's compliance officer decides next."),
        ("assessor", "submitted"): _("Find on every item, then on the whole. Ask for evidence where it is thin."),
        ("assessor", "evidence_requested"): _("The supplier was asked for more evidence."),
        ("assessor", "assessed"): _("Your finding is with the compliance officer."),
        ("officer", "assessed"): _("Read the findings and the evidence, then decide."),
        ("officer", "opened"): _("The supplier is preparing the case."),
        ("officer", "submitted"): _("The assessor looks at the case."),
        ("officer", "evidence_requested"): _("The supplier was asked for more evidence."),
    }
    return steps.get((role, case.state), "")
