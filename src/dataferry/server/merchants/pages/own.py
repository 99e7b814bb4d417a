"""An organisation's side: its merchants, applying, and the page of one application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import MissingError
from dataferry.server import people, uploads
from dataferry.server.display.languages import page_language
from dataferry.server.merchants import actions, queries
from dataferry.server.merchants.actions.applications import OPEN, PURPOSE, store
from dataferry.server.merchants.actions.classes import open_application
from dataferry.server.merchants.facts import further_standing, standing_of
from dataferry.server.merchants.forms import (
    ApplicationForm,
    ClassesForm,
    FactsForm,
    GrantForm,
    PaperForm,
    ProfileForm,
    ReasonForm,
    SignatureForm,
)
from dataferry.server.merchants.market_rules import rules_in_force
from dataferry.server.merchants.models import ClassApplication, Merchant, MerchantClass, MerchantPaper
from dataferry.server.merchants.states import ClassState, MerchantState
from dataferry.server.merchants.words import class_words, words_of
from dataferry.server.people import predicates
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.problems import ConflictError

Forms = dict[str, Any]


@people.signed_in
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The merchants of the person's organisations, and organisations that could apply."""
    user = signed_in_person(request)
    context = {
        "section": "exchange",
        "tab": "mine",
        "rows": [(merchant, class_words(merchant)) for merchant in queries.merchants_of(user)],
        "organisations": queries.may_apply_for(user),
        "is_operator": people.can(user, "merchants.see_desk"),
    }
    return render(request, "merchants/mine.html", context)


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest, slug: str) -> HttpResponse:
    """Apply for one organisation that the person manages."""
    user = signed_in_person(request)
    organisation = queries.may_apply_for(user).filter(slug=slug).first()
    if organisation is None:
        raise MissingError("server.people.no_organisation", name=slug[:60])
    form = ApplicationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            made = actions.apply(user, organisation, **form.values())
        if made is not None:
            messages.success(request, _("Applied. Now add the papers that the exchange needs."))
            return redirect("merchants-application", made.number)
    context = {"section": "exchange", "tab": "mine", "organisation": organisation, "form": form}
    return render(request, "merchants/apply.html", context, status=422 if form.is_bound else 200)


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application(request: HttpRequest, number: str) -> HttpResponse:
    """One merchant from the inside, for its own people and the operator of its city."""
    user = signed_in_person(request)
    found = queries.inside_of(user, number)
    forms = _forms(found)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if act in _ACTS:
        name, run = _ACTS[act]
        forms[name] = _bound(name, request, found)
        if forms[name].is_valid():
            with telling_form(forms[name]):
                messages.success(request, run(user, found, forms[name], request))
        if forms[name].is_valid():
            return redirect("merchants-application", number)
    elif request.method == "POST":
        _plain_act(request, found, act)
        return redirect("merchants-application", number)
    status = 422 if any(form.is_bound for form in forms.values()) else 200
    return render(request, "merchants/application.html", _context(user, found, forms, act), status=status)


def _forms(found: Merchant) -> Forms:
    asked = open_application(found)
    return {
        "classes": ClassesForm(merchant=found),
        "grant": GrantForm(standing=further_standing(found, asked.classes if asked else ())),
        "application": ApplicationForm(merchant=found),
        "profile": ProfileForm(merchant=found),
        "paper": PaperForm(),
        "facts": FactsForm(standing=standing_of(found), revision=found.revision),
        "reason": ReasonForm(),
        "refusal": ReasonForm(prefix="classes"),
        "sign": SignatureForm(initial={"digest": rules_in_force().digest}),
    }


def _bound(name: str, request: HttpRequest, found: Merchant) -> TellingForm:
    asked = open_application(found)
    making: Mapping[str, Callable[[], TellingForm]] = {
        "classes": lambda: ClassesForm(request.POST, merchant=found),
        "grant": lambda: GrantForm(request.POST, standing=further_standing(found, asked.classes if asked else ())),
        "application": lambda: ApplicationForm(request.POST, merchant=found),
        "profile": lambda: ProfileForm(request.POST, merchant=found),
        "paper": lambda: PaperForm(request.POST),
        "facts": lambda: FactsForm(request.POST, standing=standing_of(found), revision=found.revision),
        "reason": lambda: ReasonForm(request.POST),
        "refusal": lambda: ReasonForm(request.POST, prefix="classes"),
        "sign": lambda: SignatureForm(request.POST),
    }
    return making[name]()


