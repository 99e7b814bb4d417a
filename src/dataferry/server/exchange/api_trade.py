"""The API of trade: what a product is offered for, orders, negotiations, one's own agreements, invoices, statements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema, Status

from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions import agreements as agreement_actions
from dataferry.server.exchange.actions import negotiations as negotiation_actions
from dataferry.server.exchange.actions import orders
from dataferry.server.exchange.models import Agreement, Invoice, Negotiation, Offer, Statement
from dataferry.server.exchange.queries import listings
from dataferry.server.exchange.queries import offers as offer_queries
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.people.authentication import anyone, member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, etags, keyset_page

router = api_router("exchange")

Side = Literal["buyer", "supplier"]


class OfferOut(Schema):
    number: str = Field(description="Number of the offer.")
    listing: str = Field(description="Number of the listing.")
    state: str = Field(description="`open`, `sold_out` or `withdrawn`.")
    to: str | None = Field(description="The one merchant that it is made to; null: everybody.")
    negotiable: bool = Field(description="Whether other terms may be asked for.")
    later_releases: bool = Field(description="Whether the releases to come are included.")
    valid_until: datetime | None = Field(description="When it ends; null: open.")
    plan: dict[str, Any] = Field(description="The price: kind, currency, amount in minor units, per, period, tiers.")
    policy: dict[str, Any] = Field(description="What is allowed: purposes, regions, days, onward transfer, limits.")
    left: int | None = Field(description="How many are left of a limited plan; null: without limit.")


class NegotiationOut(Schema):
    number: str = Field(description="Number of the negotiation.")
    offer: str = Field(description="Number of the offer.")
    buyer: str = Field(description="Number of the buyer.")
    supplier: str = Field(description="Number of the supplier.")
    state: str = Field(description="`requested`: the buyer's terms are on the table; `offered`: the supplier's.")
    revision: int = Field(description="Grows with every word; the ETag.")
    terms: dict[str, Any] = Field(description="The terms on the table.")
    digest: str = Field(description="Digest of these terms.")
    agreement: str | None = Field(description="The agreement that came of it.")


class AgreementOut(Schema):
    number: str = Field(description="Number of the agreement.")
    listing: str = Field(description="Number of the listing.")
    offer: str = Field(description="Number of the offer.")
    supplier: str = Field(description="Number of the supplier.")
    buyer: str = Field(description="Number of the buyer.")
    state: str = Field(description="Such as `drawn_up`, `signed`, `in_force`, `suspended` or `ended`.")
    reason: str = Field(description="Why it was suspended or terminated.")
    digest: str = Field(description="Digest of the terms: what both sides sign.")
    terms: dict[str, Any] = Field(description="The terms, whole.")
    odrl: dict[str, Any] = Field(description="What is allowed, as ODRL 2.2 in JSON-LD.")
    signed: list[str] = Field(description="Which sides have signed.")
    drawn_up_at: datetime = Field(description="When it was drawn up.")
    starts_at: datetime | None = Field(description="From when on data is delivered.")
    ends_at: datetime | None = Field(description="Until when; null: open.")


class InvoiceOut(Schema):
    number: str = Field(description="Number of the invoice: counted per supplier and year.")
    agreement: str = Field(description="Number of the agreement.")
    supplier: str = Field(description="Number of the supplier.")
    buyer: str = Field(description="Number of the buyer.")
    state: str = Field(description="`issued`, `paid`, `credited` or `void`.")
    currency: str = Field(description="`HKD` or `CNY`.")
    total: int = Field(description="Minor units; the sum of the lines.")
    lines: list[dict[str, Any]] = Field(description="What is billed.")
    period_from: datetime | None = Field(description="First instant of the use that is billed.")
    period_until: datetime | None = Field(description="The instant before which that use ended.")
    issued_at: datetime = Field(description="When it was issued.")
    due_at: datetime = Field(description="When it is due.")


class StatementOut(Schema):
    number: str = Field(description="Number of the statement.")
    party: str = Field(description="Number of the merchant.")
    currency: str = Field(description="`HKD` or `CNY`.")
    period_from: date = Field(description="First day.")
    period_until: date = Field(description="Last day.")
    total: int = Field(description="Balance in minor units: earned less paid.")
    digest: str = Field(description="Digest of the document.")
    document: dict[str, Any] = Field(description="The statement, whole.")


class BuyIn(Schema):
    purpose: str = Field(description="One of the policy's purposes.", max_length=40)
    scenario: str = Field(description="Code of a scenario of the listing.", max_length=40)
    buyer: str = Field(
        "", description="Number of the merchant that buys; needed by those who have several.", max_length=20
    )
    periods: int = Field(1, description="How many periods of a plan by period.", ge=1, le=terms_of.MOST_PERIODS)


class RequestIn(BuyIn):
    changes: dict[str, Any] = Field(
        {}, description="What should be different: amount, days, starts, later_releases, columns, rows, limits."
    )
    remark: str = Field("", description="For the supplier to read.", max_length=4000)


class CounterIn(Schema):
    terms: dict[str, Any] = Field(description="What should be different, or the whole terms with these differences.")
    remark: str = Field("", description="For the other side to read.", max_length=4000)


class SignIn(Schema):
    side: Side = Field(description="For which side.")
    digest: str = Field(description="Digest of the terms that were read.", max_length=80)


class AcceptanceIn(Schema):
    accepted: bool = Field(description="Whether what was delivered is what was agreed.")
    remark: str = Field("", description="Needed where it is not.", max_length=4000)


def _offer_out(offer: Offer) -> dict[str, Any]:
    plan = offer.plan
    return {
        "listing": offer.listing.number,
        "to": offer.to.number if offer.to is not None else None,
        "plan": terms_of.plan_terms(plan),
        "policy": terms_of.policy_terms(offer.policy),
        "left": None if plan.stock is None else max(0, plan.stock - plan.sold),
        **{name: getattr(offer, name) for name in ("number", "state", "negotiable", "later_releases", "valid_until")},
    }


def _negotiation_out(row: Negotiation) -> dict[str, Any]:
    agreement = getattr(row, "agreement", None)
    return {
        "offer": row.offer.number,
        "buyer": row.buyer.number,
        "supplier": row.offer.listing.supplier.number,
        "agreement": agreement.number if agreement is not None else None,
        **{name: getattr(row, name) for name in ("number", "state", "revision", "terms", "digest")},
    }


def _agreement_out(row: Agreement) -> dict[str, Any]:
    names = ("number", "state", "reason", "digest", "terms", "odrl", "drawn_up_at", "starts_at", "ends_at")
    return {
        "listing": row.listing.number,
        "offer": row.offer.number,
        "supplier": row.supplier.number,
        "buyer": row.buyer.number,
        "signed": [each.side for each in row.signatures.all()],
        **{name: getattr(row, name) for name in names},
    }


def _invoice_out(row: Invoice) -> dict[str, Any]:
    names = ("number", "state", "currency", "total", "lines", "period_from", "period_until", "issued_at", "due_at")
    return {
        "agreement": row.agreement.number,
        "supplier": row.supplier.number,
        "buyer": row.agreement.buyer.number,
        **{name: getattr(row, name) for name in names},
    }


def _statement_out(row: Statement) -> dict[str, Any]:
    names = ("number", "currency", "period_from", "period_until", "total", "digest", "document")
    return {"party": row.party.number, **{name: getattr(row, name) for name in names}}


def _again(user: Any, row: Agreement) -> dict[str, Any]:
    return _agreement_out(queries.agreement_of(user, row.number))


@router.get(
    "/listings/{number}/offers",
    response=Page[OfferOut],
    auth=anyone,
    operation_id="list_offers",
    summary="Offers of a listing",
)
def list_offers(request: HttpRequest, number: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """What you could take of a listing now: offers to everybody, and those made to a merchant of yours."""
    listing = listings.listing_of(request.user, number)
    return keyset_page(offer_queries.open_offers(request.user, listing), ("pk",), cursor, limit).map(_offer_out)


@router.get("/offers/{number}", response=OfferOut, auth=anyone, operation_id="get_offer", summary="An offer")
def get_offer(request: HttpRequest, number: str) -> Any:
    """One offer with its price and its policy."""
    return _offer_out(offer_queries.offer_of(request.user, number))


@router.post(
    "/offers/{number}/orders",
    response={201: AgreementOut},
    auth=member("write"),
    operation_id="order_offer",
    summary="Order a product",
)
def order_offer(request: HttpRequest, number: str, body: BuyIn) -> Any:
    """Take an offer as it stands: the agreement is drawn up and waits for the signatures of both sides."""
    user = signed_in_person(request)
    offer, buyer = offer_queries.offer_of(user, number), offer_queries.buyer_of(user, body.buyer)
    made = orders.order(user, offer, buyer, body.purpose, body.scenario, body.periods)
    return Status(201, _again(user, made))


@router.post(
    "/offers/{number}/requests",
    response={201: NegotiationOut},
    auth=member("write"),
    operation_id="request_terms",
    summary="Ask for other terms",
)
def request_terms(request: HttpRequest, number: str, body: RequestIn) -> Any:
    """Ask for an offer under other terms; the supplier says yes, lays terms of its own on the table, or ends it."""
    user = signed_in_person(request)
    offer, buyer = offer_queries.offer_of(user, number), offer_queries.buyer_of(user, body.buyer)
    made = negotiation_actions.request(
        user, offer, buyer, body.purpose, body.scenario, body.changes, body.periods, body.remark
    )
    return Status(201, _negotiation_out(offer_queries.negotiation_of(user, made.number)))


@router.get(
    "/negotiations",
    response=Page[NegotiationOut],
    auth=member("read"),
    operation_id="list_negotiations",
    summary="Your negotiations",
)
def list_negotiations(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Negotiations of your merchants, as buyer or supplier, the newest first."""
    rows = offer_queries.negotiations_of(request.user).select_related("agreement")
    return keyset_page(rows, ("-begun_at", "-pk"), cursor, limit).map(_negotiation_out)


