"""The supplier's side of a case: opened with the machine's evidence, handed in to an assessor, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.compliance.actions.case_guards import (
    locked,
    require_active,
    require_independent,
    require_state,
)
from dataferry.server.compliance.actions.gathering import keep, tell
from dataferry.server.compliance.case_letters import tell_assessor
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.evidence import Gathered, gather
from dataferry.server.compliance.models import CaseItem, ComplianceCase
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CASE, CaseState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, MerchantClass, Place
from dataferry.server.people.models import Membership
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.queries import visible_releases


def open_case(user: Any, release: Release, supplier: Merchant, recipients: Iterable[str]) -> ComplianceCase:
    """Open a case for a release that the supplier's people own; the machine's evidence is in it from the start.

    Args:
        recipients: places (`merchants.Place`) that the product is to be offered to.

    Raises:
        InputError: `server.compliance.recipients`. ConflictError: `server.compliance.case_there`.
        RefusedError: not of the supplier; it is not active as one; `server.compliance.release_not_theirs`.
    """
    people.require(user, "compliance.open_case", supplier)
    require_active(supplier, MerchantClass.SUPPLIER)
    given = {str(each) for each in recipients}
    places = [place for place in Place.values if place in given]
    if not places or given - set(places):
        raise InputError("server.compliance.recipients", field="recipients", allowed=", ".join(Place.values))
    _require_theirs(user, release, supplier)
    found = gather(release, supplier, places)
    try:
        with transaction.atomic():
            return _begin(user, release, supplier, places, found)
    except IntegrityError as error:
        raise ConflictError("server.compliance.case_there", release=str(release)) from error


def _begin(
    user: Any, release: Release, supplier: Merchant, places: list[str], found: Iterable[Gathered]
) -> ComplianceCase:
    now, listed = clock.now(), checklist()
    case = ComplianceCase.objects.create(
        number=journal.next_number("C", now),
        release=release,
        supplier=supplier,
        recipients=places,
        checklist=listed.version,
        opened_by=user,
        opened_at=now,
    )
    CaseItem.objects.bulk_create(
        CaseItem(case=case, code=item.code, position=position) for position, item in enumerate(listed.items)
    )
    payload = {
        "release": release_reference(release),
        "digest": release.digest,
        "supplier": supplier.reference,
        "recipients": places,
        "checklist": listed.digest,
    }
    CASE.begin(case, people.actor(user), "compliance.case_opened", payload)
    tell(people.actor(user), case, keep(case, found))
    return case


def release_reference(release: Release) -> str:
    """How the journal names a release."""
    return f"release:{release.product.slug}@{release.version}"


def _require_theirs(user: Any, release: Release, supplier: Merchant) -> None:
    owner = release.product.owner_id
    members = Membership.objects.filter(organisation_id=supplier.organisation_id, user_id=owner or 0)
    seen = visible_releases(user).filter(pk=release.pk).exists()
    if owner is None or not seen or not members.exists():
        raise RefusedError("server.compliance.release_not_theirs", release=str(release))


def submit_case(user: Any, case: ComplianceCase, assessor: Merchant | None = None) -> ComplianceCase:
    """Hand a case in to an assessor; after evidence was asked for, to the same one again.

    Args:
        assessor: chosen once. A case stays with its assessor as long as that one is active, so that nobody looks for
            a friendlier finding.

    Raises:
        RefusedError: `server.compliance.items_open` with the items that lack an answer; no manager; the assessor is not
            active or not independent; `server.compliance.assessor_stays`.
    """
    people.require(user, "compliance.submit_case", case)
    with transaction.atomic():
        row = locked(case)
        CASE.check(row.state, CaseState.SUBMITTED)
        require_active(row.supplier, MerchantClass.SUPPLIER)
        chosen = _chosen(row, assessor)
        waiting = row.items.filter(state=ItemState.OPEN).values_list("code", flat=True)
        if waiting:
            raise RefusedError("server.compliance.items_open", items=", ".join(waiting))
        row.assessor, row.reason = chosen, ""
        payload = {"assessor": chosen.reference}
        CASE.move(
            row, CaseState.SUBMITTED, people.actor(user), "compliance.case_submitted", payload, "assessor", "reason"
        )
        tell_assessor(row, chosen)
    return row


def _chosen(case: ComplianceCase, assessor: Merchant | None) -> Merchant:
    before = case.assessor
    if before is not None and assessor not in (None, before) and before.acts_as(MerchantClass.ASSESSOR):
        raise RefusedError("server.compliance.assessor_stays", number=before.number)
    chosen = assessor or before
    if chosen is None:
        raise RefusedError("server.compliance.no_assessor", case=case.number)
    chosen = Merchant.objects.select_related("organisation").get(pk=chosen.pk)
    require_active(chosen, MerchantClass.ASSESSOR)
    require_independent(chosen, case.supplier)
    return chosen


def withdraw_case(user: Any, case: ComplianceCase) -> ComplianceCase:
    """A manager of the supplier takes a case back, before it is assessed.

    Raises:
        RefusedError: no manager; the case is assessed or closed.
    """
    people.require(user, "compliance.submit_case", case)
    with transaction.atomic():
        row = locked(case)
        require_state(row, CaseState.OPENED, CaseState.EVIDENCE_REQUESTED, CaseState.SUBMITTED)
        CASE.move(row, CaseState.WITHDRAWN, people.actor(user), "compliance.case_withdrawn")
    return row
