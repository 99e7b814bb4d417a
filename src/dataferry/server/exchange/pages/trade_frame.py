"""What every page of trade has in common: who may open it, its frame, lists in pages, files that are downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange.models import Listing, Scenario
from dataferry.server.exchange.trade_words import CHIPS
from dataferry.server.merchants.models import Merchant

A_PAGE = 30
View = Callable[..., HttpResponseBase]


def trade_page(page: View) -> Any:
    """A page for signed-in people, kept nowhere, GET and POST."""
    return people.signed_in(never_cache(require_http_methods(["GET", "HEAD", "POST"])(page)))


def frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """The head of every page of trade."""
    return {"section": "exchange", "tab": tab, "is_operator": people.can(request.user, "exchange.operate")}


def in_pages(request: HttpRequest, rows: Any) -> Page:
    return Paginator(rows, A_PAGE).get_page(request.GET.get("page"))


def own_words(words: Any) -> str:
    """A three-language text in the page's language."""
    return spoken(words, page_language()).text


def merchant_name(merchant: Merchant) -> str:
    return own_words(merchant.organisation.name) or merchant.number


def listing_title(listing: Listing) -> str:
    """What a listing calls its product; its number where it has no title yet."""
    return own_words(listing.details.get("title") or listing.details.get("name") or {}) or listing.number


def scenario_title(scenario: Scenario) -> str:
    words = scenario.words.get("title", scenario.words)
    return own_words(words) or scenario.code


def chip(row: Any) -> dict[str, Any]:
    """The state of a thing as a chip."""
    return {"state": CHIPS.get(str(row.state), "unknown"), "word": row.get_state_display()}


def side_words(side: str) -> str:
    return {"buyer": _("Buyer"), "supplier": _("Supplier")}.get(side, side)


def download(text: str, name: str, media_type: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
