"""The marketplace: every product on the list, by words and facets. The address holds the whole state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.messages import InputError
from dataferry.server import people
from dataferry.server.display.evidence import Chip, chips
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import INKS, Spoken, city_name, spoken
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.evidence import strip_states
from dataferry.server.exchange.models import Listing
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.queries.registrations import own_suppliers
from dataferry.server.exchange.sheet.sections import price_text
from dataferry.server.web.paging import keyset_page

LONGEST_SEARCH, PAGE, MOST_VALUES = 200, 24, 12


@dataclass(frozen=True)
class Value:
    """One value of a facet: in words, how many products have it, the address that chooses it or leaves it out."""

    title: str
    count: int
    address: str
    chosen: bool
    ink: str = ""


@dataclass(frozen=True)
class Facet:
    name: str
    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Card:
    """One product on the list."""

    listing: Listing
    title: Spoken
    content: Spoken
    supplier: Spoken
    cities: list[str]
    board: str
    kind: str
    price: str
    chips: list[Chip]


@require_safe
@exchange_page
def market(request: HttpRequest) -> HttpResponse:
    """Products on the list; htmx asks for the answer alone."""
    sought = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST_SEARCH]
    given = {name: request.GET.get(name, "").replace("\x00", "")[:40] for name in queries.FACETS}
    chosen = {name: value for name, value in given.items() if value}
    rows = queries.listed(sought, chosen)
    scope = urlencode({"q": sought, **chosen})
    try:
        page = keyset_page(rows, ("-listed_at", "-pk"), request.GET.get("after", "")[:2000] or None, PAGE, scope=scope)
    except InputError:
        page = keyset_page(rows, ("-listed_at", "-pk"), None, PAGE, scope=scope)
    partial = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "found"
    context = {
        "section": "exchange",
        "tab": "market",
        "words": sought,
        "cards": cards_of(list(page.items)),
        "total": rows.count(),
        "more": _address(sought, chosen, page.next or "") if page.next else "",
        "facets": _facets(sought, chosen),
        "chosen": [
            Value(_title(name, value), 0, _address(sought, _without(chosen, name)), chosen=True)
            for name, value in chosen.items()
        ],
        "without_words": _address("", chosen),
        "partial": partial,
        "may_supply": bool(own_suppliers(request.user)),
        "may_operate_exchange": people.can(request.user, "exchange.see_desk"),
    }
    return render(request, "exchange/_market_found.html" if partial else "exchange/market.html", context)


def cards_of(listings: list[Listing]) -> list[Card]:
    """Listings as the market shows them; prices of all of them are read at once."""
    from django.db.models import prefetch_related_objects

    prefetch_related_objects(listings, "plans")
    language = page_language()
    return [
        Card(
            each,
            spoken(each.details.get("title"), language),
            spoken(each.details.get("content") or None, language),
            spoken(each.supplier.organisation.name, language),
            [str(city) for city in each.release.document.get("cities") or []],
            words.board_word(each.board),
            words.kind_word(str(each.details.get("kind"))),
            _price(each),
            chips(strip_states(each)),
        )
        for each in listings
    ]


def _price(listing: Listing) -> str:
    """The first of the prices asked now, and how many others there are."""
    plans = [plan for plan in listing.plans.all() if plan.closed_at is None]
    if not plans:
        return _("no price asked yet")
    first = plans[0]
    price = {
        "kind": str(first.kind),
        "amount": first.amount,
        "currency": first.currency,
        "per": first.per,
        "days": first.period_days or 0,
        "tiers": first.tiers,
    }
    shown = price_text(price)
    return _("%(price)s, and others") % {"price": shown} if len(plans) > 1 else shown


def _without(chosen: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in chosen.items() if key != name}


def _address(sought: str, chosen: Mapping[str, str], after: str = "") -> str:
    pairs = {"q": sought, **chosen, "after": after}
    query = urlencode({name: value for name, value in pairs.items() if value})
    return f"{reverse('exchange-listings')}?{query}" if query else reverse("exchange-listings")


def _facets(sought: str, chosen: Mapping[str, str]) -> list[Facet]:
    titles = {
        "city": _("City"),
        "board": _("Sector board"),
        "licence": _("Licence"),
        "price": _("Price"),
        "level": _("Delivery level"),
    }
    found = []
    for name, rows in queries.facet_counts(sought, chosen).items():
        values = tuple(
            Value(
                _title(name, value),
                count,
                _address(sought, _without(chosen, name) if chosen.get(name) == value else {**chosen, name: value}),
                chosen.get(name) == value,
                INKS.get(value, "") if name == "city" else "",
            )
            for value, count in rows[:MOST_VALUES]
        )
        if values:
            found.append(Facet(name, titles[name], values))
    return found


def _title(name: str, value: str) -> str:
    named = {
        "city": city_name,
        "board": words.board_word,
        "licence": words.licence_class_word,
        "price": words.price_word,
        "level": words.level_word,
    }
    return named[name](value)
