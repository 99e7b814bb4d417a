"""Every question that pages and actions ask about cases. What a person may not see is not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server.compliance.models import CaseItem, Clearance, ComplianceCase, ItemEvidence, MachineEvidence
from dataferry.server.compliance.queries.clearances import standing
from dataferry.server.compliance.states import CaseState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants import queries as merchants
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.merchants.states import MerchantState
from dataferry.server.people import Role, predicates
from dataferry.server.people.models import Membership

UNSEEN_BY_ASSESSOR = (CaseState.OPENED, CaseState.WITHDRAWN)
SOON = timedelta(days=30)


def _there(user: Any) -> Q:
    """Suppliers that are looked after in the cities in which the person is a compliance officer."""
    return Q(supplier__place__in=merchants.places_of(user, Role.COMPLIANCE_OFFICER))


def cases_seen(user: Any) -> QuerySet[ComplianceCase]:
    """The cases that a person may see: as supplier, as assessor from handing in on, as officer of the city."""
    organisations = predicates.organisations_of(user)
    wanted = Q(supplier__organisation__in=organisations) | _there(user)
    if predicates.holds(user, Role.ASSESSOR):
        wanted |= Q(assessor__organisation__in=organisations) & ~Q(state__in=UNSEEN_BY_ASSESSOR)
    related = ("release__product", "supplier__organisation", "assessor__organisation")
    return ComplianceCase.objects.filter(wanted).select_related(*related).defer("release__document")


def supplied_cases(user: Any) -> QuerySet[ComplianceCase]:
    """Cases of the person's own suppliers."""
    return cases_seen(user).filter(supplier__organisation__in=predicates.organisations_of(user))


def assessed_cases(user: Any) -> QuerySet[ComplianceCase]:
    """Cases that the person's assessors have or had, those that wait for them first."""
    seen = cases_seen(user).filter(assessor__organisation__in=predicates.organisations_of(user))
    return seen.exclude(state__in=UNSEEN_BY_ASSESSOR)


def officers_cases(user: Any) -> QuerySet[ComplianceCase]:
    """Cases of the cities in which the person is a compliance officer, except of their own organisations."""
    own = predicates.organisations_of(user)
    return cases_seen(user).filter(_there(user)).exclude(supplier__organisation__in=own)


def counts_by_state(cases: QuerySet[ComplianceCase]) -> dict[str, int]:
    """How many cases are in each state."""
    rows = cases.order_by().values_list("state").annotate(n=Count("pk"))
    return {str(state): int(count) for state, count in rows}


def case_of(user: Any, number: str) -> ComplianceCase:
    """A case by its number, with its release.

    Raises:
        MissingError: no such case, or not for this person.
    """
    found = cases_seen(user).defer(None).filter(number=number).first()
    if found is None:
        raise MissingError("server.compliance.no_case", number=number[:20])
    return found


def items_of(case: ComplianceCase) -> list[CaseItem]:
    """The items of a case in order, with their files."""
    files = Prefetch("evidence", ItemEvidence.objects.prefetch_related("replaced_by").order_by("pk"))
    return list(case.items.prefetch_related(files).order_by("position"))


def item_of(case: ComplianceCase, code: str) -> CaseItem:
    """
    Raises:
        MissingError: the case has no such item.
    """
    found = next((item for item in items_of(case) if item.code == code), None)
    if found is None:
        raise MissingError("server.compliance.no_case", number=case.number)
    return found


def evidence_of(user: Any, number: str, key: int) -> ItemEvidence:
    """A file of a case.

    Raises:
        MissingError: no such file, or not for this person.
    """
    found = ItemEvidence.objects.filter(pk=key, item__case=case_of(user, number)).first()
    if found is None:
        raise MissingError("server.compliance.no_evidence")
    return found


def machine_of(case: ComplianceCase) -> dict[str, MachineEvidence]:
    """The newest machine evidence of each kind."""
    return {row.kind: row for row in MachineEvidence.objects.filter(case=case).order_by("pk")}


def independent_assessors(supplier: Merchant) -> QuerySet[Merchant]:
    """Active assessors with which the supplier shares no member."""
    ours = Membership.objects.filter(organisation_id=supplier.organisation_id).values("user_id")
    shared = Membership.objects.filter(user_id__in=ours).values("organisation_id")
    active = Merchant.objects.filter(state=MerchantState.ACTIVE, classes__icontains=f'"{MerchantClass.ASSESSOR}"')
    return active.exclude(organisation__in=shared).select_related("organisation").order_by("number")


def ending_soon(user: Any) -> QuerySet[Clearance]:
    """Clearances of the officer's cities that end within thirty days."""
    today = clock.now().astimezone(BOTH_CITIES).date()
    seen = officers_cases(user).values("pk")
    found = standing(today).filter(case__in=seen, valid_until__lte=today + SOON)
    return found.select_related("release__product", "supplier__organisation").order_by("valid_until", "pk")
