"""The register as everybody sees it: entries, public notices; one registration, where registrar and supplier act."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import InputError, MissingError
from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.actions import objections, registration_changes
from dataferry.server.exchange.actions import registrations as actions
from dataferry.server.exchange.forms.registers import ChangeForm, ReasonForm
from dataferry.server.exchange.models import Registration
from dataferry.server.exchange.pages.doors import exchange_page
from dataferry.server.exchange.queries import registrations as queries
from dataferry.server.exchange.queries.releases import versions_to_offer
from dataferry.server.exchange.states import RegistrationState
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.paging import keyset_page

PAGE = 50


@require_safe
@exchange_page
def register(request: HttpRequest) -> HttpResponse:
    """Every product that was entered in the register."""
    after = request.GET.get("after", "")[:2000]
    try:
        page = keyset_page(queries.in_register(), ("-certified_at", "-pk"), after or None, PAGE)
    except InputError:
        page = keyset_page(queries.in_register(), ("-certified_at", "-pk"), None, PAGE)
    context = {
        "section": "exchange",
        "tab": "register",
        "rows": [_row(each) for each in page.items],
        "more": page.next,
        "on_notice": queries.on_notice().count(),
        "may_supply": bool(queries.own_suppliers(request.user)),
    }
    return render(request, "exchange/registration_list.html", context)


@require_safe
@exchange_page
def notices(request: HttpRequest) -> HttpResponse:
    """Products that are about to be registered: everybody may look, and object."""
    rows = [(*_row(each), queries.notice_runs(each)) for each in queries.on_notice()[:PAGE]]
    return render(
        request, "exchange/registration_notices.html", {"section": "exchange", "tab": "notices", "rows": rows}
    )


def _row(each: Registration) -> tuple[Registration, Any, Any]:
    language = page_language()
    title = spoken(each.release.document.get("title") or each.product.slug, language)
    return each, title, spoken(each.supplier.organisation.name, language)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@exchange_page
def registration(request: HttpRequest, number: str) -> HttpResponse:
    """One registration: public from its notice on; its supplier and the registrar act on it here."""
    found = queries.registration_of(request.user, number)
    if request.method == "POST":
        people.require(request.user, "exchange.hand_in")
        _act(request, found)
        return redirect("exchange-registration", found.number)
    return render(request, "exchange/registration.html", _context(request.user, found))


def _act(request: HttpRequest, found: Registration) -> None:
    user, act, reason = signed_in_person(request), request.POST.get("do", ""), request.POST.get("reason", "")
    if act == "submit":
        with telling(request, _("Handed in. The registrar looks at it.")):
            actions.submit(user, found)
    elif act == "return":
        with telling(request, _("The registration is back with its supplier.")):
            actions.return_(user, found, reason)
    elif act == "refuse":
        with telling(request, _("Refused.")):
            actions.refuse(user, found, reason)
    elif act == "notice":
        with telling(request, _("On public notice for three days.")):
            actions.publish_notice(user, found)
    elif act == "certify":
        with telling(request, _("Entered in the register, and the certificate is issued.")):
            actions.certify(user, found)
    elif act == "cancel":
        with telling(request, _("Cancelled.")):
            registration_changes.cancel(user, found, reason)
    elif act in ("dismissed", "upheld", "withdraw_objection"):
        _act_on_objection(request, user, found, act, reason)
    else:
        _act_on_change(request, user, found, act, reason)


def _act_on_objection(request: HttpRequest, user: Any, found: Registration, act: str, reason: str) -> None:
    objection = queries.objection_of(user, found, request.POST.get("number", ""))
    if act == "withdraw_objection":
        with telling(request, _("The objection is withdrawn.")):
            objections.withdraw_objection(user, objection)
    else:
        with telling(request, _("The objection is decided.")):
            objections.decide_objection(user, objection, act, reason)


def _act_on_change(request: HttpRequest, user: Any, found: Registration, act: str, reason: str) -> None:
    if act == "renew":
        with telling(request, _("The registrar is asked for a renewal.")):
            registration_changes.renew(user, found)
    elif act == "change":
        form = ChangeForm(request.POST, releases=_other_releases(user, found))
        if form.is_valid():
            with telling(request, _("The registrar is asked for the change.")):
                registration_changes.change_registration(user, found, form.cleaned_data["release"])
    elif act in ("grant", "refuse_change", "withdraw_change"):
        change = found.changes.filter(outcome="").first()
        if change is None or not people.can(user, "exchange.see_registration", found):
            raise MissingError("server.exchange.no_registration", number=found.number)
        if act == "withdraw_change":
            with telling(request, _("The request is withdrawn.")):
                registration_changes.withdraw_change(user, change)
        else:
            with telling(request, _("Decided.")):
                registration_changes.decide_change(user, change, act == "grant", reason)


def _other_releases(user: Any, found: Registration) -> Any:
    return versions_to_offer(user, found.product, found.supplier).exclude(pk=found.release_id)


def _context(user: Any, found: Registration) -> dict[str, Any]:
    language = page_language()
    _found, title, supplier = _row(found)
    seen = people.can(user, "exchange.see_registration", found)
    acts = _acts(user, found)
    return {
        "section": "exchange",
        "tab": "register",
        "registration": found,
        "title": title,
        "supplier": supplier,
        "source": words.source_word(found.source_kind),
        "rights": [words.right_word(each) for each in found.rights.get("kinds") or []],
        "basis": spoken(found.rights.get("basis") or None, language),
        "runs": queries.notice_runs(found),
        "versions": list(found.versions.order_by("-version")),
        "certificate": found.certificates.order_by("-pk").first(),
        "listings": list(found.listings.filter(listed_at__isnull=False)),
        "drafts": list(found.listings.filter(listed_at__isnull=True)) if seen else [],
        "papers": list(found.papers.all()) if seen else [],
        "objections": [
            (each, words.ground_word(each.grounds), people.can(user, "exchange.decide_objection", each))
            for each in queries.objections_seen(user, found)
        ],
        "change": found.changes.filter(outcome="").select_related("release__product").first() if seen else None,
        "acts": acts,
        "reason_form": ReasonForm(),
        "change_form": ChangeForm(releases=_other_releases(user, found)) if acts["change"] else None,
        "seen": seen,
        "user_pk": user.pk,
    }


def _acts(user: Any, found: Registration) -> dict[str, bool]:
    """What this person may do with the registration in the state it is in."""
    state = RegistrationState(found.state)
    signs, decides = (
        people.can(user, "exchange.sign_registration", found),
        people.can(user, "exchange.decide_registration", found),
    )
    with_supplier = state in actions.CHANGEABLE
    return {
        "edit": with_supplier and people.can(user, "exchange.write_registration", found),
        "submit": with_supplier and signs,
        "examine": state == RegistrationState.SUBMITTED and decides,
        "certify": state == RegistrationState.NOTICE and decides and not queries.notice_runs(found),
        "object": queries.notice_runs(found) and people.can(user, "exchange.file_objection", found),
        "list": signs and state not in (RegistrationState.REFUSED, RegistrationState.CANCELLED),
        "change": state == RegistrationState.CERTIFIED and signs,
        "renew": state in registration_changes.STANDING and signs,
        "decide_change": decides,
        "cancel": (signs or decides) and state not in (RegistrationState.REFUSED, RegistrationState.CANCELLED),
    }
