"""What stands between an entitlement and its data, from the agreement down to the border: one place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dataferry.messages import RefusedError
from dataferry.server.compliance.queries.border import Verdict, may_deliver
from dataferry.server.compliance.queries.clearances import is_cleared_for
from dataferry.server.delivery.limits import Limits
from dataferry.server.delivery.models import Entitlement
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.exchange.states import AgreementState, ListingState
from dataferry.server.merchants.states import MerchantState
from dataferry.server.workshop.models import Release

NEEDED = (
    "agreement__listing",
    "agreement__release__product",
    "agreement__supplier",
    "recipient",
)
"""What is read with an entitlement, so that its standing costs one query."""

_ENTITLEMENT: Mapping[str, str] = {
    EntitlementState.SUSPENDED: "server.delivery.entitlement_suspended",
    EntitlementState.REVOKED: "server.delivery.entitlement_revoked",
    EntitlementState.ENDED: "server.delivery.entitlement_ended",
}
_AGREEMENT: Mapping[str, str] = {
    AgreementState.SUSPENDED: "server.delivery.agreement_suspended",
    AgreementState.ENDED: "server.delivery.agreement_ended",
    AgreementState.TERMINATED: "server.delivery.agreement_terminated",
}
_LISTING: Mapping[str, str] = {
    ListingState.SUSPENDED: "server.delivery.listing_suspended",
    ListingState.DELISTED: "server.delivery.listing_delisted",
}


def own_obstacle(entitlement: Entitlement) -> str:
    """The message code of the entitlement's own state; empty while it is granted."""
    return "" if entitlement.state == EntitlementState.GRANTED else _ENTITLEMENT[entitlement.state]


def trade_obstacle(entitlement: Entitlement, now: datetime) -> str:
    """What the agreement, the listing or the parties put in the way; empty for nothing. Reads no further row."""
    agreement = entitlement.agreement
    if agreement.state != AgreementState.IN_FORCE:
        return _AGREEMENT.get(agreement.state, "server.delivery.agreement_not_in_force")
    if agreement.starts_at is not None and now < agreement.starts_at:
        return "server.delivery.agreement_not_begun"
    if agreement.ends_at is not None and now >= agreement.ends_at:
        return "server.delivery.agreement_ended"
    listing = agreement.listing
    if listing.state != ListingState.LISTED:
        return _LISTING.get(listing.state, "server.delivery.listing_suspended")
    if agreement.supplier.state != MerchantState.ACTIVE:
        return "server.delivery.supplier_not_active"
    if entitlement.recipient.state != MerchantState.ACTIVE:
        return "server.delivery.recipient_not_active"
    return ""


def border_obstacle(entitlement: Entitlement, release: Release) -> tuple[str, Verdict | None]:
    """What region, clearance or border put in the way of one release; empty for nothing.

    Raises:
        RefusedError: `server.delivery.terms_unreadable`.
    """
    agreement, recipient = entitlement.agreement, entitlement.recipient
    if recipient.place not in Limits.of(agreement).regions:
        return "server.delivery.region", None
    if not is_cleared_for(release, agreement.supplier, recipient.place):
        return "server.delivery.not_cleared", None
    verdict = may_deliver(release, agreement.supplier, recipient)
    return ("" if verdict.allowed else "server.delivery.border"), verdict


def refusal(code: str, verdict: Verdict | None = None) -> RefusedError:
    """The refusal that tells an obstacle: always 403, since clients ask again after a 5xx."""
    return RefusedError(code, border=verdict.code if verdict else "")
