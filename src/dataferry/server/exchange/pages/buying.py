"""The buyer's way in: what is offered of a listing, one offer with its order and its request, a negotiation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.formats.odrl import MEDIA_TYPE
from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions import negotiations, orders
from dataferry.server.exchange.actions.negotiations import ON_TABLE_OF, OPEN
from dataferry.server.exchange.forms.trade import BuyForm, RequestForm, TermsForm
from dataferry.server.exchange.models import Negotiation, Offer, PlanKind
from dataferry.server.exchange.pages.trade_frame import (
    chip,
    frame,
    listing_title,
    merchant_name,
    scenario_title,
    side_words,
    trade_page,
)
from dataferry.server.exchange.policy_document import offer_odrl
from dataferry.server.exchange.queries import listings
from dataferry.server.exchange.queries import offers as queries
from dataferry.server.exchange.states import ListingState, NegotiationState, OfferState
from dataferry.server.exchange.terms import plan_terms
from dataferry.server.exchange.trade_words import (
    changed_rows,
    days_words,
    places_words,
    price_words,
    purposes_words,
    share_rows,
    terms_rows,
    tier_rows,
)
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


def shown_offer(offer: Offer) -> dict[str, Any]:
    """An offer for a page."""
    plan = plan_terms(offer.plan)
    left = None if offer.plan.stock is None else max(0, offer.plan.stock - offer.plan.sold)
    return {
        "row": offer,
        "chip": chip(offer),
        "price": price_words(plan),
        "tiers": tier_rows(plan),
        "purposes": purposes_words(offer.policy.purposes),
        "regions": places_words(offer.policy.regions),
        "days": days_words(offer.policy.days),
        "left": left,
        "words": offer.plan.words,
        "is_open": offer.state == OfferState.OPEN,
    }


@require_safe
def offers(request: HttpRequest, number: str) -> HttpResponse:
    """Everything that this visitor could take of a listing, side by side."""
    listing = listings.listing_of(request.user, number)
    rows = [shown_offer(each) for each in queries.open_offers(request.user, listing)]
    context = {
        **frame(request, "list"),
        "listing": listing,
        "title": listing_title(listing),
        "offers": rows,
        "for_sale": listing.state == ListingState.LISTED,
    }
    return render(request, "exchange/offers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def offer(request: HttpRequest, number: str) -> HttpResponse:
    """One offer; whoever buys for a merchant orders here, or asks for other terms."""
    found = queries.offer_of(request.user, number)
    if request.method == "POST":
        people.require(request.user, "exchange.hand_in")
    buyers = [each for each in queries.own_buyers(request.user) if found.to_id in (None, each.pk)]
    buyers = [each for each in buyers if each.pk != found.listing.supplier_id]
    if request.method == "POST" and not buyers:
        raise MissingError("server.exchange.no_buyer")
    form = asking = None
    if buyers and found.state == OfferState.OPEN:
        scenarios = [(each.code, scenario_title(each)) for each in found.listing.scenarios.all()]
        named = [(each, merchant_name(each)) for each in buyers]
        do = request.POST.get("do", "") if request.method == "POST" else ""
        if found.plan.kind != PlanKind.NEGOTIATED:
            form = BuyForm(found, named, scenarios, request.POST if do == "order" else None, prefix="order")
        if found.negotiable:
            asking = RequestForm(found, named, scenarios, request.POST if do == "request" else None, prefix="request")
        done = _taken(request, found, form, asking)
        if done:
            return redirect(*done)
    context = {
        **frame(request, "list"),
        "offer": shown_offer(found),
        "listing": found.listing,
        "title": listing_title(found.listing),
        "form": form,
        "asking": asking,
        "buyers": buyers,
        "is_supplier": people.can(request.user, "exchange.prepare_offer", found.listing),
    }
    bound = any(each is not None and each.is_bound for each in (form, asking))
    return render(request, "exchange/offer.html", context, status=422 if bound else 200)


def _taken(
    request: HttpRequest, found: Offer, form: BuyForm | None, asking: RequestForm | None
) -> tuple[str, str] | None:
    """Order or request, when the form says so; where to go then."""
    user = signed_in_person(request)
    if form is not None and form.is_bound and form.is_valid():
        given = form.cleaned_data
        with telling_form(form):
            buyer = queries.buyer_of(user, given["buyer"])
            made = orders.order(user, found, buyer, given["purpose"], given["scenario"], given.get("periods") or 1)
            messages.success(request, _("Ordered. Read the terms, then a manager of each side signs."))
            return "exchange-agreement", made.number
    if asking is not None and asking.is_bound and asking.is_valid():
        given = asking.cleaned_data
        with telling_form(asking):
            buyer = queries.buyer_of(user, given["buyer"])
            begun = negotiations.request(
                user,
                found,
                buyer,
                given["purpose"],
                given["scenario"],
                asking.changes(),
                given.get("periods") or 1,
                given["remark"],
            )
            messages.success(request, _("Your request lies on the table; the supplier answers here."))
            return "exchange-negotiation", begun.number
    return None


@require_safe
def offer_policy(request: HttpRequest, number: str) -> HttpResponse:
    """What an offer allows, as ODRL in JSON-LD."""
    found = queries.offer_of(request.user, number)
    return JsonResponse(offer_odrl(found), content_type=MEDIA_TYPE)


@trade_page
def negotiation(request: HttpRequest, number: str) -> HttpResponse:
    """The terms on the table, every word before them, and what this side may do now."""
    user = signed_in_person(request)
    row = queries.negotiation_of(user, number)
    is_open = row.state in OPEN and people.can(user, "exchange.bargain", row)
    is_buyer = people.can(user, "exchange.use_agreement", row)
    form = TermsForm(request.POST if request.POST.get("do") == "counter" else None)
    if request.method == "POST":
        answer = _answered(request, row, form)
        if answer is not None:
            return answer
    agreement = getattr(row, "agreement", None)
    context = {
        **frame(request, "mine"),
        "row": row,
        "chip": chip(row),
        "title": listing_title(row.offer.listing),
        "buyer": merchant_name(row.buyer),
        "supplier": merchant_name(row.offer.listing.supplier),
        "terms": terms_rows(row.terms),
        "shares": share_rows(row.terms),
        "moves": list(_moves(row)),
        "form": form,
        "is_open": is_open,
        "may_accept": is_open and ON_TABLE_OF[NegotiationState(row.state)] != ("buyer" if is_buyer else "supplier"),
        "price_open": row.terms["price"]["amount"] is None,
        "agreement": agreement,
    }
    return render(request, "exchange/negotiation.html", context, status=422 if form.is_bound else 200)


def _answered(request: HttpRequest, row: Negotiation, form: TermsForm) -> HttpResponse | None:
    user, do = signed_in_person(request), request.POST.get("do", "")
    revision = _revision(request)
    if do == "accept":
        with telling(request, _("Both said yes to the same terms. Now a manager of each side signs.")):
            made = negotiations.accept(user, row, revision)
            messages.info(request, _("The agreement is drawn up."))
            return redirect("exchange-agreement", made.number)
        return redirect("exchange-negotiation", row.number)
    if do == "terminate":
        with telling(request, _("The negotiation is ended.")):
            negotiations.terminate(user, row, request.POST.get("remark", ""))
        return redirect("exchange-negotiation", row.number)
    if do != "counter":
        raise MissingError("server.exchange.no_negotiation", number=row.number)
    if form.is_valid():
        with telling_form(form):
            negotiations.counter(user, row, revision, form.changes(), form.cleaned_data["remark"])
            messages.success(request, _("Your terms lie on the table; the other side answers here."))
    return redirect("exchange-negotiation", row.number) if form.is_valid() else None


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _moves(row: Negotiation) -> Any:
    """Every word of a negotiation with what it changed, oldest first."""
    acts = {
        "request": _("asked"),
        "counter": _("laid other terms on the table"),
        "accept": _("said yes"),
        "terminate": _("ended it"),
    }
    before = None
    for move in row.moves.all():
        changes: list[tuple[str, Any, Any]] = terms_of.differences(before, move.terms) if before is not None else []
        before = move.terms
        yield {
            "row": move,
            "side": side_words(move.side),
            "act": acts[move.act],
            "changes": changed_rows(changes, move.terms["price"]["currency"]),
        }
