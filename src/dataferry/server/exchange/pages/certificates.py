"""Certificates: read and verified by everybody; the lists of revoked and of suspended ones, for programs."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from dataferry.server import journal
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange.actions import certificates as actions
from dataferry.server.exchange.certificate_paper import facts_of, paper, title_of
from dataferry.server.exchange.models.certificates import CertificateKind
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.pages.paper_files import language_of, pdf_file
from dataferry.server.exchange.queries import certificates as queries
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.journal import clock
from dataferry.server.papers import credentials

CREDENTIAL = "application/vc"
PLACE = "/exchange/certificates/"
SUSPENDED = "server.papers.suspended"
"""A state of its own on the page, which the page knows from the listing, also of certificates that cannot tell it."""


@require_safe
@exchange_page
def certificate(request: HttpRequest, serial: str) -> HttpResponse:
    """Whether a certificate is true: what it certifies, and whether it is valid, suspended or revoked."""
    row = queries.certificate_of(request.user, serial)
    site = str(row.credential["id"]).partition(PLACE)[0]
    lists = [actions.status_list(site), actions.suspension_list(site)]
    found = credentials.verify(row.credential, journal.trusted_keys(), lists, at=clock.now())
    wrong = [finding for finding in found if finding.severity == "blocked" and finding.code != SUSPENDED]
    said, language = queries.said_in(row), page_language()
    context = {
        "section": "exchange",
        "tab": "register",
        "row": row,
        "findings": wrong,
        "holds": row.revoked_at is None and not wrong,
        "suspended": actions.is_suspended(row),
        "tells_suspension": actions.tells_suspension(row),
        "title": title_of(row, language),
        "product": spoken(said.get("title"), language),
        "supplier": spoken(said["supplier"]["name"], language),
        "said": said,
        "facts": facts_of(row, language),
        "tags": list(TONGUES),
    }
    return render(request, "exchange/certificate.html", context)


@require_safe
@exchange_page
def pdf(request: HttpRequest, serial: str, tag: str) -> HttpResponse:
    """The paper in one of the three languages."""
    language = language_of(tag)
    row = queries.certificate_of(request.user, serial)
    return _kept(pdf_file(partial(paper, row), row.serial, language), row.kind)


@require_safe
@exchange_page
def credential(request: HttpRequest, serial: str) -> HttpResponse:
    """The verifiable credential as a file."""
    row = queries.certificate_of(request.user, serial)
    body = json.dumps(row.credential, ensure_ascii=False, indent=2) + "\n"
    answer = HttpResponse(body, content_type=CREDENTIAL)
    answer["Content-Disposition"] = f'attachment; filename="{row.serial}.json"'
    return _kept(answer, row.kind)


def _kept(answer: HttpResponse, kind: str) -> HttpResponse:
    """One of a trade is for its parties; the others are open to every origin."""
    if kind == CertificateKind.TRADE:
        answer["Cache-Control"] = "private, no-store"
    else:
        answer["Access-Control-Allow-Origin"] = "*"
    return answer


@require_safe
@exchange_page
def by_address(request: HttpRequest, serial: str) -> HttpResponse:
    """The address that a credential names as its own: people get the page, programs the credential."""
    row = queries.certificate_of(request.user, serial)
    wanted = request.get_preferred_type(["text/html", CREDENTIAL, "application/json", "application/ld+json"])
    answer: HttpResponse
    if wanted in (None, "text/html"):
        answer = HttpResponseRedirect(reverse("exchange-certificate", args=[row.serial]))
    else:
        answer = JsonResponse(row.credential, content_type=wanted, json_dumps_params={"ensure_ascii": False})
    patch_vary_headers(answer, ["Accept"])
    return _kept(answer, row.kind)


@require_safe
def status_list(request: HttpRequest) -> HttpResponse:
    """The signed list of revoked certificates, at the address that the certificates name."""
    return _public(actions.status_list(f"{request.scheme}://{request.get_host()}"))


@require_safe
def suspension_list(request: HttpRequest) -> HttpResponse:
    """The signed list of suspended certificates, at the address that the certificates of listings name."""
    return _public(actions.suspension_list(f"{request.scheme}://{request.get_host()}"))


def _public(stated: dict[str, Any]) -> HttpResponse:
    answer = JsonResponse(stated, content_type=CREDENTIAL)
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=300"
    return answer


@require_safe
def listing_by_address(request: HttpRequest, number: str) -> HttpResponse:
    """The address on a printed sheet: it leads to the live page in the visitor's language."""
    return HttpResponseRedirect(reverse("exchange-listing", args=[number]))
