"""The organisers' page of a round's result: from closed sheets to a published result, the next step first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge import result_view as view
from dataferry.server.challenge.actions import feedback
from dataferry.server.challenge.actions import results as actions
from dataferry.server.challenge.forms.results import ComputeForm
from dataferry.server.challenge.models import Entry, Result, Round
from dataferry.server.challenge.pages.result_frame import result_frame, signed_page
from dataferry.server.challenge.queries import appeals as appeal_queries
from dataferry.server.challenge.queries import feedback as feedback_queries
from dataferry.server.challenge.queries import results as queries
from dataferry.server.challenge.queries.desk_view import round_title
from dataferry.server.challenge.queries.sheets import round_of
from dataferry.server.challenge.states import EntryState, ResultState, RoundState
from dataferry.server.challenge.team_view import deadline
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


@signed_page
def result(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A round's newest result and what can be done with it."""
    row = round_of(request.user, slug, code)
    computing = ComputeForm()
    replayed = None
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "compute":
            computing = ComputeForm(request.POST)
            if computing.is_valid() and _compute(request, row, computing):
                return redirect("challenge-round-result", slug, code)
        elif act == "replay":
            people.require(request.user, "challenge.organise", row)
            replayed = actions.replay_edition(row.edition)
        else:
            _act(request, row, act)
            return redirect("challenge-round-result", slug, code)
    newest = queries.revisions_of(row).first()
    context = {**_frame(request, row), "computing": computing, "replayed": replayed, **_steps(row, newest)}
    if newest is not None:
        context |= shown(newest)
    return render(request, "challenge/result_round.html", context, status=422 if computing.is_bound else 200)


def _frame(request: HttpRequest, row: Round) -> dict[str, Any]:
    revisions = queries.revisions_of(row).defer("document").select_related("computed_by")
    return {
        **result_frame(request, row.edition, f"round-{row.code}"),
        "round": row,
        "round_title": round_title(row),
        "revisions": list(revisions),
    }


def shown(row: Result) -> dict[str, Any]:
    """A revision for a page: rankings, awards, ties, facts."""
    document, edition = queries.document_of(row), row.round.edition
    entries = queries.entries_by_code(edition)
    return {
        "result": row,
        "rankings": view.rankings(document, edition.divisions.all(), entries, edition.file),
        "awards": [(each, entries.get(each.entry)) for each in view.awards(document, edition.file)],
        "facts": view.facts(document, edition.file),
        "ties": [[entries[code] for code in tie] for tie in document["outcome"]["unresolved"]],
        "unranked": document["outcome"]["unranked"],
        "is_final": row.round.stage == "final",
    }


def _steps(row: Round, newest: Result | None) -> dict[str, Any]:
    """What may be done now, and what stands against it."""
    state = newest.state if newest else ""
    sealed = queries.sealed_result(row)
    windows = []
    if newest is not None and state == ResultState.PROVISIONAL:
        divisions = [row.division] if row.division else list(row.edition.divisions.all())
        found = [(each, appeal_queries.window_of(newest, each)) for each in divisions]
        windows = [
            (each.city, deadline(window.closes, each))
            for each, window in found
            if window is not None and window.closes is not None and window.closes > clock.now()
        ]
    published = Result.objects.filter(round=row, state=ResultState.PUBLISHED).first()
    return {
        "can_compute": row.state == RoundState.CLOSED,
        "result_state": state,
        "windows": windows,
        "unanswered": appeal_queries.unanswered(newest) if newest else 0,
        "uncorrected": appeal_queries.uncorrected(newest) if newest else False,
        "to_shortlist": row.stage == "screening" and sealed is not None and _waits_for_shortlist(row),
        "published": published,
        "feedback_sent": feedback_queries.is_sent(published) if published else False,
        "special": _special(row),
        "chair_may": "chair" in row.rules.get("ties", ()),
        "pairwise_may": "pairwise" in row.rules.get("ties", ()),
    }


def _waits_for_shortlist(row: Round) -> bool:
    scored = Entry.objects.filter(edition=row.edition, state=EntryState.SCORED)
    return (scored.filter(division=row.division) if row.division_id else scored).exists()


def _special(row: Round) -> list[dict[str, Any]]:
    """The special awards of the round, each with what the jury decided and whom it may name."""
    codes = [str(each["code"]) for each in row.rules.get("awards", ()) if each["kind"] == "special"]
    if not codes:
        return []
    named = {each.award: each for each in row.deliberations.filter(kind="award").order_by("signed_at", "pk")}
    judged = Entry.objects.filter(sheets__round=row).exclude(state__in=actions.GONE).distinct().order_by("code")
    entries, file = list(judged.select_related("team")), row.edition.file
    return [
        {"code": code, "title": view.award_title(file, code), "decided": named.get(code), "entries": entries}
        for code in codes
    ]


