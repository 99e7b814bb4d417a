"""Transfers that fit no payment, for the operator: recorded here, and repaid."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.display.words import city_name
from dataferry.server.display.words import money as money_words
from dataferry.server.exchange.actions import transfers as actions
from dataferry.server.exchange.forms.trade import RepayForm, TransferForm
from dataferry.server.exchange.models import UnmatchedTransfer
from dataferry.server.exchange.pages.trade_frame import chip, frame, in_pages, trade_page
from dataferry.server.exchange.queries import transfers as queries
from dataferry.server.exchange.queries.trade import cities_of, payment_of
from dataferry.server.exchange.states import TransferState
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person


def transfer_row(row: UnmatchedTransfer) -> dict[str, Any]:
    """A transfer for a page."""
    return {
        "row": row,
        "chip": chip(row),
        "amount": money_words(row.amount, row.currency),
        "city": city_name(row.city),
    }


@trade_page
def transfers(request: HttpRequest) -> HttpResponse:
    """What came in and fits no payment, what waits first; and the form for the next one."""
    user = signed_in_person(request)
    people.require(user, "exchange.operate")
    cities = [(each, city_name(each)) for each in cities_of(user)]
    begun = {"payment": request.GET.get("payment", "")[:40]}
    form = TransferForm(cities, request.POST or None, initial=begun)
    if form.is_bound and form.is_valid():
        made = _recorded(user, form)
        if made is not None:
            messages.success(request, _("Recorded. It waits to be repaid, and buys nothing."))
            return redirect("exchange-transfer", made.number)
    shown = in_pages(request, queries.transfers_of(user))
    context = {
        **frame(request, "desk"),
        "shown": shown,
        "transfers": [transfer_row(each) for each in shown],
        "form": form,
        "open": form.is_bound or bool(begun["payment"]),
    }
    return render(request, "exchange/transfers.html", context, status=422 if form.is_bound else 200)


def _recorded(user: Any, form: TransferForm) -> UnmatchedTransfer | None:
    given = dict(form.cleaned_data)
    quoted = given.pop("payment")
    try:
        payment = payment_of(user, quoted) if quoted else None
    except DataferryError as error:
        form.add_error("payment", error.text())
        return None
    with telling_form(form):
        return actions.record_transfer(user, payment=payment, **given)
    return None


@trade_page
def transfer(request: HttpRequest, number: str) -> HttpResponse:
    """One transfer; the operator notes that it went back."""
    user = signed_in_person(request)
    row = queries.transfer_of(user, number)
    form = RepayForm(request.POST or None)
    if form.is_bound and form.is_valid():
        with telling_form(form):
            actions.repay_transfer(user, row, form.cleaned_data["reference"], form.cleaned_data["remark"])
            messages.success(request, _("Done."))
            return redirect("exchange-transfer", row.number)
    context = {
        **frame(request, "desk"),
        **transfer_row(row),
        "form": form,
        "may_repay": row.state == TransferState.RECEIVED,
    }
    return render(request, "exchange/transfer.html", context, status=422 if form.is_bound else 200)
