"""Agreements with all that hangs on them: signatures, delivery, money, complaints."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.formats.odrl import MEDIA_TYPE
from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.display.words import money as money_words
from dataferry.server.exchange.actions import agreements as actions
from dataferry.server.exchange.actions import disputes
from dataferry.server.exchange.actions.orders import SIGN_WITHIN
from dataferry.server.exchange.actions.trade_guards import SIDES, merchant_at
from dataferry.server.exchange.forms.trade import (
    AcceptanceForm,
    AnswerForm,
    DecisionForm,
    DisputeForm,
    ReasonForm,
)
from dataferry.server.exchange.models import Agreement, Dispute
from dataferry.server.exchange.pages.trade_frame import (
    chip,
    frame,
    in_pages,
    listing_title,
    merchant_name,
    side_words,
    trade_page,
)
from dataferry.server.exchange.queries import offers as offer_queries
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.exchange.states import AgreementState
from dataferry.server.exchange.trade_words import share_rows, terms_rows
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

S = AgreementState


@trade_page
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for this person first: agreements, then negotiations."""
    user = signed_in_person(request)
    shown = in_pages(request, queries.agreements_of(user))
    bargains = offer_queries.negotiations_of(user)[:20]
    context = {
        **frame(request, "mine"),
        "shown": shown,
        "agreements": [_row(each) for each in shown],
        "negotiations": [
            {
                "row": each,
                "chip": chip(each),
                "title": listing_title(each.offer.listing),
                "buyer": merchant_name(each.buyer),
            }
            for each in bargains
        ],
    }
    return render(request, "exchange/trade_mine.html", context)


def _row(agreement: Agreement) -> dict[str, Any]:
    return {
        "row": agreement,
        "chip": chip(agreement),
        "title": listing_title(agreement.listing),
        "buyer": merchant_name(agreement.buyer),
        "supplier": merchant_name(agreement.supplier),
    }


@trade_page
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """One agreement: its terms, who has signed, what is next."""
    user = signed_in_person(request)
    row = queries.agreement_of(user, number)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    forms = {
        "accept": AcceptanceForm(request.POST if do in ("accept", "refuse") else None, prefix="accept"),
        "dispute": DisputeForm(request.POST if do == "dispute" else None, prefix="dispute"),
        "reason": ReasonForm(request.POST if do in ("suspend", "terminate") else None, prefix="reason"),
    }
    if do and _done(request, row, do, forms):
        return redirect("exchange-agreement", row.number)
    signed = {each.side: each for each in row.signatures.all()}
    context = {
        **frame(request, "mine"),
        **_row(row),
        "terms": terms_rows(row.terms),
        "shares": share_rows(row.terms),
        "sides": [_side(user, row, side, signed.get(side)) for side in SIDES],
        "waits_until": row.drawn_up_at + SIGN_WITHIN if row.state == S.DRAWN_UP else None,
        "invoices": [
            {"row": each, "chip": chip(each), "total": money_words(each.total, each.currency)}
            for each in row.invoices.all()
        ],
        "certificates": row.certificates.filter(revoked_at=None),
        "acceptances": row.acceptances.order_by("-pk"),
        "disputes": [{"row": each, "chip": chip(each), "side": side_words(each.side)} for each in row.disputes.all()],
        "forms": forms,
        **_may(user, row),
    }
    bound = any(form.is_bound for form in forms.values())
    return render(request, "exchange/agreement.html", context, status=422 if bound else 200)


def _side(user: Any, row: Agreement, side: str, signature: Any) -> dict[str, Any]:
    merchant = merchant_at(row, side)
    may = row.state == S.DRAWN_UP and signature is None and people.can(user, "exchange.sign_for", merchant)
    return {"side": side, "word": side_words(side), "name": merchant_name(merchant), "signature": signature, "may": may}


def _may(user: Any, row: Agreement) -> dict[str, bool]:
    """What the page offers; the actions ask again."""
    takes_part = people.can(user, "exchange.take_part", row)
    operates = people.can(user, "exchange.oversee_agreement", row) and not takes_part
    uses, begun = people.can(user, "exchange.use_agreement", row), row.in_force_at is not None
    alive = row.state in (S.SIGNED, S.IN_FORCE, S.SUSPENDED)
    signs = people.can(user, "exchange.sign_for", row.buyer)
    return {
        "may_cancel": row.state == S.DRAWN_UP and takes_part,
        "may_accept": uses and begun,
        "may_complain": takes_part and begun,
        "may_suspend": operates and row.state == S.IN_FORCE,
        "may_resume": operates and row.state == S.SUSPENDED,
        "may_terminate": alive and (operates or signs),
    }


