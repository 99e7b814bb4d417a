"""Why delivery stands still, in words: for notices, letters and pages. The codes are those of `Entitlement.reason`."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CAUSES: Mapping[str, Promise] = {
    "agreement_suspended": _("The agreement is suspended."),
    "agreement_ended": _("The agreement has ended."),
    "agreement_terminated": _("The agreement was terminated."),
    "agreement_not_in_force": _("The agreement is not in force."),
    "agreement_not_begun": _("The time of the agreement has not begun."),
    "listing_suspended": _("The exchange has suspended the listing."),
    "listing_delisted": _("The product was taken off the list."),
    "supplier_not_active": _("The supplier is not an active merchant."),
    "recipient_not_active": _("The buyer is not an active merchant."),
    "region": _("The agreement does not allow delivery to where the buyer is registered."),
    "not_cleared": _("The release has no compliance clearance in force."),
    "border": _("No border decision and approval in force cover this delivery."),
    "terms_unreadable": _("The terms do not say clearly what may be delivered."),
    "by_operator": _("The operator of the exchange decided so."),
    "by_supplier": _("The supplier decided so."),
}


def cause_words(code: str) -> str:
    """The cause in the language of the page; empty for none."""
    return str(CAUSES.get(code, code))
