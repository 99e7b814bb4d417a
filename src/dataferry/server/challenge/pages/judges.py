"""The organisers' side of judges: the panels, one judge, conflicts of interest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import judges as actions
from dataferry.server.challenge.forms.judging import AppointForm, ConflictForm, PanelForm, ReasonForm
from dataferry.server.challenge.models import Conflict, Edition, Judge, ScoreSheet
from dataferry.server.challenge.queries import chair, panels
from dataferry.server.challenge.queries import judges as queries
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

OF_THE_DESK = "challenge.see_desk"


def edition_of(request: HttpRequest, slug: str) -> Edition:
    """An edition, for organisers. For anybody else it has no such page.

    Raises:
        MissingError: `server.challenge.no_round`.
    """
    edition = Edition.objects.filter(slug=slug).first()
    if edition is None or not any(people.can(request.user, "challenge.organise", each) for each in _parts(edition)):
        raise MissingError("server.challenge.no_round", round=slug)
    return edition


def _parts(edition: Edition) -> list[Any]:
    return [edition, *edition.divisions.all()]


def number_in(request: HttpRequest, name: str) -> int:
    """A row's number of a posted form; none that exists where it is not one."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def judges(request: HttpRequest, slug: str) -> HttpResponse:
    """Every judge of an edition, and a form to appoint one more."""
    edition = edition_of(request, slug)
    form = AppointForm(edition, request.POST or None)
    if request.method == "POST" and form.is_valid() and _appoint(request, edition, form):
        return redirect("challenge-judges", slug)
    rows = list(queries.judges_of(edition))
    context = {
        "edition": edition,
        "judges": [(judge, name) for judge, name in zip(rows, _names(rows), strict=True)],
        "rounds": list(edition.rounds.select_related("division")),
        "form": form,
        "flagged": len(queries.flagged(edition)),
        "reports": sum(each["passed"] for each in panels.reported_entries(edition)),
    }
    return render(
        request, "challenge/judge_list.html", {**context, "tab": "judges"}, status=422 if form.is_bound else 200
    )


def _names(rows: list[Judge]) -> list[str]:
    named = chair.names_of(rows)
    return [named[judge.pk] for judge in rows]


def _appoint(request: HttpRequest, edition: Edition, form: AppointForm) -> bool:
    address = EmailAddress.objects.filter(email__iexact=form.cleaned_data["email"], verified=True, user__is_active=True)
    found = address.select_related("user").first()
    if found is None:
        form.add_error("email", _("No account has this verified address. Ask the person for the address of theirs."))
        return False
    with telling_form(form):
        actions.appoint(signed_in_person(request), edition, found.user, city=form.cleaned_data["city"], **form.chosen())
        messages.success(request, _("Appointed. Confirm the identity next; the judge declares their relations."))
    return form.is_valid()


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One judge: identity, languages, topics, rounds, conflicts, relations, leaving."""
    edition = edition_of(request, slug)
    row = _judge_in(request, edition, number)
    changing, leaving = PanelForm.of(row), ReasonForm(prefix="leave")
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "confirm":
            with telling(request, _("The identity is confirmed.")):
                actions.confirm_identity(signed_in_person(request), row)
            return redirect("challenge-judge", slug, number)
        changing = PanelForm.of(row, request.POST) if act == "change" else changing
        leaving = ReasonForm(request.POST, prefix="leave") if act == "drop" else leaving
        if _changed(request, row, changing, leaving):
            return redirect("challenge-judge", slug, number)
    context = {
        "edition": edition,
        "judge": row,
        "judge_name": _names([row])[0],
        "address": row.user.email if row.user else "",
        "conflicts": queries.standing(edition).filter(judge=row).select_related("team__division"),
        "relations": row.relations.filter(withdrawn_at=None),
        "changing": changing,
        "leaving": leaving,
        "own": row.user_id == request.user.pk,
    }
    return render(
        request,
        "challenge/judge_page.html",
        {**context, "tab": "judges"},
        status=422 if request.method == "POST" else 200,
    )


def _judge_in(request: HttpRequest, edition: Edition, number: int) -> Judge:
    row = queries.judge_by_id(signed_in_person(request), number)
    if row.edition_id != edition.pk or not people.can(request.user, "challenge.organise", row):
        raise MissingError("server.challenge.no_judge", judge=number)
    return row


def _changed(request: HttpRequest, row: Judge, changing: PanelForm, leaving: ReasonForm) -> bool:
    user = signed_in_person(request)
    if changing.is_bound and changing.is_valid():
        with telling_form(changing):
            actions.change_judge(user, row, **changing.chosen())
            messages.success(request, _("Changed."))
        return changing.is_valid()
    if leaving.is_bound and leaving.is_valid():
        with telling_form(leaving):
            actions.drop_judge(user, row, leaving.cleaned_data["reason"])
            messages.success(request, _("The judge has left. Assign open rounds again."))
        return leaving.is_valid()
    return False


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conflicts(request: HttpRequest, slug: str) -> HttpResponse:
    """All conflicts as a matrix; flagged sheets; relations that matched nobody; and a form to declare one."""
    edition = edition_of(request, slug)
    user = signed_in_person(request)
    sitting = [each for each in Judge.objects.filter(edition=edition, dropped_at=None) if _may(request, each)]
    named = {each.user_id or 0: name for each, name in zip(sitting, _names(sitting), strict=True)}
    own = Judge.objects.filter(pk__in=[each.pk for each in sitting])
    form = ConflictForm(own, edition.teams.filter(withdrawn_at=None), named)
    if request.method == "POST":
        act = request.POST.get("do", "declare")
        if act in _ACTS:
            _ACTS[act](request, edition)
            return redirect("challenge-conflicts", slug)
        form = ConflictForm(own, edition.teams.filter(withdrawn_at=None), named, request.POST)
        if form.is_valid():
            data = form.cleaned_data
            with telling_form(form):
                actions.declare_conflict(user, data["judge"], data["team"], data["source"], data["reason"])
                messages.success(request, _("The conflict stands. Assign open rounds again where it took a sheet."))
            if form.is_valid():
                return redirect("challenge-conflicts", slug)
    matrix = chair.matrix(edition)
    context = {
        "edition": edition,
        "matrix": matrix,
        "columns": list(zip(matrix.judges, _names(list(matrix.judges)), strict=True)),
        "flagged": queries.flagged(edition),
        "unmatched": queries.unmatched(edition),
        "form": form,
    }
    return render(
        request, "challenge/judge_conflicts.html", {**context, "tab": "conflicts"}, status=422 if form.is_bound else 200
    )


def _may(request: HttpRequest, each: Judge) -> bool:
    return people.can(request.user, "challenge.organise", each)


def _withdraw(request: HttpRequest, edition: Edition) -> None:
    found = Conflict.objects.filter(judge__edition=edition, pk=number_in(request, "conflict")).first()
    if found is None:
        raise MissingError("server.challenge.no_conflict")
    with telling(request, _("The conflict is withdrawn.")):
        actions.withdraw_conflict(signed_in_person(request), found, request.POST.get("reason", ""))


def _set_aside(request: HttpRequest, edition: Edition) -> None:
    found = ScoreSheet.objects.filter(round__edition=edition, pk=number_in(request, "sheet")).first()
    if found is None:
        raise MissingError("server.challenge.no_sheet", sheet=number_in(request, "sheet"))
    with telling(request, _("The sheet is out of the result.")):
        actions.set_aside(signed_in_person(request), found, request.POST.get("reason", ""))


_ACTS: dict[str, Callable[[HttpRequest, Edition], None]] = {"withdraw": _withdraw, "set-aside": _set_aside}
