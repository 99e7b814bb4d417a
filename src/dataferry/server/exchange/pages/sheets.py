"""The specification sheet: a page that prints well, the PDF, the document. Each time its evidence is verified first
(actions.sheets says how)."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.messages import RefusedError
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange.actions.sheets import make_sheet
from dataferry.server.exchange.models import Listing, SpecificationSheet
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.pages.paper_files import language_of, pdf_file
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.sheet import paper, sections_of
from dataferry.server.exchange.sheet.qr import code_of
from dataferry.server.exchange.sheet.sections import TONGUES

CONFLICT = 409


@require_safe
@never_cache
@exchange_page
def sheet(request: HttpRequest, number: str) -> HttpResponse:
    """The sheet as a page of its own, for the printer."""
    listing = queries.listing_of(request.user, number)
    try:
        made = make_sheet(listing)
    except RefusedError as error:
        return _refused(request, listing, error)
    language, head = page_language(), made.document["head"]
    context = {
        "section": "exchange",
        "listing": listing,
        "sheet": made,
        "head": head,
        "title": spoken(head["title"], language),
        "sections": sections_of(made.document, language),
        "code": code_of(head["address"]),
        "heat": queries.heat(listing),
        "tags": list(TONGUES),
    }
    return render(request, "exchange/sheet.html", context)


def _refused(request: HttpRequest, listing: Listing, error: RefusedError) -> HttpResponse:
    """Why there is no sheet: told, and nothing printed."""
    context = {
        "section": "exchange",
        "tab": "market",
        "listing": listing,
        "title": spoken(listing.details.get("title"), page_language()),
        "refusal": error.text(),
    }
    return render(request, "exchange/sheet_refused.html", context, status=CONFLICT)


@require_safe
@never_cache
@exchange_page
def pdf(request: HttpRequest, number: str, tag: str) -> HttpResponse:
    """The sheet as a PDF in one of the three languages."""
    language = language_of(tag)
    listing = queries.listing_of(request.user, number)
    try:
        made = make_sheet(listing)
    except RefusedError as error:
        return _refused(request, listing, error)
    return pdf_file(partial(paper, made), listing.number, language)


@require_safe
@never_cache
@exchange_page
def as_json(request: HttpRequest, number: str) -> HttpResponse:
    """The document of the sheet with its digest, for programs."""
    listing = queries.listing_of(request.user, number)
    try:
        made = make_sheet(listing)
    except RefusedError as error:
        return _refused(request, listing, error)
    return JsonResponse(stated(made), json_dumps_params={"ensure_ascii": False})


def stated(made: SpecificationSheet) -> dict[str, object]:
    """A sheet as programs get it: the digest is of the document's canonical JSON."""
    return {"edition": made.edition, "digest": made.digest, "made_at": made.made_at, "document": made.document}
