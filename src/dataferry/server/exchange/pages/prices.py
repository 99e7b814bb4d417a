"""The supplier's desk for one listing: plans, policies, offers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.display.words import number as number_words
from dataferry.server.exchange.actions import offers as actions
from dataferry.server.exchange.forms.trade import OfferForm, PlanForm, PolicyForm
from dataferry.server.exchange.models import Listing, PlanKind
from dataferry.server.exchange.pages.buying import shown_offer
from dataferry.server.exchange.pages.trade_frame import frame, listing_title, trade_page
from dataferry.server.exchange.pricing import BY_USE, TIMED
from dataferry.server.exchange.queries import listings
from dataferry.server.exchange.queries import offers as queries
from dataferry.server.exchange.states import ListingState, OfferState
from dataferry.server.exchange.terms import plan_terms
from dataferry.server.exchange.trade_words import places_words, price_words, purposes_words, tier_rows
from dataferry.server.merchants.models import Merchant
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


@trade_page
def prices(request: HttpRequest, number: str) -> HttpResponse:
    """What this listing is sold for, and to whom."""
    user = signed_in_person(request)
    listing = listings.own_listing_of(user, number)
    if not people.can(user, "exchange.prepare_offer", listing):
        raise MissingError("server.exchange.no_listing", number=number)
    plans, policies = list(listing.plans.all()), list(listing.policies.all())
    do = request.POST.get("do", "") if request.method == "POST" else ""
    forms = _forms(request, do, plans, policies)
    if do and _done(request, listing, do, forms):
        return redirect("exchange-prices", listing.number)
    context = {
        **frame(request, "sell"),
        "listing": listing,
        "title": listing_title(listing),
        "plans": [(each, price_words(plan_terms(each)), tier_rows(plan_terms(each)), _sold(each)) for each in plans],
        "policies": [(each, purposes_words(each.purposes), places_words(each.regions)) for each in policies],
        "offers": [shown_offer(each) for each in queries.supplier_offers(listing)],
        "forms": forms,
        "may_offer": people.can(user, "exchange.make_offer", listing),
        "for_sale": listing.state == ListingState.LISTED,
        "withdrawn": OfferState.WITHDRAWN,
    }
    bound = any(form.is_bound for form in forms.values())
    return render(request, "exchange/prices.html", context, status=422 if bound else 200)


def _sold(plan: Any) -> str:
    if plan.stock is None:
        return _("%(n)s sold") % {"n": number_words(plan.sold)}
    return _("%(n)s of %(stock)s sold") % {"n": number_words(plan.sold), "stock": number_words(plan.stock)}


def _forms(request: HttpRequest, do: str, plans: list[Any], policies: list[Any]) -> dict[str, TellingForm]:
    given = {name: request.POST if do == name else None for name in ("plan", "policy", "offer")}
    return {
        "plan": PlanForm(given["plan"], prefix="plan"),
        "policy": PolicyForm(given["policy"], prefix="policy"),
        "offer": OfferForm(
            [(each.code, f"{each.code} · {price_words(plan_terms(each))}") for each in plans if not each.closed_at],
            [(each.code, f"{each.code} · {purposes_words(each.purposes)}") for each in policies if not each.closed_at],
            given["offer"],
            prefix="offer",
        ),
    }


def _done(request: HttpRequest, listing: Listing, do: str, forms: dict[str, TellingForm]) -> bool:
    """Do what the button says; whether the page is done with."""
    user = signed_in_person(request)
    name = request.POST.get("name", "")
    if do == "close-plan":
        with telling(request, _("The plan is closed; its offers are withdrawn.")):
            actions.close_plan(user, queries.plan_of(listing, name))
        return True
    if do == "close-policy":
        with telling(request, _("The policy is closed; its offers are withdrawn.")):
            actions.close_policy(user, queries.policy_of(listing, name))
        return True
    if do == "withdraw":
        with telling(request, _("The offer is withdrawn. Orders that were placed stand.")):
            actions.withdraw_offer(user, queries.offer_of(user, name))
        return True
    if do not in forms:
        raise MissingError("server.exchange.no_listing", number=listing.number)
    form = forms[do]
    if form.is_valid():
        with telling_form(form):
            {"plan": _add_plan, "policy": _add_policy, "offer": _open}[do](user, listing, form.cleaned_data)
            messages.success(request, _("Added."))
    return bool(form.is_valid())


def _add_plan(user: Any, listing: Listing, given: dict[str, Any]) -> None:
    kind = given["kind"]
    actions.add_plan(
        user,
        listing,
        given["code"],
        kind,
        given["currency"],
        amount=given["amount"] or 0,
        per=(given["per"] or 1) if kind in BY_USE else 1,
        period_days=given["period_days"] if kind in TIMED else None,
        tiers=given["tiers"] if kind == PlanKind.TIERS else (),
        stock=given["stock"],
    )


def _add_policy(user: Any, listing: Listing, given: dict[str, Any]) -> None:
    code = given.pop("code")
    actions.add_policy(user, listing, code, **given)


def _open(user: Any, listing: Listing, given: dict[str, Any]) -> None:
    to = None
    if given["to"]:
        to = Merchant.objects.filter(number=given["to"].strip()).first()
        if to is None:
            raise MissingError("server.exchange.no_buyer")
    actions.open_offer(
        user,
        listing,
        queries.plan_of(listing, given["plan"]),
        queries.policy_of(listing, given["policy"]),
        to,
        given["negotiable"],
        given["valid_until"],
        given["later_releases"],
    )