def _change(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.change_application(user, found, revision=form.cleaned_data["revision"], **form.values())
    return _("The application is handed in.")


def _again(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.apply_again(user, found, **form.values())
    return _("Applied. Now add the papers that the exchange needs.")


def _ask_classes(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.ask_classes(user, found, form.cleaned_data["further"])
    return _("Asked. Add the papers that show what the classes need.")


def _grant_classes(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.grant_classes(user, _asked(found), form.confirmed())
    return _("Granted. The merchant acts in these classes from now on.")


def _refuse_classes(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.refuse_classes(user, _asked(found), form.cleaned_data["reason"])
    return _("Refused. The managers read your reason.")


def _asked(found: Merchant) -> ClassApplication:
    asked = open_application(found)
    if asked is None:
        raise ConflictError("server.merchants.nothing_asked", number=found.number)
    return asked


def _profile(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.change_profile(user, found, form.profile())
    return _("Saved.")


def _paper(user: Any, found: Merchant, form: Any, request: HttpRequest) -> str:
    people.require(user, "merchants.manage", found)
    # A refusal gives the upload back.
    with transaction.atomic():
        actions.add_paper(user, found, form.cleaned_data["kind"], uploads.from_form(request, "file", PURPOSE))
    return _("The paper is added.")


def _check(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.check_facts(user, found, form.found(), form.cleaned_data["revision"])
    return _("The checks are saved.")


def _verify(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    with transaction.atomic():
        actions.check_facts(user, found, form.found(), form.cleaned_data["revision"])
        actions.verify(user, found)
    return _("Verified. The merchant's managers are asked to sign the rules of the market.")


def _return(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.return_application(user, found, form.cleaned_data["reason"])
    return _("Returned. The managers read your reason.")


def _refuse(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.refuse(user, found, form.cleaned_data["reason"])
    return _("Refused. The managers read your reason.")


def _suspend(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.suspend(user, found, form.cleaned_data["reason"])
    return _("Suspended. The merchant does not trade until it is reinstated.")


def _reinstate(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    actions.reinstate(user, found, form.cleaned_data["reason"])
    return _("Reinstated. The merchant trades again.")


def _sign(user: Any, found: Merchant, form: Any, _request: HttpRequest) -> str:
    if found.state == MerchantState.VERIFIED:
        actions.activate(user, found, form.cleaned_data["digest"])
        return _("Signed. The merchant trades from now on.")
    actions.sign_rules(user, found, form.cleaned_data["digest"])
    return _("Signed.")


_ACTS: Mapping[str, tuple[str, Callable[[Any, Merchant, Any, HttpRequest], str]]] = {
    "change": ("application", _change),
    "again": ("application", _again),
    "classes": ("classes", _ask_classes),
    "grant": ("grant", _grant_classes),
    "refuse_classes": ("refusal", _refuse_classes),
    "profile": ("profile", _profile),
    "paper": ("paper", _paper),
    "check": ("facts", _check),
    "verify": ("facts", _verify),
    "return": ("reason", _return),
    "refuse": ("reason", _refuse),
    "suspend": ("reason", _suspend),
    "reinstate": ("reason", _reinstate),
    "sign": ("sign", _sign),
}


def _plain_act(request: HttpRequest, found: Merchant, act: str) -> None:
    user = signed_in_person(request)
    if act == "remove_paper":
        with telling(request, _("The paper is taken back.")):
            actions.remove_paper(user, _paper_named(found, request))
    elif act == "withdraw_classes":
        with telling(request, _("Withdrawn.")):
            actions.withdraw_classes(user, _asked(found))
    elif act == "leave":
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick that you are sure."))
            return
        with telling(request, _("The merchant has left the market.")):
            actions.leave(user, found)
    else:
        raise MissingError("server.merchants.no_merchant", number=found.number)


def _paper_named(found: Merchant, request: HttpRequest) -> MerchantPaper:
    text = request.POST.get("number", "")
    row = found.papers.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 18 else None
    if row is None:
        raise MissingError("server.merchants.no_paper")
    return row


def _context(user: Any, found: Merchant, forms: Forms, act: str) -> dict[str, Any]:
    in_force, signature = rules_in_force(), queries.signature_of(found)
    own = predicates.belongs_to_organisation(user, found)
    manages = people.can(user, "merchants.manage", found)
    signs = found.state == MerchantState.VERIFIED or (
        found.state == MerchantState.ACTIVE and (signature is None or signature.digest != in_force.digest)
    )
    asked = open_application(found)
    left = [code for code in MerchantClass.values if code not in found.classes]
    return {
        "section": "exchange",
        "tab": "mine" if own else "desk",
        "merchant": found,
        "asked": asked,
        "asked_classes": words_of(asked.classes) if asked else [],
        "refused_classes": None if asked else _refused_last(found),
        "may_ask": manages and asked is None and bool(left) and found.state == MerchantState.ACTIVE,
        "may_add_papers": manages and (asked is not None or found.state in OPEN),
        "may_come_back": manages and found.state == MerchantState.LEFT,
        "classes": class_words(found),
        "papers": list(found.papers.all()),
        "forms": forms,
        "act": act,
        "is_own": own,
        "manages": manages,
        "may_change": manages and found.state in OPEN,
        "may_sign": manages and signs,
        "may_leave": manages and found.state not in (MerchantState.LEFT, MerchantState.REFUSED),
        "decides": people.can(user, "merchants.decide", found) and not own,
        "rules": in_force,
        "rule_texts": in_force.texts(page_language()),
        "signature": signature,
        "is_operator": people.can(user, "merchants.see_desk"),
    }


@people.signed_in
@never_cache
@require_safe
def paper(request: HttpRequest, number: str, key: int) -> HttpResponseBase:
    """A paper of an application, always as a download."""
    found = queries.paper_of(signed_in_person(request), number, key)
    return store().download(request, found, f"{number}-{found.kind}-{found.pk}")


def _refused_last(found: Merchant) -> ClassApplication | None:
    """The last answer about further classes, where it was no."""
    last = found.class_applications.first()
    return last if last is not None and last.state == ClassState.REFUSED else None
