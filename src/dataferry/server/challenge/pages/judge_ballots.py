"""What a judge (or a team) says beside sheets: whom they are tied to; and which of two tied entries is better."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import judges as actions
from dataferry.server.challenge.actions import panels
from dataferry.server.challenge.forms.judging import RelationForm
from dataferry.server.challenge.models import Edition, Entry, Judge, Relation, Round, Team
from dataferry.server.challenge.pages.judge_desk import judge_page
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.challenge.queries import blind, desk_view
from dataferry.server.challenge.queries import judges as queries
from dataferry.server.challenge.queries import panels as panel_queries
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def relations(request: HttpRequest, number: int) -> HttpResponse:
    """A judge's own relations; said to be all, entries may come."""
    judge = queries.own_judges(request.user).filter(pk=number).first()
    if judge is None:
        raise MissingError("server.challenge.no_judge", judge=number)
    if request.method == "POST" and request.POST.get("do") == "done":
        with telling(request, _("Thank you. Entries may come to you now.")):
            actions.declare_done(signed_in_person(request), judge)
        return redirect("challenge-desk")
    answer = _relation_posted(request, judge)
    if isinstance(answer, HttpResponse):
        return answer
    context = {"judge": judge, "said": judge.relations.filter(withdrawn_at=None), "form": answer}
    return render(request, "challenge/desk_relations.html", context, status=422 if answer.is_bound else 200)


@people.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def team_relations(request: HttpRequest, number: int) -> HttpResponse:
    """What a team says of its ties to people who may judge. It is never told who judges."""
    team = Team.objects.filter(pk=number, withdrawn_at=None).select_related("edition", "division").first()
    if team is None or not people.can(request.user, "challenge.declare_eligibility", team):
        raise MissingError("server.challenge.no_relation")
    answer = _relation_posted(request, team)
    if isinstance(answer, HttpResponse):
        return answer
    context = {"team": team, "said": team.relations.filter(withdrawn_at=None), "form": answer}
    return render(request, "challenge/judge_team_relations.html", context, status=422 if answer.is_bound else 200)


def _relation_posted(request: HttpRequest, side: Judge | Team) -> HttpResponse | RelationForm:
    """Add a relation or take one back; the form where there is something to show."""
    if request.method != "POST":
        return RelationForm()
    user = signed_in_person(request)
    if request.POST.get("do") == "withdraw":
        found = Relation.objects.filter(pk=number_in(request, "relation"))
        found = found.filter(judge=side) if isinstance(side, Judge) else found.filter(team=side)
        if (row := found.first()) is None:
            raise MissingError("server.challenge.no_relation")
        with telling(request, _("Taken back.")):
            actions.withdraw_relation(user, row)
        return redirect(request.path)
    form = RelationForm(request.POST)
    if form.is_valid():
        with telling_form(form):
            actions.declare_relation(user, side, form.cleaned_data["kind"], form.cleaned_data["other"])
            messages.success(request, _("Kept. Where it matches somebody, they and you do not meet in judging."))
    return redirect(request.path) if form.is_valid() else form


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def ballots(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Pairs of tied entries, for the judge to say which is better."""
    edition = Edition.objects.filter(slug=slug).first()
    judge = queries.own_judge(request.user, edition) if edition is not None else None
    round_ = Round.objects.filter(edition__slug=slug, code=code, judges=judge).select_related("edition").first()
    if judge is None or round_ is None:
        raise MissingError("server.challenge.no_round", round=code)
    if request.method == "POST":
        better, worse = (_entry(round_, request.POST.get(name, "")) for name in ("better", "worse"))
        with telling(request, _("Your vote is cast.")):
            panels.cast_ballot(signed_in_person(request), round_, better, worse)
        return redirect("challenge-desk-ballots", slug, code)
    waiting = panel_queries.open_pairs(round_) - panel_queries.ballots_of(round_, judge)
    context = {
        "round": round_,
        "round_title": desk_view.round_title(round_),
        "pairs": [_pair(round_, judge, sorted(pair)) for pair in sorted(waiting, key=sorted)],
    }
    return render(request, "challenge/desk_ballots.html", context)


def _entry(round_: Round, code: str) -> Entry:
    entry = Entry.objects.filter(edition=round_.edition, code=code[:20]).first()
    if entry is None:
        raise MissingError("server.challenge.no_round", round=code[:20])
    return entry


def _pair(round_: Round, judge: Judge, codes: list[str]) -> list[dict[str, Any]]:
    """The two entries of a pair, as the judge knows them."""
    found = []
    for code in codes:
        sheet = (
            judge.sheets.filter(round=round_, entry__code=code).select_related("entry__team", "round__edition").first()
        )
        title = blind.headline(sheet) if sheet is not None else {}
        found.append({"code": code, "title": title, "sheet": sheet.pk if sheet is not None else None})
    return found
