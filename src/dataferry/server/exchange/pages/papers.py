"""Papers of registrations and listings, for those who examine them and those who handed them in."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.models import Paper
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.store import PAPERS
from dataferry.server.people import signed_in


@require_safe
@signed_in
@exchange_page
def paper(request: HttpRequest, number: int) -> HttpResponseBase:
    """One file, under a name of ours."""
    rows = Paper.objects.select_related("registration__supplier", "listing__supplier")
    found = rows.filter(pk=number).first()
    if found is None:
        raise MissingError("server.exchange.no_paper")
    of_listing = found.listing is not None
    thing = found.listing or found.registration
    if not people.can(request.user, "exchange.see_listing" if of_listing else "exchange.see_registration", thing):
        raise MissingError("server.exchange.no_paper")
    return PAPERS.download(request, found, f"{found.kind}-{found.pk}")
