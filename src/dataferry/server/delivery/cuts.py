"""What of a release is kept ready for an entitlement."""

from __future__ import annotations

from dataclasses import replace

from dataferry.server.delivery.limits import Cut, Limits
from dataferry.server.delivery.screening import subject_column
from dataferry.server.exchange.details import ANSWERS
from dataferry.server.exchange.models.listings import Listing
from dataferry.server.workshop.models import Release


def kept_cut(limits: Limits, listing: Listing, release: Release) -> Cut:
    """The contract's cut; where only answers leave, with the column that tells subjects apart.

    That column is counted, and no question may name it: without it, ten rows of one vehicle would pass for ten.
    """
    subject = subject_column(release)
    if ANSWERS not in listing.delivery_modes or not limits.cut.columns or subject is None:
        return limits.cut
    return replace(limits.cut, columns=tuple(dict.fromkeys((*limits.cut.columns, subject))))
