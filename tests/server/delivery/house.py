"""A delivery for tests: a real release, sold by one merchant to another, with its entitlement granted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.market import Party, make_agreement, make_listed, make_merchant, make_offer, sign_both
from server.releases import make_release


@dataclass
class Delivered:
    """Both parties, the listing, the agreement in force, and what the buyer may fetch."""

    supplier: Party
    buyer: Party
    listing: Any
    agreement: Any
    entitlement: Any

    def again(self) -> Any:
        """The entitlement as it stands now."""
        from dataferry.server.delivery.models import Entitlement

        return Entitlement.objects.get(pk=self.entitlement.pk)

    def key(self, *scopes: str, days: int = 30) -> tuple[Any, str]:
        from dataferry.server.delivery.actions.keys import issue_key

        return issue_key(self.buyer.manager, self.entitlement, scopes or ("share", "files", "rows"), days)


def register(folder: Path, **more: Any) -> Any:
    """A release with its files in the house of the test."""
    from dataferry.server.workshop.actions import register_release

    return register_release(make_release(folder, **more))


def deliver(
    release: Any, plan: str = "free", places: Sequence[str] = ("hong-kong", "hong-kong"), **offer: Any
) -> Delivered:
    """Sell a release. Both parties are on one side of the border unless `places` says otherwise.

    Args:
        places: of the supplier and of the buyer.
        offer: as `market.make_offer`; `policy` among it.
    """
    supplier, buyer = make_merchant(places[0], "supplier"), make_merchant(places[1], "buyer")
    listing = make_listed(supplier, release)
    return sold(supplier, listing, buyer, plan, **offer)


def sold(
    supplier: Party, listing: Any, buyer: Party, plan: str = "free", *, purpose: str = "research", **offer: Any
) -> Delivered:
    """Another sale of a listing."""
    from dataferry.server import journal
    from dataferry.server.delivery.models import Entitlement

    made = make_offer(listing, supplier.manager, plan, **offer)
    agreement = sign_both(make_agreement(made, buyer, purpose), supplier, buyer)
    journal.catch_up()
    return Delivered(supplier, buyer, listing, agreement, Entitlement.objects.get(agreement=agreement))


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


Body = Callable[[Any], bytes]


def body_of(response: Any) -> bytes:
    """What a streamed answer sends."""
    return b"".join(response.streaming_content)


def query_of(address: str) -> Mapping[str, str]:
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(address).query))
