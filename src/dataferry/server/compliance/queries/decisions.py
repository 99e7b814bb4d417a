"""Which border decisions and approvals a person may see, and what waits for an officer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import InputError, MissingError
from dataferry.server import people
from dataferry.server.compliance.models import BorderDecision, ExportApproval
from dataferry.server.compliance.states import ApprovalState, DecisionState
from dataferry.server.merchants import queries as merchants
from dataferry.server.merchants.models import Merchant
from dataferry.server.people import Role, predicates


def places_of(user: Any) -> list[str]:
    """The places whose exporters an officer looks after."""
    return merchants.places_of(user, Role.COMPLIANCE_OFFICER)


def decisions_seen(user: Any) -> QuerySet[BorderDecision]:
    """Decisions about one's own organisations, and as an officer those of one's city."""
    own = Q(exporter__organisation_id__in=predicates.organisations_of(user))
    seen = BorderDecision.objects.filter(own | Q(exporter__place__in=places_of(user)))
    return seen.select_related("exporter__organisation", "release__product", "signed_by", "case")


def decision_seen(user: Any, number: str) -> BorderDecision:
    """One decision.

    Raises:
        MissingError: `server.compliance.no_such_decision`, also for one that is not the person's to see.
    """
    found = decisions_seen(user).filter(number=number).first()
    if found is None:
        raise MissingError("server.compliance.no_such_decision", number=number[:40])
    return found


def waiting_for_officer(user: Any) -> QuerySet[BorderDecision]:
    """Decisions that this officer could sign, oldest first."""
    foreign = decisions_seen(user).filter(exporter__place__in=places_of(user), state=DecisionState.DRAFTED)
    own = predicates.organisations_of(user)
    return foreign.exclude(exporter__organisation_id__in=own).order_by("drafted_at", "pk")


def approvals_seen(user: Any) -> QuerySet[ExportApproval]:
    """Approvals of one's own organisations and of one's city."""
    own = Q(exporter__organisation_id__in=predicates.organisations_of(user))
    seen = ExportApproval.objects.filter(own | Q(exporter__place__in=places_of(user)))
    return seen.select_related("exporter__organisation", "recorded_by")


def approval_seen(user: Any, number: str) -> ExportApproval:
    """One approval.

    Raises:
        MissingError: `server.compliance.no_such_approval`.
    """
    found = approvals_seen(user).filter(number=number).first()
    if found is None:
        raise MissingError("server.compliance.no_such_approval", number=number[:40])
    return found


def to_look_at(user: Any) -> QuerySet[ExportApproval]:
    """Approvals that wait for a second officer or are suspended."""
    open_states = (ApprovalState.RECORDED, ApprovalState.SUSPENDED)
    return approvals_seen(user).filter(exporter__place__in=places_of(user), state__in=open_states)


def exporters_seen(user: Any) -> Sequence[Merchant]:
    """Exporters whose ledger a person may read: those with something in it, or an approval."""
    mine = Q(organisation_id__in=predicates.organisations_of(user)) | Q(place__in=places_of(user))
    counted = Q(head_ledgers__isnull=False) | Q(export_approvals__isnull=False)
    return list(Merchant.objects.filter(mine, counted).select_related("organisation").distinct().order_by("number"))


def named_party(number: str) -> Merchant | None:
    """The merchant that a paper names as the recipient; None for an empty number.

    Raises:
        InputError: `server.compliance.party_needed`, no merchant has this number.
    """
    if not number:
        return None
    found = Merchant.objects.filter(number=number).first()
    if found is None:
        raise InputError("server.compliance.party_needed", field="party")
    return found


def exporter_seen(user: Any, number: str) -> Merchant:
    """The exporter whose ledger is asked for.

    Raises:
        MissingError: `server.compliance.no_such_exporter`.
    """
    found = Merchant.objects.filter(number=number).select_related("organisation").first()
    if found is None or not people.can(user, "compliance.see_ledger", found):
        raise MissingError("server.compliance.no_such_exporter", number=number[:40])
    return found
