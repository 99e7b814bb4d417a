"""What a supplier has on the registers, and what the operator of the exchange has to do."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange.actions.handing_over import take_up
from dataferry.server.exchange.pages.doors import signed_page
from dataferry.server.exchange.queries import listings, registrations
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in_person

MOST = 200


def _titled(rows: Any) -> list[tuple[Any, Any]]:
    """Registrations or listings with the title of their product."""
    language = page_language()
    return [
        (each, spoken(getattr(each, "details", {}).get("title") or each.release.document.get("title"), language))
        for each in rows
    ]


@signed_page
def mine(request: HttpRequest) -> HttpResponse:
    """Registrations and listings of the suppliers that this person belongs to, and what the challenge handed over."""
    user = signed_in_person(request)
    offered, suppliers = registrations.offered_to(user), registrations.own_suppliers(user)
    if request.method == "POST":
        chosen = next((each for each in offered if str(each.pk) == request.POST.get("offer")), None)
        supplier = next((each for each in suppliers if each.number == request.POST.get("supplier")), None)
        if chosen is None or supplier is None:
            raise MissingError("server.exchange.no_listing", number="-")
        with telling(request, _("A registration and a listing are begun, filled from what your entry said.")):
            made = take_up(user, chosen, supplier)
            return redirect("exchange-registration", made.registration.number)
    context = {
        "section": "exchange",
        "tab": "mine",
        "suppliers": suppliers,
        "offered": _titled(offered),
        "registrations": _titled(registrations.own_registrations(user)[:MOST]),
        "listings": _titled(listings.own_listings(user)[:MOST]),
    }
    return render(request, "exchange/listing_mine.html", context)


@signed_page
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the registrar and operator, the oldest first."""
    user = signed_in_person(request)
    if not people.can(user, "exchange.see_desk"):
        raise PermissionDenied("exchange.see_desk")
    waiting = registrations.waiting_for_registrar(user)
    handed_in = listings.waiting_for_operator(registrations.cities_operated(user))
    context = {
        "section": "exchange",
        "tab": "desk",
        "submitted": _titled(waiting["submitted"]),
        "notice_over": _titled(waiting["notice_over"]),
        "changes": _titled(waiting["changes"]),
        "objections": waiting["objections"],
        "listings": _titled(handed_in["submitted"]),
        "suspended": _titled(handed_in["suspended"]),
        "nothing": not any((*waiting.values(), *handed_in.values())),
    }
    return render(request, "exchange/listing_desk.html", context)
