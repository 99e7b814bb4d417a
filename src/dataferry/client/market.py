"""`client.market`: the buyer's side of the exchange, from what is for sale to the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dataferry.client.asking import API, every, number_of, one, path_part
from dataferry.client.deliveries import Deliveries
from dataferry.client.market_records import Agreement, Invoice, Listing, Negotiation, Offer
from dataferry.client.transport import Transport
from dataferry.messages import RefusedError


class Market(Deliveries):
    """Listings, orders, agreements and invoices of a server; deliveries, keys, files and rows are those of
    `Deliveries`.

    A product is bought in four steps: `order` (or `request_terms` and `accept`), `sign`, paying what is due on the
    invoice's page, `download`.
    """

    def __init__(self, transport: Transport, sleep: Callable[[float], None]) -> None:
        super().__init__(transport, sleep)

    # What is for sale

    def listings(self, words: str = "", **facets: str) -> Iterator[Listing]:
        """Products for sale that match `words` and facets (`city`, `board`, `licence`, `price`, `level`)."""
        return every(self._transport, Listing, "/listings", {"q": words, **facets} if words else facets)

    def listing(self, number: str) -> Listing:
        """One product with its sheet, its scenarios and its prices."""
        return one(self._transport, Listing, f"/listings/{path_part(number)}")

    def offers(self, listing: str | Listing) -> Iterator[Offer]:
        """What can be taken of a listing now: offers to everybody, and those made to one's own merchant."""
        return every(self._transport, Offer, f"/listings/{path_part(number_of(listing))}/offers")

    def offer(self, number: str) -> Offer:
        return one(self._transport, Offer, f"/offers/{path_part(number)}")

    # Orders and negotiations

    def order(self, offer: str | Offer, *, purpose: str, scenario: str, buyer: str = "", periods: int = 1) -> Agreement:
        """Take an offer as it stands. The agreement is drawn up and binds nobody until both sides have signed.

        Args:
            purpose: one of the policy's purposes. scenario: code of a scenario of the listing.
            buyer: number of the merchant that buys, for those who have several.
            periods: how many periods of a plan by period.
        """
        body = {"purpose": purpose, "scenario": scenario, "buyer": buyer, "periods": periods}
        return Agreement.of(self._post(f"/offers/{path_part(number_of(offer))}/orders", body))

    def request_terms(
        self,
        offer: str | Offer,
        changes: Mapping[str, Any],
        *,
        purpose: str,
        scenario: str,
        remark: str = "",
        buyer: str = "",
        periods: int = 1,
    ) -> Negotiation:
        """Ask for an offer under other terms.

        Args:
            changes: only what should be different, such as `{"amount": 90_000}` in minor units.
        """
        about = {"purpose": purpose, "scenario": scenario, "buyer": buyer, "periods": periods}
        body = {**about, "changes": dict(changes), "remark": remark}
        return Negotiation.of(self._post(f"/offers/{path_part(number_of(offer))}/requests", body))

    def negotiations(self) -> Iterator[Negotiation]:
        return every(self._transport, Negotiation, "/negotiations")

    def negotiation(self, number: str) -> Negotiation:
        return one(self._transport, Negotiation, f"/negotiations/{path_part(number)}")

    def counter(self, read: Negotiation, changes: Mapping[str, Any], remark: str = "") -> Negotiation:
        """Answer the terms that were read with others.

        Raises:
            ServerError: 412, the other side changed them meanwhile.
        """
        path = f"/negotiations/{path_part(read.number)}/counter"
        return Negotiation.of(self._post(path, {"terms": dict(changes), "remark": remark}, read.revision))

    def accept(self, read: Negotiation) -> Agreement:
        """Say yes to the terms that were read; the agreement is drawn up.

        Raises:
            ServerError: 412, the other side changed them meanwhile.
        """
        return Agreement.of(self._post(f"/negotiations/{path_part(read.number)}/accept", {}, read.revision))

    # Agreements and invoices

    def agreements(self) -> Iterator[Agreement]:
        """Agreements of one's merchants, the newest first."""
        return every(self._transport, Agreement, "/agreements")

    def agreement(self, number: str) -> Agreement:
        return one(self._transport, Agreement, f"/agreements/{path_part(number)}")

    def sign(self, agreement: str | Agreement, digest: str) -> Agreement:
        """Sign for the buyer, as its manager, the terms of this digest: those that somebody has read.

        The terms are fetched again and their digest is computed here, so that nothing else is signed than what was
        read, whatever the server says that the digest is. Where the agreement is given as the record that was read,
        its terms must have that digest too.

        Raises:
            RefusedError: `client.terms_differ`, the terms are not those of the digest. ServerError: its refusal.
        """
        found = self.agreement(number_of(agreement))
        told = {found.digest, digest_of_terms(found.terms)}
        told |= {digest_of_terms(agreement.terms)} if isinstance(agreement, Agreement) else set()
        if told != {digest}:
            raise RefusedError("client.terms_differ", number=found.number, digest=digest[:80])
        body = {"side": "buyer", "digest": digest}
        return Agreement.of(self._post(f"/agreements/{path_part(found.number)}/signatures", body))

    def cancel(self, agreement: str | Agreement) -> Agreement:
        """Drop an agreement that is not signed by both."""
        return Agreement.of(self._post(f"/agreements/{path_part(number_of(agreement))}/cancel", {}))

    def invoices(self) -> Iterator[Invoice]:
        """Invoices to and from one's merchants, the newest first."""
        return every(self._transport, Invoice, "/invoices")

    def invoice(self, number: str) -> Invoice:
        return one(self._transport, Invoice, f"/invoices/{path_part(number)}")

    def _post(self, path: str, body: Mapping[str, Any], revision: int | None = None) -> Any:
        headers = {} if revision is None else {"If-Match": f'"r{revision}"'}
        return self._transport.json("POST", API + path, json=dict(body), headers=headers)


def digest_of_terms(terms: Mapping[str, Any]) -> str:
    """`sha256:` and the sha256 of the canonical JSON (RFC 8785): what both sides of an agreement sign.

    Empty where the terms have no such form: no house signs them.
    """
    try:
        text = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    except ValueError:
        return ""
