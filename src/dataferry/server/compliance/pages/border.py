"""The border desk: decisions that wait for an officer, one decision with its reasons, and the question itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.border import Outcome
from dataferry.messages import MissingError, RefusedError
from dataferry.server import people
from dataferry.server.compliance.actions import border as actions
from dataferry.server.compliance.fact_words import fact_word, value_word
from dataferry.server.compliance.forms.border import ProposeForm, ReasonForm, SignForm
from dataferry.server.compliance.models import BorderDecision
from dataferry.server.compliance.outcome_words import STATES, outcome_words
from dataferry.server.compliance.queries import decisions as queries
from dataferry.server.compliance.states import DecisionState
from dataferry.server.merchants.models import Merchant
from dataferry.server.merchants.states import MerchantState
from dataferry.server.people import predicates
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.workshop.queries import release_or_missing

SHOWN = 50


@people.signed_in
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for an officer first; then the newest decisions that the person may see."""
    user = signed_in_person(request)
    seen = queries.decisions_seen(user)
    context = {
        "section": "exchange",
        "tab": "desk",
        "is_officer": bool(queries.places_of(user)),
        "waiting": [_row(each) for each in queries.waiting_for_officer(user)[:SHOWN]],
        "approvals": list(queries.to_look_at(user)[:SHOWN]),
        "recent": [_row(each) for each in seen.exclude(state=DecisionState.DRAFTED)[:SHOWN]],
        "own": [_row(each) for each in seen.filter(state=DecisionState.DRAFTED)[:SHOWN]],
        "exporters": queries.exporters_seen(user)[:SHOWN],
    }
    return render(request, "compliance/border_desk.html", context)


def _row(decision: BorderDecision) -> dict[str, Any]:
    outcome = decision.signed_outcome or decision.outcome
    return {"decision": decision, "state": STATES[outcome], "word": outcome_words()[outcome]}


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, number: str) -> HttpResponse:
    """One decision: outcome, reasons with their articles, what is missing, and the officer's word."""
    user = signed_in_person(request)
    found = queries.decision_seen(user, number)
    may_sign = people.can(user, "compliance.sign_decision", found)
    sign = SignForm(_outcomes(found))
    reason = ReasonForm()
    if request.method == "POST":
        sign, reason, done = _act(request, found, sign, reason)
        if done:
            return redirect("compliance-border-decision", number)
    document = found.document
    context = {
        "section": "exchange",
        "tab": "desk",
        "decision": found,
        "word": outcome_words()[found.outcome],
        "state": STATES[found.outcome],
        "signed_word": outcome_words().get(found.signed_outcome, ""),
        "signed_state": STATES.get(found.signed_outcome, ""),
        "reasons": [each for each in document["reasons"] if not each["duty"]],
        "duties": [each for each in document["reasons"] if each["duty"]],
        "at_least": outcome_words()[document["at_least"]],
        "at_most": outcome_words()[document["at_most"]],
        "title": found.release.document.get("title") or found.release.product.slug,
        "question": _question(found),
        "facts": [(fact_word(name), value_word(value)) for name, value in sorted(document["facts"].items())],
        "missing": [fact_word(name) for name in document["decisive"] or document["missing"]],
        "differs": actions.replay_decision(found),
        "may_sign": may_sign and found.state == DecisionState.DRAFTED,
        "may_withdraw": may_sign and found.state == DecisionState.SIGNED,
        "sign": sign,
        "reason": reason,
    }
    return render(request, "compliance/border_decision.html", context)


def _question(found: BorderDecision) -> str:
    """What was asked, as the heading says it."""
    return _("May it cross from %(here)s to %(there)s?") % {
        "here": found.exporter.get_place_display(),
        "there": found.get_recipient_display(),
    }


def _outcomes(found: BorderDecision) -> list[Outcome]:
    """What an officer may sign: as strict as the rules, or stricter."""
    machine = Outcome(found.outcome)
    least = Outcome(found.document["at_least"]) if machine == Outcome.NEEDS_HUMAN else machine
    return [each for each in Outcome if each.rank >= least.rank and each != Outcome.NEEDS_HUMAN]


def _act(
    request: HttpRequest, found: BorderDecision, sign: SignForm, reason: ReasonForm
) -> tuple[SignForm, ReasonForm, bool]:
    user, act = signed_in_person(request), request.POST.get("do", "")
    if act == "sign":
        sign = SignForm(_outcomes(found), request.POST)
        if sign.is_valid():
            with telling_form(sign):
                actions.sign_decision(user, found, sign.cleaned_data["outcome"], sign.cleaned_data["note"])
        return sign, reason, sign.is_valid()
    reason = ReasonForm(request.POST)
    if act not in ("refuse", "withdraw"):
        raise MissingError("server.compliance.no_such_decision", number=found.number)
    if reason.is_valid():
        with telling_form(reason):
            change = actions.refuse_decision if act == "refuse" else actions.withdraw_decision
            change(user, found, reason.cleaned_data["reason"])
    return sign, reason, reason.is_valid()


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Ask whether a release may cross: the facts that the house knows are shown, the others can be stated."""
    user = signed_in_person(request)
    release = release_or_missing(user, slug, version)
    own = Merchant.objects.filter(
        organisation_id__in=predicates.organisations_of(user), state=MerchantState.ACTIVE
    ).select_related("organisation")
    exporters = list(own)
    if not exporters:
        raise RefusedError("server.compliance.no_merchant_of_yours")
    wanted = {name: request.GET[name] for name in ("exporter", "recipient") if name in request.GET}
    form = ProposeForm(exporters, request.POST or None, initial={"recipient": "hong-kong", **wanted})
    if request.method == "POST" and form.is_valid():
        exporter = next(each for each in exporters if each.number == form.cleaned_data["exporter"])
        made = None
        with telling_form(form):
            made = actions.propose(user, release, exporter, form.cleaned_data["recipient"], form.stated())
        if made is not None:
            with telling(request, _("The rules have answered. An officer of your city reads it and signs or refuses.")):
                return redirect("compliance-border-decision", made.number)
    title = release.document.get("title") or release.product.slug
    context = {"section": "exchange", "tab": "ask", "release": release, "title": title, "form": form}
    return render(request, "compliance/border_ask.html", context, status=422 if form.is_bound else 200)
