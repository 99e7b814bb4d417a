"""Statements for owners upstream, for the operator who pays them out: made here, kept here, handed on as files."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.server import people
from dataferry.server.display.words import city_name
from dataferry.server.display.words import money as money_words
from dataferry.server.exchange.actions.owner_statements import make_owner_statement
from dataferry.server.exchange.forms.trade import OwnerStatementForm
from dataferry.server.exchange.pages.paper_files import language_of, pdf_file
from dataferry.server.exchange.pages.trade_frame import download, frame, in_pages, trade_page
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.exchange.statement_file import owner_statement_csv
from dataferry.server.exchange.statement_paper import owner_pdf
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person


@trade_page
def owners(request: HttpRequest) -> HttpResponse:
    """What was stated so far, and the form for the next one."""
    user = signed_in_person(request)
    people.require(user, "exchange.operate")
    owners, cities = queries.owners_upstream(user), queries.cities_of(user)
    form = OwnerStatementForm(owners, [(each, city_name(each)) for each in cities], request.POST or None)
    if form.is_bound and form.is_valid() and _made(user, form):
        messages.success(request, _("The statement is made."))
        return redirect("exchange-owner-statements")
    shown = in_pages(request, queries.owner_statements_of(user))
    context = {
        **frame(request, "desk"),
        "shown": shown,
        "statements": [
            {"row": each, "city": city_name(each.city), "total": money_words(each.total, each.currency)}
            for each in shown
        ],
        "form": form if owners else None,
        "tags": list(TONGUES),
    }
    return render(request, "exchange/owner_statements.html", context, status=422 if form.is_bound else 200)


def _made(user: Any, form: OwnerStatementForm) -> bool:
    given = form.cleaned_data
    with telling_form(form):
        make_owner_statement(user, given["city"], given["owner"], given["currency"], given["first"], given["last"])
    return bool(form.is_valid())


@require_safe
@never_cache
def pdf(request: HttpRequest, number: str, tag: str) -> HttpResponse:
    """The statement for its owner, in one of the three languages."""
    language = language_of(tag)
    row = queries.owner_statement_of(request.user, number)
    return pdf_file(partial(owner_pdf, row), row.number, language)


@require_safe
@never_cache
def file(request: HttpRequest, number: str, suffix: str) -> HttpResponse:
    """The statement as a table, or as the document that its digest is of."""
    row = queries.owner_statement_of(request.user, number)
    if suffix == "csv":
        return download(owner_statement_csv(row), f"{row.number}.csv", "text/csv; charset=utf-8")
    return JsonResponse({"digest": row.digest, "document": row.document})
