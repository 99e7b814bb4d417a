"""Identity papers: read by organisers only, as a file and never kept by the browser; receipts of their destruction."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from dataferry.messages import DataferryError, MissingError
from dataferry.server.challenge.actions import eligibility as actions
from dataferry.server.challenge.models import IdentityPaper
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.challenge.receipts import receipt_pdf, receipt_rows
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in, signed_in_person

ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


@require_POST
@signed_in
@never_cache
@sensitive_variables()
def read(request: HttpRequest, number: int) -> HttpResponse:
    """The paper, as a file to be opened elsewhere. By POST: looking ahead of a click must not count as reading."""
    user = signed_in_person(request)
    paper = queries.paper_of(user, number)
    try:
        content = actions.read_paper(user, paper)
    except MissingError:
        raise
    except DataferryError as error:
        messages.error(request, error.text())
        check = paper.check_asked
        if check is None:
            raise
        return redirect("challenge-eligibility", check.team.edition.slug, check.team.division.code)
    response = HttpResponse(content, content_type=paper.media_type)
    ending = ENDINGS.get(paper.media_type, "bin")
    response["Content-Disposition"] = f'attachment; filename="paper-{paper.pk}.{ending}"'
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
@never_cache
@signed_in
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """What the house knows of a paper: when it came, until when it is kept, or that it is destroyed."""
    paper = queries.paper_of(signed_in_person(request), number)
    context = {
        "section": "challenge",
        "paper": paper,
        "check": paper.check_asked,
        "rows": receipt_rows(paper),
        "may_destroy": paper.destroyed_at is None and _is_own(request, paper),
    }
    return render(request, "challenge/team_paper.html", context)


@require_safe
@never_cache
@signed_in
def receipt_file(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt of a destruction, for printing."""
    paper = queries.paper_of(signed_in_person(request), number)
    if paper.destroyed_at is None:
        raise MissingError("server.challenge.no_paper", number=number)
    response = HttpResponse(receipt_pdf(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="destruction-receipt-{paper.pk}.pdf"'
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@signed_in
def destroy(request: HttpRequest, number: int) -> HttpResponse:
    """The owner takes the paper back before its day."""
    user = signed_in_person(request)
    paper = queries.paper_of(user, number)
    with telling(request, _("The paper is destroyed. This is its receipt.")):
        actions.destroy_paper(user, paper, "taken_back" if _is_own(request, paper) else "decided")
    return redirect("challenge-paper", number)


def _is_own(request: HttpRequest, paper: IdentityPaper) -> bool:
    check = paper.check_asked
    return check is not None and check.member is not None and check.member.user_id == request.user.pk
