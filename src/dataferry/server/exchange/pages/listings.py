"""The page of a product on the list: it reads like the printed sheet, with its evidence and what it costs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import Language
from dataferry.server import people
from dataferry.server.display.evidence import chips
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import INKS, spoken
from dataferry.server.exchange import evidence, reading
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.actions import listings as actions
from dataferry.server.exchange.forms.registers import ReasonForm, ReleaseForm
from dataferry.server.exchange.models import Listing
from dataferry.server.exchange.pages.buying import shown_offer
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.queries.offers import open_offers
from dataferry.server.exchange.queries.releases import versions_to_offer
from dataferry.server.exchange.sheet import build, sections_of
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.exchange.states import ListingState
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.workshop.drawings.maps import map_drawing
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.preview import preview


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@exchange_page
def listing(request: HttpRequest, number: str) -> HttpResponse:
    """One product: for everybody once it was listed; its supplier and the operator also act on it here."""
    found = queries.listing_of(request.user, number)
    if request.method == "POST":
        _act(request, found)
        return redirect("exchange-listing", found.number)
    return render(request, "exchange/listing.html", _context(request, found))


def _act(request: HttpRequest, found: Listing) -> None:
    if not request.user.is_authenticated:
        people.require(request.user, "exchange.write_listing", found)
    user, act, reason = signed_in_person(request), request.POST.get("do", ""), request.POST.get("reason", "")
    if act == "list":
        with telling(request, _("The product is on the list, and its certificate is issued.")):
            actions.list_it(user, found)
    elif act == "return":
        with telling(request, _("The listing is back with its supplier.")):
            actions.return_listing(user, found, reason)
    elif act == "suspend":
        with telling(request, _("Trade in the product is suspended.")):
            actions.suspend(user, found, reason)
    elif act == "resume":
        with telling(request, _("Trade in the product goes on.")):
            actions.resume(user, found)
    elif act == "delist":
        with telling(request, _("The product is off the list.")):
            actions.delist(user, found, reason)
    elif act == "release":
        _new_release(request, user, found)


def _new_release(request: HttpRequest, user: Any, found: Listing) -> None:
    with telling(request, _("The new release is listed. Buyers whose agreement includes later releases get it.")):
        form = ReleaseForm(request.POST, releases=_other_releases(user, found))
        if form.is_valid():
            actions.update_release(user, found, form.cleaned_data["release"])
        else:
            actions.update_release(user, found, found.release)


def _other_releases(user: Any, found: Listing) -> Any:
    """Releases of the product that were never listed here."""
    served = found.releases.values("release")
    return versions_to_offer(user, found.release.product, found.supplier).exclude(pk__in=served)


def _context(request: HttpRequest, found: Listing) -> dict[str, Any]:
    user, language = request.user, page_language()
    pieces = evidence.pieces(found, files=reading.unread)
    document, release = build(found, pieces), found.release
    acts = _acts(user, found)
    return {
        "section": "exchange",
        "tab": "market",
        "listing": found,
        "document": document,
        "title": spoken(found.details.get("title"), language),
        "content": spoken(found.details.get("content") or None, language),
        "supplier": spoken(found.supplier.organisation.name, language),
        "sections": sections_of(document, language),
        "chips": chips(evidence.strip_states(found)),
        "broken": [words.piece_word(each) for each in evidence.broken(pieces)],
        "offers": [shown_offer(each) for each in open_offers(user, found)]
        if found.state == ListingState.LISTED
        else [],
        "may_price": people.can(user, "exchange.prepare_offer", found),
        "heat": queries.heat(found),
        "certificate": found.certificates.order_by("-pk").first(),
        "because": words.because_word(found.reason),
        "tags": list(TONGUES),
        "acts": acts,
        "reason_form": ReasonForm(),
        "release_form": ReleaseForm(releases=_other_releases(user, found)) if acts["release"] else None,
        "versions": list(found.releases.select_related("release__product").order_by("-version")),
        "missing": _missing(user, found),
        **_shown_data(release, language),
    }


def _shown_data(release: Release, language: Language) -> dict[str, Any]:
    """Map and first rows, of a release that everybody may read anyway: what is for sale is not given away."""
    if not hasattr(release, "publication"):
        return {"drawing": None, "preview": None}
    return {"drawing": map_drawing(release, language), "preview": preview(release, language), "inks": INKS}


def _missing(user: Any, found: Listing) -> list[str]:
    if not people.can(user, "exchange.see_listing", found) or found.listed_at is not None:
        return []
    return [words.field_word(code) for code in actions.missing_parts(found)]


def _acts(user: Any, found: Listing) -> dict[str, bool]:
    """What this person may do with the listing in the state it is in."""
    state = found.state
    signs, lists = people.can(user, "exchange.sign_listing", found), people.can(user, "exchange.list", found)
    writes = people.can(user, "exchange.write_listing", found)
    return {
        "write": writes and state in (ListingState.DRAFT, ListingState.RETURNED),
        "list": lists and state == ListingState.SUBMITTED,
        "return": lists and state == ListingState.SUBMITTED,
        "suspend": lists and state == ListingState.LISTED,
        "resume": lists and state == ListingState.SUSPENDED,
        "release": signs and state == ListingState.LISTED,
        "delist": (signs or lists) and state != ListingState.DELISTED,
        "see": writes or lists,
    }
