"""Who signs here: the keys of this site, for programs that verify certificates."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dataferry.server import journal
from dataferry.server.papers import credentials

NAME = "Dataferry"


@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """The controller document at the address that certificates name as their issuer, open to every origin.

    A site without HTTPS signs as its key alone, and has none.
    """
    found = credentials.Issuer.of_site(NAME, f"{request.scheme}://{request.get_host()}")
    if not found.address:
        raise Http404
    # The key of today is published by asking for it; those of former days stay, for what they signed.
    journal.signing_key()
    answer = JsonResponse(credentials.controller_document(found, journal.trusted_keys()))
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=3600"
    return answer
