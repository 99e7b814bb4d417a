"""What the pages of results have in common: their head, their tabs, and who they are for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.server import people
from dataferry.server.challenge.models import Edition, Round
from dataferry.server.challenge.pages.edition_doors import public_page
from dataferry.server.challenge.pages.editions import frame
from dataferry.server.challenge.queries import editions as edition_queries
from dataferry.server.challenge.queries import results as queries
from dataferry.server.challenge.queries.desk_view import round_title

Page = Callable[..., HttpResponseBase]


def signed_page(page: Page) -> Any:
    """A page for signed-in people, kept nowhere, GET and POST; what is not theirs to see is missing."""
    return people.signed_in(never_cache(require_http_methods(["GET", "HEAD", "POST"])(public_page(page))))


def result_frame(request: HttpRequest, edition: Edition, tab: str) -> dict[str, Any]:
    """Head and tabs of an edition's result pages. Tabs for organisers are those that this person may open."""
    rounds = [each for each in queries.rounds_of(edition) if people.can(request.user, "challenge.organise", each)]
    decides = any(people.can(request.user, "challenge.decide_appeal", each) for each in edition.divisions.all())
    return {
        **frame(request, edition),
        "may_set_up": False,
        "tab": tab,
        "round_tabs": [(each, round_title(each)) for each in rounds],
        "final": next((each for each in rounds if each.stage == "final"), None),
        "may_decide": decides,
    }


def organised_edition(request: HttpRequest, slug: str) -> Edition:
    """An edition, for organisers of both cities.

    Raises:
        MissingError: there is none, or this person does not run it.
    """
    edition = edition_queries.edition_of(request.user, slug)
    if not people.can(request.user, "challenge.organise", edition):
        queries.organised_rounds(request.user, edition)
        people.require(request.user, "challenge.organise", edition)
    return edition


def round_name(round_: Round) -> str:
    return round_title(round_)
