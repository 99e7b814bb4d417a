"""Nominations for the national contest: the organisers' table, and the question to the team."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import store
from dataferry.server.challenge.actions import nominations as actions
from dataferry.server.challenge.models import Edition, Entry, Nomination
from dataferry.server.challenge.pages.edition_view import title_of
from dataferry.server.challenge.pages.result_frame import organised_edition, result_frame, signed_page
from dataferry.server.challenge.queries import nominations as queries
from dataferry.server.challenge.states import EditionState, EntryState
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in_person


@signed_page
def nominations(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is nominated, in which track, and how far each is; those without a track first."""
    edition = organised_edition(request, slug)
    if request.method == "POST":
        _act(request, edition)
        return redirect("challenge-nominations", slug)
    rule = edition.file.nomination
    rows = [(each, track_word(edition, each)) for each in queries.nominations_of(edition)]
    context = {
        **result_frame(request, edition, "nominations"),
        "rule": rule,
        "rows": sorted(rows, key=lambda row: (bool(row[1]), row[0].entry.code)),
        "may_select": rule.applies and edition.state in (EditionState.FINAL, EditionState.NOMINATED),
        "choices": queries.to_nominate(edition),
    }
    return render(request, "challenge/nomination_list.html", context)


def track_word(edition: Edition, nomination: Nomination) -> str:
    """The national track by its name; empty while none is mapped."""
    code = nomination.track or edition.file.track_of(nomination.entry.subcategory) or ""
    rules = edition.file.tracks.get(code)
    return title_of(rules.title, code).text if rules else code


def _act(request: HttpRequest, edition: Edition) -> None:
    user, act = signed_in_person(request), request.POST.get("do", "")
    if act == "select":
        _select(request, edition)
        return
    found = queries.nomination_in(edition, _number(request.POST.get("nomination", "")))
    if act == "package":
        with telling(request, _("The package is made. Look at it before you send it.")):
            actions.package(user, found)
    elif act == "send":
        with telling(request, _("Noted as sent.")):
            actions.send(user, found)
    elif act in ("accepted", "returned"):
        with telling(request, _("The answer is noted.")):
            actions.answer(user, found, accepted=act == "accepted", words=request.POST.get("words", ""))
    else:
        raise MissingError("server.challenge.no_nomination_here", number=found.pk)


def _select(request: HttpRequest, edition: Edition) -> None:
    """By the edition's rule, or those that were ticked where it leaves it to people."""
    ticked = request.POST.getlist("entry")[:500]
    chosen = None
    if edition.file.nomination.who not in ("awarded", "finalists"):
        in_final = (EntryState.PRESENTED, EntryState.AWARDED)
        chosen = list(Entry.objects.filter(edition=edition, code__in=ticked, state__in=in_final))
        if not chosen:
            messages.error(request, _("Tick at least one entry."))
            return
    with telling(request):
        made = len(actions.select(signed_in_person(request), edition, chosen))
        told = ngettext("%(count)d entry is nominated.", "%(count)d entries are nominated.", made) % {"count": made}
        messages.success(request, told + " " + _("Their teams are asked whether they agree."))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


@signed_page
def package(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """The package as it was made, for organisers: it names the team and holds its files."""
    found = queries.nomination_in(organised_edition(request, slug), number)
    path = store.path_of(found.package) if found.package else None
    if path is None or not path.is_file():
        raise MissingError("server.challenge.no_nomination_here", number=number)
    answer = FileResponse(
        io.BytesIO(path.read_bytes()),
        as_attachment=True,
        filename=f"{slug}-{found.entry.code}-nomination.zip",
        content_type="application/zip",
    )
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@signed_page
def nomination(request: HttpRequest, number: int) -> HttpResponse:
    """The question to a team: does it agree to be nominated? Its leader answers."""
    user = signed_in_person(request)
    row = queries.nomination_of(user, number)
    if request.method == "POST":
        agrees = request.POST.get("do") == "agree"
        done = _("You agree: the organisers put the package together.") if agrees else _("You have declined.")
        with telling(request, done):
            actions.consent(user, row, agrees)
        return redirect("challenge-nomination", number)
    context: dict[str, Any] = {
        "section": "challenge",
        "row": row,
        "edition": row.edition,
        "track": track_word(row.edition, row),
        "contest": title_of(row.edition.file.nomination.contest, ""),
        "may_answer": people.can(user, "challenge.answer_nomination", row),
    }
    return render(request, "challenge/nomination_team.html", context)
