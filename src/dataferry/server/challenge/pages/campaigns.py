"""Mail to many: the list, writing, looking at it as somebody gets it, a try, the confirmation, how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.server import letters
from dataferry.server.challenge.actions import campaigns as actions
from dataferry.server.challenge.forms.desk import AUDIENCES, TONGUES, CampaignForm
from dataferry.server.challenge.models import MailCampaign
from dataferry.server.challenge.pages.desk import desk_of
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.challenge.queries import campaigns as queries
from dataferry.server.jobs.models import Job
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in
from dataferry.server.people.queries import display_names

MOST_CHOICES = 500
PAGE_LANGUAGE = {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}


@require_safe
@never_cache
@signed_in
def campaigns(request: HttpRequest, slug: str) -> HttpResponse:
    """Every campaign with what became of its letters."""
    user, edition, _divisions = desk_of(request, slug)
    rows = list(queries.campaigns_for(user, edition)[:500])
    counted = queries.post_counts(rows)
    context = {
        "section": "challenge",
        "edition": edition,
        "rows": [(row, AUDIENCES.get(row.audience, row.audience), counted[row.pk]) for row in rows],
    }
    return render(request, "challenge/campaign_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a letter to many."""
    user, edition, divisions = desk_of(request, slug)
    form = CampaignForm(request.POST or None, edition=edition, divisions=divisions)
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            made = actions.write_campaign(user, edition, **form.values())
        if made is not None:
            messages.success(request, _("Saved as a draft. Look at it as somebody gets it, then confirm."))
            return redirect("challenge-campaign", slug, made.pk)
    context = {"section": "challenge", "edition": edition, "form": form, "fields_known": _fields()}
    return render(request, "challenge/campaign_write.html", context, status=422 if form.is_bound else 200)


def _fields() -> list[tuple[str, list[str]]]:
    """The placeholders of each kind of letter."""
    told = {"teams": _("To teams"), "judges": _("To judges"), "mentors": _("To mentors")}
    return [(told[kind], [f"{{{name}}}" for name in sorted(queries.FIELDS[kind])]) for kind in told]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def change(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a draft."""
    user, edition, divisions = desk_of(request, slug)
    row = queries.campaign_of(user, edition, number)
    form = CampaignForm(request.POST or None, campaign=row, edition=edition, divisions=divisions)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            actions.change_campaign(user, row, form.cleaned_data["revision"] or 0, **form.values())
        if form.is_valid():
            messages.success(request, _("Saved."))
            return redirect("challenge-campaign", slug, number)
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "campaign": row,
        "fields_known": _fields(),
    }
    return render(request, "challenge/campaign_write.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def campaign(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One campaign: faults, the letter as a chosen person gets it, a try, progress, counts."""
    user, edition, _divisions = desk_of(request, slug)
    row = queries.campaign_of(user, edition, number)
    if request.method == "POST":
        _act(request, user, row)
        return redirect("challenge-campaign", slug, number)
    people_ids = row.addressees if row.confirmed_at else queries.addressees(edition, row.division, row.audience)
    chosen = _chosen(request, people_ids)
    job = Job.objects.filter(pk=row.job or 0).first()
    context = {
        "section": "challenge",
        "edition": edition,
        "campaign": row,
        "audience": AUDIENCES.get(row.audience, row.audience),
        "findings": [(each.severity, each.text()) for each in actions.faults(row)] if row.confirmed_at is None else [],
        "recipients": len(people_ids),
        "choices": sorted(display_names(people_ids[:MOST_CHOICES]).items(), key=lambda pair: pair[1]),
        "chosen": chosen,
        "previews": _previews(row, chosen),
        "counts": queries.post_counts([row])[row.pk],
        "job": job,
        "refresh": request.path,
        "done_address": request.path if "HX-Request" in request.headers else "",
        "is_draft": row.confirmed_at is None and row.cancelled_at is None,
        "may_repeat": job is not None and job.state == "failed" and row.sent_at is None and row.cancelled_at is None,
    }
    return render(request, "challenge/campaign_page.html", context)


def _chosen(request: HttpRequest, ids: list[int]) -> int:
    """The addressee as whom the letter is looked at: the one asked for, else the first; 0 where there is nobody."""
    text = request.GET.get("like", "")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    return wanted if wanted in ids else (ids[0] if ids else 0)


def _previews(row: MailCampaign, person: int) -> list[dict[str, Any]]:
    """The letter in each language, with the data of that person."""
    if not person or row.cancelled_at is not None:
        return []
    template, shown = queries.template_of(row), []
    for language, told in TONGUES.items():
        values = queries.values_in(row, person, language)
        written, _findings = letters.preview(template, values, language)
        own = written is not None and written.language == language
        shown.append({"told": told, "lang": PAGE_LANGUAGE[language], "letter": written if own else None})
    return shown


def _act(request: HttpRequest, user: Any, row: MailCampaign) -> None:
    act = request.POST.get("do", "")
    if act == "try":
        with telling(request, _("The letter is on its way to you.")):
            actions.try_campaign(user, row, number_in(request, "like"))
    elif act == "repeat":
        with telling(request, _("Asked for again. Nobody gets the letter twice.")):
            actions.repeat_campaign(user, row)
    elif act == "cancel":
        with telling(request, _("Cancelled. What was sent stays sent.")):
            actions.cancel_campaign(user, row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def confirm(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How many people get it: the last look before it goes out."""
    user, edition, _divisions = desk_of(request, slug)
    row = queries.campaign_of(user, edition, number)
    if request.method == "POST":
        with telling(request, _("It goes out now.")):
            actions.confirm_campaign(user, row, number_in(request, "revision"), number_in(request, "expected"))
        return redirect("challenge-campaign", slug, number)
    if row.confirmed_at is not None or row.cancelled_at is not None:
        return redirect("challenge-campaign", slug, number)
    found = queries.addressees(edition, row.division, row.audience)
    context = {
        "section": "challenge",
        "edition": edition,
        "campaign": row,
        "audience": AUDIENCES.get(row.audience, row.audience),
        "recipients": len(found),
        "blocked": [each.text() for each in actions.faults(row) if each.severity == "blocked"],
        "back": reverse("challenge-campaign", args=[slug, number]),
        "texts": [
            {"told": told, "lang": PAGE_LANGUAGE[language], "subject": row.subject.get(language, "")}
            for language, told in TONGUES.items()
        ],
    }
    return render(request, "challenge/campaign_confirm.html", context)
