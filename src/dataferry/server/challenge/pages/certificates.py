"""Certificates: issued by organisers, downloaded by teams, verified by everybody."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import certificates as actions
from dataferry.server.challenge.certificate_paper import paper
from dataferry.server.challenge.letter_words import TONGUES
from dataferry.server.challenge.models import Certificate, Edition, Entry
from dataferry.server.challenge.pages.edition_doors import public_page
from dataferry.server.challenge.pages.result_frame import organised_edition, result_frame, signed_page
from dataferry.server.challenge.queries import certificates as queries
from dataferry.server.challenge.queries.results import sealed_final
from dataferry.server.challenge.queries.teams import own_team_of
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.papers import credentials
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in_person

CREDENTIAL = "application/vc"


def site_of(request: HttpRequest) -> str:
    """The site as this visitor calls it; certificates name their status list by it."""
    return f"{request.scheme}://{request.get_host()}"


@signed_page
def certificates(request: HttpRequest, slug: str) -> HttpResponse:
    """Issue what the sealed final gives, and the list of what was issued."""
    edition = organised_edition(request, slug)
    if request.method == "POST":
        with telling(request):
            issued = len(actions.issue_certificates(signed_in_person(request), edition, site_of(request)))
            told = ngettext("%(count)d certificate is new.", "%(count)d certificates are new.", issued)
            messages.success(request, told % {"count": issued})
        return redirect("challenge-certificates", slug)
    try:
        sealed = sealed_final(edition)
    except RefusedError:
        sealed = None
    context = {
        **result_frame(request, edition, "certificates"),
        "sealed": sealed,
        "rows": [(each, _honour(each)) for each in queries.certificates_of(edition)],
    }
    return render(request, "challenge/certificate_list.html", context)


def _honour(certificate: Certificate) -> Any:
    return spoken(queries.said_in(certificate)["honour"], page_language())


@signed_page
def of_team(request: HttpRequest, number: int) -> HttpResponse:
    """A team's certificates, to be downloaded."""
    team = own_team_of(signed_in_person(request), number)
    entry = Entry.objects.filter(team=team).select_related("edition").first()
    rows = [(each, _honour(each)) for each in queries.of_entry(entry)] if entry else []
    return render(request, "challenge/certificate_team.html", {"section": "challenge", "team": team, "rows": rows})


@require_safe
@public_page
def certificate(request: HttpRequest, serial: str) -> HttpResponse:
    """Whether a certificate is true: what it certifies, and whether it is valid or revoked."""
    row = queries.certificate_by(serial)
    findings = credentials.verify(
        row.credential, journal.trusted_keys(), [actions.status_list(row.edition, _site_in(row))], at=clock.now()
    )
    said = queries.said_in(row)
    context = {
        "section": "challenge",
        "row": row,
        "findings": [finding for finding in findings if finding.severity == "blocked"],
        "holds": row.revoked_at is None and not any(finding.severity == "blocked" for finding in findings),
        "honour": _honour(row),
        "said": said,
        "title": spoken(said["title"] or None, page_language()),
        "tags": list(TONGUES),
    }
    return render(request, "challenge/certificate.html", context)


def _site_in(certificate: Certificate) -> str:
    """The site as the certificate itself names it."""
    return str(certificate.credential["id"]).partition("/challenge/certificates/")[0]


@require_safe
@public_page
def pdf(request: HttpRequest, serial: str, tag: str) -> HttpResponse:
    """The paper in one of the three languages."""
    if tag not in TONGUES:
        raise Http404(tag)
    row = queries.certificate_by(serial)
    answer = HttpResponse(paper(row, tag, str(row.credential["id"])), content_type="application/pdf")  # type: ignore[arg-type]
    answer["Content-Disposition"] = f'inline; filename="{row.serial}-{tag}.pdf"'
    return answer


@require_safe
@public_page
def credential(request: HttpRequest, serial: str) -> HttpResponse:
    """The verifiable credential as a file."""
    row = queries.certificate_by(serial)
    body = json.dumps(row.credential, ensure_ascii=False, indent=2) + "\n"
    answer = HttpResponse(body, content_type=CREDENTIAL)
    answer["Content-Disposition"] = f'attachment; filename="{row.serial}.json"'
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


@require_safe
@public_page
def by_address(request: HttpRequest, serial: str) -> HttpResponse:
    """The address that a credential names as its own: people get the page, programs the credential."""
    row = queries.certificate_by(serial)
    wanted = request.get_preferred_type(["text/html", CREDENTIAL, "application/json", "application/ld+json"])
    if wanted in (None, "text/html"):
        answer: HttpResponse = HttpResponseRedirect(reverse("challenge-certificate", args=[row.serial]))
    else:
        answer = JsonResponse(row.credential, content_type=wanted, json_dumps_params={"ensure_ascii": False})
        answer["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(answer, ["Accept"])
    return answer


@require_safe
@public_page
def status_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The signed list of revoked certificates, at the address that the certificates name."""
    edition = Edition.objects.filter(slug=slug).first()
    if edition is None or not edition.certificates.exists():
        raise Http404(slug)
    answer = JsonResponse(actions.status_list(edition, site_of(request)), content_type=CREDENTIAL)
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=300"
    return answer
