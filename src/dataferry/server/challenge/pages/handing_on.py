"""Conditional-open data for teams, and the finalists' releases that are offered to the exchange."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.catalogue.models import Dataset
from dataferry.server.challenge.actions import data_use
from dataferry.server.challenge.actions.listing import offer_listings
from dataferry.server.challenge.edition_words import kind_word
from dataferry.server.challenge.forms.desk import GrantForm
from dataferry.server.challenge.models import DataGrant, Edition, ListingDraft, Team
from dataferry.server.challenge.pages.desk import desk_of
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Grant conditional data to a team for a phase; what stands, and what was taken back."""
    _user, edition, divisions = desk_of(request, slug)
    teams = Team.objects.filter(edition=edition, division__in=divisions, withdrawn_at=None)
    grants = DataGrant.objects.filter(team__edition=edition, team__division__in=divisions)
    grants = grants.select_related("team__division", "dataset").order_by("taken_back_at", "until", "pk")
    if request.method == "POST" and request.POST.get("do") == "take_back":
        _take_back(request, grants)
        return redirect("challenge-data-grants", slug)
    rules = _rules(edition)
    form = GrantForm(rules, teams, request.POST or None)
    if request.method == "POST" and form.is_valid() and _grant(request, edition, form):
        return redirect("challenge-data-grants", slug)
    rows = list(grants[:2000])
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "rules": rules,
        "standing": [(row, kind_word(row.phase)) for row in rows if row.taken_back_at is None],
        "ended": [(row, kind_word(row.phase)) for row in rows if row.taken_back_at is not None],
    }
    return render(request, "challenge/grant_desk.html", context, status=422 if form.is_bound else 200)


def _rules(edition: Edition) -> list[tuple[str, str]]:
    rules = edition.file.data_use.conditional
    return [(code, f"{each.dataset} · {kind_word(each.phase)}") for code, each in rules.items()]


def _grant(request: HttpRequest, edition: Edition, form: GrantForm) -> bool:
    rule = edition.file.data_use.conditional[form.cleaned_data["rule"]]
    dataset = Dataset.objects.filter(slug=rule.dataset).first()
    if dataset is None:
        form.add_error("rule", _("The catalogue has no dataset of this name."))
        return False
    with telling_form(form):
        data_use.grant_data(signed_in_person(request), form.cleaned_data["team"], dataset, rule.phase)
        messages.success(request, _("The team's members may open the data until the phase ends."))
    return form.is_valid()


def _take_back(request: HttpRequest, grants: Any) -> None:
    row = grants.filter(pk=number_in(request, "number")).first()
    if row is None:
        raise MissingError("server.challenge.no_grant")
    with telling(request, _("The data is taken back.")):
        data_use.take_back_grant(signed_in_person(request), row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def listings(request: HttpRequest, slug: str) -> HttpResponse:
    """The finalists' releases that are offered to the exchange, and the button that offers them."""
    user, edition, divisions = desk_of(request, slug)
    if request.method == "POST":
        with telling(request):
            made = offer_listings(user, edition)
            messages.success(request, _("%(count)s listing drafts are new.") % {"count": len(made)})
        return redirect("challenge-listings", slug)
    context = {
        "section": "challenge",
        "edition": edition,
        "drafts": _drafts(edition, divisions)[:2000],
        "may_offer": people.can(user, "challenge.organise", edition),
    }
    return render(request, "challenge/listing_desk.html", context)


def _drafts(edition: Edition, divisions: list[Any]) -> Any:
    rows = ListingDraft.objects.filter(entry__edition=edition, entry__division__in=divisions)
    return rows.select_related("entry__division", "release__product")


def _draft(request: HttpRequest, slug: str, code: str) -> tuple[Edition, ListingDraft]:
    _user, edition, divisions = desk_of(request, slug)
    row = _drafts(edition, divisions).filter(entry__code=code.upper()[:20]).first()
    if row is None:
        raise MissingError("server.challenge.no_such_entry", entry=code[:20])
    return edition, row


@require_safe
@never_cache
@signed_in
def listing(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One listing draft with its dossier."""
    edition, row = _draft(request, slug, code)
    context = {"section": "challenge", "edition": edition, "draft": row, "dossier": row.dossier}
    return render(request, "challenge/listing_draft.html", context)


@require_safe
@never_cache
@signed_in
def dossier(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The dossier as JSON, as the exchange takes it."""
    _edition, row = _draft(request, slug, code)
    text = json.dumps(row.dossier, ensure_ascii=False, indent=2, sort_keys=True)
    answer = HttpResponse(text + "\n", content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{row.entry.code.lower()}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer
