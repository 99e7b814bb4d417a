"""No compliance, no listing: the clearance that the registers ask for."""

from __future__ import annotations

from datetime import date

from dataferry.messages import RefusedError
from dataferry.server.compliance.models import Clearance
from dataferry.server.compliance.queries.clearances import in_force
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release


def today() -> date:
    """The day in both cities, which keep the same time."""
    return clock.now().astimezone(BOTH_CITIES).date()


def require_clearance(release: Release, supplier: Merchant) -> Clearance:
    """
    Raises:
        RefusedError: `server.exchange.no_clearance`: no compliance, no listing.
    """
    found = in_force(release, supplier)
    if found is None:
        raise RefusedError("server.exchange.no_clearance", release=str(release))
    return found