def _compute(request: HttpRequest, row: Round, form: ComputeForm) -> bool:
    with telling_form(form):
        made = actions.compute_result(signed_in_person(request), row, form.cleaned_data["reason"])
        messages.success(
            request, _("Revision %(n)d is computed. Only organisers see it so far.") % {"n": made.revision}
        )
    return form.is_valid()


def _act(request: HttpRequest, row: Round, act: str) -> None:
    if act not in _ACTS:
        raise MissingError("server.challenge.no_round", round=row.code)
    _ACTS[act](request, row)


def _newest(row: Round) -> Result:
    newest = queries.revisions_of(row).first()
    if newest is None:
        raise MissingError("server.challenge.no_result", round=row.code, revision=1)
    return newest


def _tie(request: HttpRequest, row: Round) -> None:
    """The chair's order stands in the numbers beside the entries."""
    codes = request.POST.getlist("entry")[:100]
    wanted = sorted(codes, key=lambda code: (_number(request.POST.get(f"rank-{code}", "")), code))
    numbers = [_number(request.POST.get(f"rank-{code}", "")) for code in codes]
    if sorted(numbers) != list(range(1, len(codes) + 1)):
        messages.error(request, _("Give each entry of the tie a number of its own, 1 for the best."))
        return
    entries = {each.code: each for each in Entry.objects.filter(edition=row.edition, code__in=codes)}
    with telling(request, _("The tie is decided. Compute the result again: the next revision follows the decision.")):
        order = [entries[code] for code in wanted if code in entries]
        actions.decide_tie(signed_in_person(request), row, order, request.POST.get("reason", ""))


def _award(request: HttpRequest, row: Round) -> None:
    entry = Entry.objects.filter(edition=row.edition, code=request.POST.get("entry", "")[:20]).first()
    if entry is None:
        messages.error(request, _("Choose an entry."))
        return
    with telling(request, _("The award is decided. Compute the result again: the next revision carries it.")):
        award, reason = request.POST.get("award", "")[:60], request.POST.get("reason", "")
        actions.name_award(signed_in_person(request), row, award, entry, reason)


def _provisional(request: HttpRequest, row: Round) -> None:
    with telling(request, _("The result is public as provisional; the teams have letters.")):
        actions.publish_provisional(signed_in_person(request), _newest(row))


def _seal(request: HttpRequest, row: Round) -> None:
    with telling(request):
        actions.seal_result(signed_in_person(request), _newest(row))
        messages.success(request, _("Sealed. The replay computed every stage of the edition again, to the same bytes."))


def _publish(request: HttpRequest, row: Round) -> None:
    with telling(request, _("The result is published.")):
        actions.publish_result(signed_in_person(request), _newest(row))


def _shortlist(request: HttpRequest, row: Round) -> None:
    with telling(request):
        chosen = actions.apply_shortlist(signed_in_person(request), row.edition)
        told = ", ".join(f"{division}: {len(codes)}" for division, codes in sorted(chosen.items()))
        messages.success(request, _("The finalists are set (%(told)s); the teams have letters.") % {"told": told})


def _feedback(request: HttpRequest, row: Round) -> None:
    published = Result.objects.filter(round=row, state=ResultState.PUBLISHED).first() or _newest(row)
    with telling(request):
        count = feedback.send_feedback(signed_in_person(request), published)
        told = ngettext("%(count)d team has its letter.", "%(count)d teams have their letters.", count)
        messages.success(request, told % {"count": count})


_ACTS: dict[str, Callable[[HttpRequest, Round], None]] = {
    "tie": _tie,
    "award": _award,
    "provisional": _provisional,
    "seal": _seal,
    "publish": _publish,
    "shortlist": _shortlist,
    "feedback": _feedback,
}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


@signed_page
def revision(request: HttpRequest, slug: str, code: str, number: int) -> HttpResponse:
    """One revision, readable for ever by the organisers of the round."""
    row = round_of(request.user, slug, code)
    found = queries.revision_of(row, number)
    return render(request, "challenge/result_revision.html", {**_frame(request, row), **shown(found)})


@signed_page
def document(request: HttpRequest, slug: str, code: str, number: int) -> HttpResponse:
    """The document of a revision as it was computed, to the byte: for the organisers, since it numbers judges."""
    row = queries.revision_of(round_of(request.user, slug, code), number)
    answer = HttpResponse(row.document, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{code}-r{number}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer
