"""The operator's desk for trade: what waits for a person first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.server import people
from dataferry.server.display.words import money as money_words
from dataferry.server.exchange.actions import money as actions
from dataferry.server.exchange.actions.refunds import refundable
from dataferry.server.exchange.forms.trade import ConfirmForm, RateForm, RefundForm
from dataferry.server.exchange.models import ExchangeRate, Payment
from dataferry.server.exchange.pages.trade_frame import chip, download, frame, in_pages, merchant_name, trade_page
from dataferry.server.exchange.pages.transfers import transfer_row
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.exchange.queries.transfers import transfers_waiting
from dataferry.server.exchange.statement_file import owners_csv
from dataferry.server.exchange.states import PaymentState
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


@trade_page
def desk(request: HttpRequest) -> HttpResponse:
    """Transfers to confirm and those that fit no payment, complaints, what owners upstream have earned, rates."""
    user = signed_in_person(request)
    people.require(user, "exchange.operate")
    form = RateForm(request.POST or None)
    if form.is_bound and form.is_valid():
        with telling_form(form):
            _record(user, form.cleaned_data)
            messages.success(request, _("The rate is recorded."))
        if form.is_valid():
            return redirect("exchange-money-desk")
    shown = in_pages(request, queries.payments_waiting(user))
    context = {
        **frame(request, "desk"),
        "shown": shown,
        "payments": [
            {
                "row": each,
                "amount": money_words(each.amount, each.currency),
                "buyer": merchant_name(each.invoice.agreement.buyer),
                "supplier": merchant_name(each.invoice.supplier),
            }
            for each in shown
        ],
        "transfers": [transfer_row(each) for each in transfers_waiting(user)[:50]],
        "disputes": [
            {"row": each, "chip": chip(each), "buyer": merchant_name(each.agreement.buyer)}
            for each in queries.disputes_waiting(user)[:50]
        ],
        "owners": [
            {**each, "told": money_words(each["total"], each["currency"])} for each in queries.earned_by_owner(user)
        ],
        "rates": ExchangeRate.objects.order_by("-day", "-pk")[:20],
        "form": form,
    }
    return render(request, "exchange/money_desk.html", context, status=422 if form.is_bound else 200)


def _record(user: Any, given: dict[str, Any]) -> None:
    rate = Fraction(given["rate"])
    actions.record_rate(
        user, given["base"], given["quote"], rate.numerator, rate.denominator, given["day"], given["source"]
    )


@trade_page
def payment(request: HttpRequest, number: str) -> HttpResponse:
    """One payment: the operator confirms it from the bank's statement, or sends money back."""
    user = signed_in_person(request)
    row = queries.payment_of(user, number)
    people.require(user, "exchange.oversee_agreement", row.invoice.agreement)
    do = request.POST.get("do", "")
    confirm = ConfirmForm(request.POST if do == "confirm" else None, prefix="confirm")
    back = RefundForm(request.POST if do == "refund" else None, prefix="refund")
    if do == "fail":
        with telling(request, _("Given up; the invoice may be paid another way.")):
            actions.fail_payment(user, row)
        return redirect("exchange-payment", row.number)
    if _noted(request, row, confirm, back):
        return redirect("exchange-payment", row.number)
    context = {
        **frame(request, "desk"),
        "row": row,
        "chip": chip(row),
        "amount": money_words(row.amount, row.currency),
        "buyer": merchant_name(row.invoice.agreement.buyer),
        "supplier": merchant_name(row.invoice.supplier),
        "receipt": getattr(row, "receipt", None),
        "refunds": [(each, money_words(each.amount, row.currency)) for each in row.refunds.all()],
        "shares": [(each, money_words(each.amount, each.currency)) for each in row.shares.all()],
        "left": money_words(refundable(row), row.currency),
        "may_confirm": row.state == PaymentState.STARTED,
        "may_refund": refundable(row) > 0,
        "given_up": row.state == PaymentState.FAILED,
        "transfers": [transfer_row(each) for each in row.transfers.all()],
        "confirm": confirm,
        "back": back,
    }
    bound = confirm.is_bound or back.is_bound
    return render(request, "exchange/payment.html", context, status=422 if bound else 200)


def _noted(request: HttpRequest, row: Payment, confirm: ConfirmForm, back: RefundForm) -> bool:
    """Do what the form that was sent asks for; whether the page is done with."""
    user = signed_in_person(request)
    form = next((each for each in (confirm, back) if each.is_bound), None)
    if form is None or not form.is_valid():
        return False
    given = form.cleaned_data
    with telling_form(form):
        if form is confirm:
            actions.confirm_payment(user, row, given["provider_reference"], given["amount"])
        else:
            actions.refund(user, row, given["amount"], given["reason"])
        messages.success(request, _("Done."))
    return form.is_valid()


@require_safe
@never_cache
def owners_file(request: HttpRequest) -> HttpResponse:
    """What each beneficiary has earned, for a spreadsheet."""
    people.require(request.user, "exchange.operate")
    return download(owners_csv(queries.earned_by_owner(request.user)), "owners.csv", "text/csv; charset=utf-8")
