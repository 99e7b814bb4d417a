"""News from below: what happens to an agreement, a listing, a merchant, a clearance or a border decision.

Each piece of news names what changed; the entitlements that rest on it are brought into line with everything they rest
on, so that the order of the news and a piece heard twice make no difference.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from dataferry.server.delivery.models import Entitlement
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.journal import Event, subscribe

ALIVE = (EntitlementState.GRANTED, EntitlementState.SUSPENDED)


def _all_into_line(rows: QuerySet[Entitlement]) -> None:
    from dataferry.server.delivery.actions.entitlements import bring_into_line

    for number in rows.filter(state__in=ALIVE).order_by("pk").values_list("pk", flat=True):
        bring_into_line(number)


def _number(event: Event) -> str:
    return event.object.partition(":")[2]


@subscribe("exchange.agreement_in_force", name="delivery.granting")
def agreement_in_force(event: Event) -> None:
    """An agreement has come in force: its buyer may fetch."""
    from dataferry.server.delivery.actions.entitlements import grant
    from dataferry.server.exchange.models import Agreement

    agreement = Agreement.objects.filter(number=_number(event)).first()
    if agreement is not None:
        grant(agreement)


@subscribe(
    "exchange.agreement_suspended",
    "exchange.agreement_resumed",
    "exchange.agreement_ended",
    "exchange.agreement_terminated",
    name="delivery.agreements",
)
def agreement_changed(event: Event) -> None:
    _all_into_line(Entitlement.objects.filter(agreement__number=_number(event)))


@subscribe(
    "exchange.listing_suspended",
    "exchange.listing_resumed",
    "exchange.listing_delisted",
    name="delivery.listings",
)
def listing_changed(event: Event) -> None:
    _all_into_line(Entitlement.objects.filter(agreement__listing__number=_number(event)))


@subscribe("exchange.listing_release_changed", name="delivery.releases")
def listing_release_changed(event: Event) -> None:
    """A new release has taken the place of the old one: it is prepared for those whose agreement includes it."""
    from dataferry.server.delivery.serving import ask_for

    rows = Entitlement.objects.filter(agreement__listing__number=_number(event))
    _all_into_line(rows)
    for number in rows.filter(state=EntitlementState.GRANTED).values_list("pk", flat=True):
        ask_for(number)


@subscribe(
    "compliance.clearance_ended",
    "compliance.approval_suspended",
    "compliance.approval_resumed",
    "compliance.approval_ended",
    "compliance.approval_confirmed",
    "compliance.decision_signed",
    "compliance.decision_withdrawn",
    "compliance.decision_lapsed",
    name="delivery.compliance",
)
def compliance_changed(event: Event) -> None:
    """Whose release or exporter it concerns is asked again."""
    from dataferry.server.compliance.models import BorderDecision, Clearance, ExportApproval

    kind, number = event.object.split(":", 1)
    if kind == "export_approval":
        exporters = ExportApproval.objects.filter(number=number).values("exporter")
        _all_into_line(Entitlement.objects.filter(agreement__supplier__in=exporters))
        return
    model = {"border_decision": BorderDecision, "clearance": Clearance}.get(kind)
    if model is None:
        return
    releases = model.objects.filter(number=number).values("release")  # type: ignore[attr-defined]  # both have objects
    of_release = Q(agreement__release__in=releases) | Q(agreement__listing__releases__release__in=releases)
    pks = Entitlement.objects.filter(of_release).values("pk")
    _all_into_line(Entitlement.objects.filter(pk__in=pks))


@subscribe(
    "merchants.suspended", "merchants.reinstated", "merchants.left", "merchants.activated", name="delivery.merchants"
)
def merchant_changed(event: Event) -> None:
    number = _number(event)
    of_party = Q(agreement__supplier__number=number) | Q(recipient__number=number)
    _all_into_line(Entitlement.objects.filter(of_party))