@router.get(
    "/negotiations/{number}",
    response=NegotiationOut,
    auth=member("read"),
    operation_id="get_negotiation",
    summary="A negotiation",
)
def get_negotiation(request: HttpRequest, number: str, response: HttpResponse) -> Any:
    """The terms on the table."""
    row = offer_queries.negotiation_of(request.user, number)
    etags.stamp(response, row.revision)
    return _negotiation_out(row)


@router.post(
    "/negotiations/{number}/counter",
    response=NegotiationOut,
    auth=member("write"),
    operation_id="counter_terms",
    summary="Lay other terms on the table",
)
def counter_terms(request: HttpRequest, number: str, body: CounterIn, response: HttpResponse) -> Any:
    """Answer the terms of the revision that `If-Match` names with others."""
    user = signed_in_person(request)
    row = offer_queries.negotiation_of(user, number)
    etags.require_match(request, row.revision)
    negotiation_actions.counter(user, row, row.revision, body.terms, body.remark)
    row = offer_queries.negotiation_of(user, number)
    etags.stamp(response, row.revision)
    return _negotiation_out(row)


@router.post(
    "/negotiations/{number}/accept",
    response={201: AgreementOut},
    auth=member("write"),
    operation_id="accept_terms",
    summary="Say yes to the terms",
)
def accept_terms(request: HttpRequest, number: str) -> Any:
    """Say yes to the other side's terms of the revision that `If-Match` names; the agreement is drawn up."""
    user = signed_in_person(request)
    row = offer_queries.negotiation_of(user, number)
    etags.require_match(request, row.revision)
    return Status(201, _again(user, negotiation_actions.accept(user, row, row.revision)))


