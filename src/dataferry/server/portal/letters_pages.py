"""Letters for operators: what was not sent and why, how mailings come along. Texts and addresses stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataferry.messages import RefusedError
from dataferry.server import letters, people
from dataferry.server.letters import queries
from dataferry.server.letters.permissions import OPERATE
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.paging import keyset_page

ROWS = 50
MAILINGS = 20
SHOWN = ("failed", "withheld", "queued", "sending")


@dataclass(frozen=True)
class Mailing:
    """A mailing and how far it is."""

    campaign: letters.Campaign
    counts: letters.Counts


@require_safe
@never_cache
@people.signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Counts, letters of a state, mailings."""
    people.require(request.user, OPERATE)
    state = request.GET.get("state", "failed")
    state = state if state in SHOWN else "failed"
    page = keyset_page(queries.unsent(state), ("-pk",), request.GET.get("after") or None, ROWS, scope=state)
    campaigns = list(queries.campaigns()[:MAILINGS])
    counts = queries.campaign_counts(campaigns)
    context = {
        "section": "operations",
        "place": "letters",
        "counts": queries.counts(),
        "state": state,
        "states": SHOWN,
        "page": page,
        "first": not request.GET.get("after"),
        "mailings": [Mailing(campaign, counts[campaign.pk]) for campaign in campaigns],
    }
    return render(request, "portal/operations_letters.html", context)


def _acted(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    """Do it, and tell on the page how it ended."""
    people.require(request.user, OPERATE)
    try:
        messages.success(request, act())
    except RefusedError as error:
        messages.error(request, error.text())
    return redirect("operations-letters")


@require_POST
@people.signed_in
def retry(request: HttpRequest, letter_id: int) -> HttpResponse:
    def act() -> str:
        letters.retry(signed_in_person(request), letter_id)
        return _("The letter is sent again.")

    return _acted(request, act)


@require_POST
@people.signed_in
def retry_failed(request: HttpRequest) -> HttpResponse:
    def act() -> str:
        count = letters.retry_failed(signed_in_person(request))
        shown = ngettext("%(count)s letter is sent again.", "%(count)s letters are sent again.", count)
        return shown % {"count": count}

    return _acted(request, act)


@require_POST
@people.signed_in
def cancel(request: HttpRequest, campaign_id: int) -> HttpResponse:
    def act() -> str:
        letters.cancel_campaign(signed_in_person(request), campaign_id)
        return _("The mailing is cancelled. What was sent stays sent.")

    return _acted(request, act)