def _done(request: HttpRequest, row: Agreement, do: str, forms: dict[str, Any]) -> bool:
    """Do what the button says; whether the page is done with."""
    user = signed_in_person(request)
    if do in ("sign-buyer", "sign-supplier"):
        with telling(request, _("Signed.")):
            actions.sign(user, row, do.partition("-")[2], request.POST.get("digest", ""))
        return True
    if do == "cancel":
        with telling(request, _("Cancelled. Nothing is owed.")):
            actions.cancel(user, row)
        return True
    if do == "resume":
        with telling(request, _("Delivery goes on.")):
            actions.resume(user, row)
        return True
    if do in ("accept", "refuse"):
        return _accepted(request, row, do == "accept", forms["accept"])
    if do == "dispute":
        return _complained(request, row, forms["dispute"])
    if do not in ("suspend", "terminate"):
        raise MissingError("server.exchange.no_agreement", number=row.number)
    form = forms["reason"]
    if form.is_valid():
        with telling_form(form):
            act = actions.suspend if do == "suspend" else actions.terminate
            act(user, row, form.cleaned_data["reason"])
            messages.success(request, _("Done; both parties read the reason."))
    return bool(form.is_valid())


def _accepted(request: HttpRequest, row: Agreement, accepted: bool, form: AcceptanceForm) -> bool:
    if form.is_valid():
        with telling_form(form):
            actions.accept_delivery(signed_in_person(request), row, accepted, form.cleaned_data["remark"])
            messages.success(request, _("Noted; the supplier reads it here."))
    return form.is_valid()


def _complained(request: HttpRequest, row: Agreement, form: DisputeForm) -> bool:
    if form.is_valid():
        given = form.cleaned_data
        with telling_form(form):
            disputes.open_dispute(signed_in_person(request), row, given["grounds"], given["statement"])
            messages.success(request, _("The complaint is open; the other side and the exchange read it."))
    return form.is_valid()


@require_safe
@never_cache
def terms(request: HttpRequest, number: str) -> HttpResponse:
    """The terms that both sign: the canonical document whose digest stands under the signatures."""
    row = queries.agreement_of(request.user, number)
    return JsonResponse({"digest": row.digest, "terms": row.terms})


@require_safe
@never_cache
def policy(request: HttpRequest, number: str) -> HttpResponse:
    """What the agreement allows, as ODRL in JSON-LD."""
    return JsonResponse(queries.agreement_of(request.user, number).odrl, content_type=MEDIA_TYPE)


@trade_page
def dispute(request: HttpRequest, number: str) -> HttpResponse:
    """One complaint: both sides read it, the other answers, the operator decides."""
    user = signed_in_person(request)
    row = queries.dispute_of(user, number)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    answer = AnswerForm(request.POST if do == "answer" else None)
    decision = DecisionForm(request.POST if do in ("uphold", "dismiss") else None, prefix="decide")
    if do and _dealt(request, row, do, answer, decision):
        return redirect("exchange-dispute", row.number)
    takes_part = people.can(user, "exchange.take_part", row.agreement)
    own = takes_part and people.can(user, "exchange.sign_for", merchant_at(row.agreement, row.side))
    own = own or (takes_part and people.can(user, "exchange.buy", merchant_at(row.agreement, row.side)))
    is_open = row.state in disputes.OPEN
    operates = people.can(user, "exchange.oversee_agreement", row.agreement) and not takes_part
    context = {
        **frame(request, "desk" if operates else "mine"),
        "row": row,
        "chip": chip(row),
        "side": side_words(row.side),
        "answer": answer,
        "decision": decision,
        "may_answer": is_open and takes_part and not own,
        "may_take_back": is_open and own,
        "may_settle": row.state == "answered" and own,
        "may_decide": is_open and operates,
        "may_suspend": is_open and operates and row.agreement.state == S.IN_FORCE,
    }
    bound = answer.is_bound or decision.is_bound
    return render(request, "exchange/dispute.html", context, status=422 if bound else 200)


def _dealt(request: HttpRequest, row: Dispute, do: str, answer: AnswerForm, decision: DecisionForm) -> bool:
    user = signed_in_person(request)
    if do in ("settle", "withdraw"):
        with telling(request, _("The complaint is closed.")):
            (disputes.settle_dispute if do == "settle" else disputes.withdraw_dispute)(user, row)
        return True
    if do == "suspend":
        with telling(request, _("Delivery stops while the complaint is open.")):
            disputes.suspend_while_open(user, row, _("Complaint %(number)s is open.") % {"number": row.number})
        return True
    if do == "answer":
        if answer.is_valid():
            with telling_form(answer):
                disputes.answer_dispute(user, row, answer.cleaned_data["answer"])
                messages.success(request, _("Your answer is there."))
        return answer.is_valid()
    if do not in ("uphold", "dismiss"):
        raise MissingError("server.exchange.no_dispute", number=row.number)
    if decision.is_valid():
        with telling_form(decision):
            disputes.decide_dispute(user, row, do == "uphold", decision.cleaned_data["decision"])
            messages.success(request, _("Decided; both parties read why."))
    return decision.is_valid()
