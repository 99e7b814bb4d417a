"""Money for the parties: invoices, payments, statements."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.display.words import money as money_words
from dataferry.server.exchange import money, statement_paper
from dataferry.server.exchange.actions import money as actions
from dataferry.server.exchange.actions.refunds import refundable
from dataferry.server.exchange.actions.statements import make_statement
from dataferry.server.exchange.forms.trade import StatementForm
from dataferry.server.exchange.models import Invoice, Payment, Statement
from dataferry.server.exchange.pages.paper_files import language_of, pdf_file
from dataferry.server.exchange.pages.trade_frame import (
    chip,
    download,
    frame,
    in_pages,
    merchant_name,
    trade_page,
)
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.exchange.statement_file import invoice_csv, statement_csv
from dataferry.server.exchange.states import InvoiceState, PaymentState
from dataferry.server.exchange.trade_words import line_words
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

CSV = "text/csv; charset=utf-8"


@trade_page
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices to and from this person's merchants."""
    shown = in_pages(request, queries.invoices_of(signed_in_person(request)))
    context = {**frame(request, "invoices"), "shown": shown, "invoices": [_invoice_row(each) for each in shown]}
    return render(request, "exchange/invoices.html", context)


def _invoice_row(row: Invoice) -> dict[str, Any]:
    return {
        "row": row,
        "chip": chip(row),
        "total": money_words(row.total, row.currency),
        "buyer": merchant_name(row.agreement.buyer),
        "supplier": merchant_name(row.supplier),
    }


@trade_page
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """One invoice, fit to print; the buyer pays here."""
    user = signed_in_person(request)
    row = queries.invoice_of(user, number)
    if request.method == "POST":
        _pay(request, row)
        return redirect("exchange-invoice", row.number)
    payments = [_payment_row(each) for each in row.payments.all()]
    started = next((each for each in payments if each["row"].state == PaymentState.STARTED), None)
    may_pay = row.state == InvoiceState.ISSUED and people.can(user, "exchange.use_agreement", row.agreement)
    context = {
        **frame(request, "invoices"),
        **_invoice_row(row),
        "lines": [line_words(line, row.currency) for line in row.lines],
        "payments": payments,
        "started": started,
        "providers": money.open_providers() if may_pay else [],
        "may_pay": may_pay,
        "sees_shares": people.can(user, "exchange.see_money_of", row.supplier),
    }
    return render(request, "exchange/invoice.html", context)


def _payment_row(row: Payment) -> dict[str, Any]:
    provider = money.PROVIDERS[row.provider]
    refunds = [(each, money_words(each.amount, row.currency)) for each in row.refunds.all()]
    shares = [
        (each.beneficiary, each.get_currency_display(), money_words(each.amount, row.currency), each.refund_id)
        for each in row.shares.all()
    ]
    return {
        "row": row,
        "chip": chip(row),
        "provider": provider,
        "amount": money_words(row.amount, row.currency),
        "instructions": provider.instructions(),
        "is_test": not provider.confirmed_by_operator,
        "refunds": refunds,
        "shares": shares,
        "left": money_words(refundable(row), row.currency),
    }


def _pay(request: HttpRequest, row: Invoice) -> None:
    user, do = signed_in_person(request), request.POST.get("do", "")
    if do == "pay":
        with telling(request, _("Begun. Below stands what to do now.")):
            actions.start_payment(user, row, request.POST.get("provider", ""))
        return
    if do != "settle":
        raise MissingError("server.exchange.no_invoice", number=row.number)
    payment = queries.payment_of(user, request.POST.get("payment", ""))
    with telling(request, _("Pretended to be paid.")):
        actions.settle_test(user, payment)


@require_safe
@never_cache
def invoice_file(request: HttpRequest, number: str) -> HttpResponse:
    """The lines of an invoice for a spreadsheet."""
    row = queries.invoice_of(request.user, number)
    return download(invoice_csv(row), f"{row.number}.csv", CSV)


@trade_page
def statements(request: HttpRequest) -> HttpResponse:
    """Statements of this person's merchants, and what they have earned so far."""
    user = signed_in_person(request)
    parties = queries.own_merchants(user)
    form = StatementForm([(each.number, merchant_name(each)) for each in parties], request.POST or None)
    if form.is_bound and form.is_valid():
        made = _made(request, form, parties)
        if made is not None:
            return redirect("exchange-statement", made.number)
    shown = in_pages(request, queries.statements_of(user))
    context = {
        **frame(request, "statements"),
        "shown": shown,
        "statements": [_statement_row(each) for each in shown],
        "earned": [
            (merchant_name(party), money_words(each["total"], each["currency"]))
            for party in parties
            for each in queries.earned(party)
        ],
        "form": form if parties else None,
    }
    return render(request, "exchange/statements.html", context, status=422 if form.is_bound else 200)


def _made(request: HttpRequest, form: StatementForm, parties: list[Any]) -> Statement | None:
    given = form.cleaned_data
    party = next(each for each in parties if each.number == given["party"])
    actor = people.actor(signed_in_person(request))
    with telling_form(form):
        made = make_statement(
            party, given["currency"], given["first"], given["last"], convert=given["convert"], actor=actor
        )
        messages.success(request, _("The statement is made."))
        return made
    return None


def _statement_row(row: Statement) -> dict[str, Any]:
    return {"row": row, "party": merchant_name(row.party), "total": money_words(row.total, row.currency)}


@trade_page
def statement(request: HttpRequest, number: str) -> HttpResponse:
    """One statement, fit to print, with its digest."""
    row = queries.statement_of(signed_in_person(request), number)
    document = row.document
    kinds = {"earned": _("Earned"), "paid": _("Paid")}
    context = {
        **frame(request, "statements"),
        **_statement_row(row),
        "lines": [
            {
                **line,
                "word": kinds[line["kind"]],
                "told": money_words(line["amount"], line["currency"]),
                "here": money_words(line["amount_here"], row.currency),
            }
            for line in document["lines"]
        ],
        "totals": {name: money_words(amount, row.currency) for name, amount in document["totals"].items()},
        "rates": document["rates"],
        "tags": list(TONGUES),
    }
    return render(request, "exchange/statement.html", context)


@require_safe
@never_cache
def statement_file(request: HttpRequest, number: str, suffix: str) -> HttpResponse:
    """A statement as a table, or as the document that its digest is of."""
    row = queries.statement_of(request.user, number)
    if suffix == "csv":
        return download(statement_csv(row), f"{row.number}.csv", CSV)
    return JsonResponse({"digest": row.digest, "document": row.document})


@require_safe
@never_cache
def statement_pdf(request: HttpRequest, number: str, tag: str) -> HttpResponse:
    """A statement on paper, in one of the three languages."""
    language = language_of(tag)
    row = queries.statement_of(request.user, number)
    return pdf_file(partial(statement_paper.statement_pdf, row), row.number, language)
