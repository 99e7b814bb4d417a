"""What is to be done in a case now by the person who looks at it: the first thing first, and where it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.server.compliance.case_view import ShownPart
from dataferry.server.compliance.models import BorderDecision, ComplianceCase, MachineEvidence
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CaseState, DecisionState
from dataferry.server.merchants.models import Place


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    words: str
    address: str


def steps(
    case: ComplianceCase, role: str, parts: Sequence[ShownPart], machine: Mapping[str, MachineEvidence]
) -> list[Step]:
    """The steps of `role` (supplier, assessor, officer); empty where it is another's turn."""
    if role == "supplier" and case.state in (CaseState.OPENED, CaseState.EVIDENCE_REQUESTED):
        return [
            *_items(case, parts, ItemState.OPEN),
            *_questions(case, machine),
            Step(_("Hand the case in."), "#submit"),
        ]
    if role == "supplier" and case.state in (CaseState.SUBMITTED, CaseState.ASSESSED):
        return _questions(case, machine)
    if role == "assessor" and case.state == CaseState.SUBMITTED:
        return [*_items(case, parts, ItemState.EVIDENCED), Step(_("Sign the finding on the whole."), "#assess")]
    if role == "officer" and case.state == CaseState.ASSESSED:
        return [*_signatures(case), Step(_("Decide the case."), "#decide")]
    return _signatures(case) if role == "officer" else []


def _items(case: ComplianceCase, parts: Sequence[ShownPart], state: ItemState) -> list[Step]:
    """To the first item that waits."""
    waiting = [each for part in parts for each in part.items if each.row.state == state]
    if state == ItemState.OPEN:
        waiting = [each for each in waiting if not each.item.is_machines]
    if not waiting:
        return []
    words = (
        ngettext("Answer the item that is open.", "Answer the %(n)s items that are open.", len(waiting))
        if state == ItemState.OPEN
        else ngettext("Find on the item that waits.", "Find on the %(n)s items that wait.", len(waiting))
    ) % {"n": len(waiting)}
    return [Step(words, reverse("compliance-item", args=[case.number, waiting[0].item.code]))]


def _questions(case: ComplianceCase, machine: Mapping[str, MachineEvidence]) -> list[Step]:
    """Borders that nobody has asked about yet."""
    border = machine.get("border")
    ways = border.document.get("ways") or [] if border is not None else []
    asked = set(_decisions(case).values_list("recipient", flat=True))
    open_ways = [way["recipient"] for way in ways if way.get("crosses") and way["recipient"] not in asked]
    ask = reverse("compliance-border-ask", args=[case.release.product.slug, case.release.version])
    return [
        Step(
            _("Ask whether it may cross to %(place)s.") % {"place": Place(place).label},
            f"{ask}?{urlencode({'exporter': case.supplier.number, 'recipient': place})}",
        )
        for place in open_ways
        if place in Place.values
    ]


def _signatures(case: ComplianceCase) -> list[Step]:
    """Border decisions that wait for an officer."""
    return [
        Step(
            _("Sign or refuse the border decision %(number)s.") % {"number": each.number},
            reverse("compliance-border-decision", args=[each.number]),
        )
        for each in _decisions(case).filter(state=DecisionState.DRAFTED)
    ]


def _decisions(case: ComplianceCase) -> QuerySet[BorderDecision]:
    live = (DecisionState.DRAFTED, DecisionState.SIGNED)
    return BorderDecision.objects.filter(release=case.release, exporter=case.supplier, state__in=live)
