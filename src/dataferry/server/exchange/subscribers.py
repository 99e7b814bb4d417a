"""News from lower rooms: what the challenge hands over; what a listing rests on and is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataferry.server.journal.subscribers import subscribe

if TYPE_CHECKING:
    from dataferry.server.journal.models import Event

SYSTEM = "system"


@subscribe("challenge.listing_offered", name="exchange.offered")
def offered(event: Event) -> None:
    """A product of the challenge waits for its supplier."""
    from dataferry.server.exchange.actions.handing_over import draft_from_challenge

    draft_from_challenge(event)


@subscribe("compliance.clearance_ended", name="exchange.clearances")
def clearance_ended(event: Event) -> None:
    """What was listed under a clearance is suspended when the clearance ends."""
    from dataferry.server.exchange.actions.listings import suspend_for
    from dataferry.server.exchange.models import Listing

    number = event.object.partition(":")[2]
    suspend_for(Listing.objects.filter(clearance__number=number), SYSTEM, "clearance-ended")


@subscribe("merchants.suspended", "merchants.left", name="exchange.merchants")
def merchant_gone(event: Event) -> None:
    """What a supplier lists is suspended while the supplier is."""
    from dataferry.server.exchange.actions.listings import suspend_for
    from dataferry.server.exchange.models import Listing

    number = event.object.partition(":")[2]
    suspend_for(Listing.objects.filter(supplier__number=number), SYSTEM, "supplier-suspended")