@router.get(
    "/agreements",
    response=Page[AgreementOut],
    auth=member("read"),
    operation_id="list_agreements",
    summary="Your agreements",
)
def list_agreements(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Agreements of your merchants, as buyer or supplier, the newest first."""
    rows = queries.agreements_of(request.user).prefetch_related("signatures")
    return keyset_page(rows, ("-drawn_up_at", "-pk"), cursor, limit).map(_agreement_out)


@router.get(
    "/agreements/{number}",
    response=AgreementOut,
    auth=member("read"),
    operation_id="get_agreement",
    summary="An agreement",
)
def get_agreement(request: HttpRequest, number: str) -> Any:
    """One agreement with its terms, for its parties and the operator of its city."""
    return _agreement_out(queries.agreement_of(request.user, number))


@router.post(
    "/agreements/{number}/signatures",
    response={201: AgreementOut},
    auth=member("write"),
    operation_id="sign_agreement",
    summary="Sign an agreement",
)
def sign_agreement(request: HttpRequest, number: str, body: SignIn) -> Any:
    """Sign for one side, as its manager, under the digest of the terms that you have read."""
    user = signed_in_person(request)
    row = queries.agreement_of(user, number)
    agreement_actions.sign(user, row, body.side, body.digest)
    return Status(201, _again(user, row))


@router.post(
    "/agreements/{number}/cancel",
    response=AgreementOut,
    auth=member("write"),
    operation_id="cancel_agreement",
    summary="Cancel an order",
)
def cancel_agreement(request: HttpRequest, number: str) -> Any:
    """Drop an agreement that is not signed by both; what it took of a limited plan goes back."""
    user = signed_in_person(request)
    row = queries.agreement_of(user, number)
    agreement_actions.cancel(user, row)
    return _again(user, row)


@router.post(
    "/agreements/{number}/acceptances",
    response={201: AgreementOut},
    auth=member("write"),
    operation_id="accept_delivery",
    summary="Accept a delivery",
)
def accept_delivery(request: HttpRequest, number: str, body: AcceptanceIn) -> Any:
    """The buyer says whether what was delivered is what was agreed."""
    user = signed_in_person(request)
    row = queries.agreement_of(user, number)
    agreement_actions.accept_delivery(user, row, body.accepted, body.remark)
    return Status(201, _again(user, row))


@router.get(
    "/invoices", response=Page[InvoiceOut], auth=member("read"), operation_id="list_invoices", summary="Your invoices"
)
def list_invoices(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Invoices to and from your merchants, the newest first."""
    return keyset_page(queries.invoices_of(request.user), ("-issued_at", "-pk"), cursor, limit).map(_invoice_out)


@router.get(
    "/invoices/{number}", response=InvoiceOut, auth=member("read"), operation_id="get_invoice", summary="An invoice"
)
def get_invoice(request: HttpRequest, number: str) -> Any:
    """One invoice, for its parties and the operator."""
    return _invoice_out(queries.invoice_of(request.user, number))


@router.get(
    "/statements",
    response=Page[StatementOut],
    auth=member("read"),
    operation_id="list_statements",
    summary="Your statements",
)
def list_statements(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Statements of your merchants, the newest first."""
    rows = queries.statements_of(request.user)
    return keyset_page(rows, ("-period_until", "-pk"), cursor, limit).map(_statement_out)


@router.get(
    "/statements/{number}",
    response=StatementOut,
    auth=member("read"),
    operation_id="get_statement",
    summary="A statement",
)
def get_statement(request: HttpRequest, number: str) -> Any:
    """One statement with its document."""
    return _statement_out(queries.statement_of(request.user, number))
