"""The marketplace: every product on the list, by words and facets. The address holds the whole state."""

from __future__ import annotations

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
from dataferry.server.display.filters import Facet, Filter, words_of
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, city_name, spoken
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.evidence import strip_states
from dataferry.server.exchange.models import Listing
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.queries.registrations import own_suppliers
from dataferry.server.exchange.sheet.sections import price_text
from dataferry.server.web.paging import keyset_page

PAGE, MOST_VALUES = 24, 12


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
    given = {name: request.GET.get(name, "").replace("\x00", "")[:40] for name in queries.FACETS}
    chosen = {name: value for name, value in given.items() if value}
    asked = Filter(reverse("exchange-listings"), words_of(request.GET.get("q", "")), chosen, _title)
    rows = queries.listed(asked.words, chosen)
    scope = urlencode({"q": asked.words, **chosen})
    try:
        page = keyset_page(rows, ("-listed_at", "-pk"), request.GET.get("after", "")[:2000] or None, PAGE, scope=scope)
    except InputError:
        page = keyset_page(rows, ("-listed_at", "-pk"), None, PAGE, scope=scope)
    partial = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "found"
    context = {
        "section": "exchange",
        "tab": "market",
        "words": asked.words,
        "cards": cards_of(list(page.items)),
        "total": rows.count(),
        "more": asked.address(page.next) if page.next else "",
        "facets": _facets(asked),
        "chosen": asked.chosen_values(),
        "without_words": asked.without_words,
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


def _facets(asked: Filter) -> list[Facet]:
    titles = {
        "city": _("City"),
        "board": _("Sector board"),
        "licence": _("Licence"),
        "price": _("Price"),
        "level": _("Delivery level"),
    }
    counts = queries.facet_counts(asked.words, asked.chosen)
    found = [asked.facet(name, titles[name], rows[:MOST_VALUES]) for name, rows in counts.items()]
    return [facet for facet in found if facet is not None]


def _title(name: str, value: str) -> str:
    named = {
        "city": city_name,
        "board": words.board_word,
        "licence": words.licence_class_word,
        "price": words.price_word,
        "level": words.level_word,
    }
    return named[name](value)
