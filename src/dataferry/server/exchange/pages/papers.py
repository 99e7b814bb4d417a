"""Papers of registrations and listings, for those who examine them and those who handed them in."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange import store
from dataferry.server.exchange.models import Paper
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.people import signed_in
from dataferry.server.web.files import serve


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
    answer = serve(request, store.path_of(found.place), found.sha256, found.added_at.timestamp())
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(found.media_type, "bin")
    answer["Content-Disposition"] = f'attachment; filename="{found.kind}-{found.pk}.{ending}"'
    answer["Content-Type"] = "application/octet-stream"
    answer["Cache-Control"] = "private, no-store"
    return answer
