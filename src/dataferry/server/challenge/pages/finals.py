"""The final: running order, and the timer that the chair runs and a second screen shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import presentations as actions
from dataferry.server.challenge.edition_words import zone_word
from dataferry.server.challenge.forms.results import OrderForm
from dataferry.server.challenge.models import Entry, Round, Slot
from dataferry.server.challenge.pages.result_frame import result_frame, round_name, signed_page
from dataferry.server.challenge.queries import finals as queries
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person


def _frame(request: HttpRequest, final: Round) -> dict[str, Any]:
    return {**result_frame(request, final.edition, "final"), "round": final, "round_title": round_name(final)}


def zone_of(final: Round) -> ZoneInfo:
    """The zone in which the final's times are told."""
    return final.edition.file.zone()


@signed_page
def order(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The order of the presentations: numbers, up and down, or a draw whose seed is kept."""
    final = queries.final_of(request.user, slug, code)
    listed = _listed(request, final)
    zone = zone_of(final)
    form = OrderForm(request.POST or None, initial=_initial(final, zone))
    act = request.POST.get("do", "")
    if act.startswith(("up-", "down-")):
        listed = _moved(listed, act)
    elif act in ("save", "draw") and form.is_valid() and _save(request, final, listed, form, draw=act == "draw"):
        return redirect("challenge-final-order", slug, code)
    context = {
        **_frame(request, final),
        "form": form,
        "listed": listed,
        "seed": queries.seed_of(final),
        "slots": list(queries.slots_of(final)),
        "begun": queries.has_begun(final),
        "zone": zone_word(zone.key),
        "changed": request.method == "POST",
    }
    failed = act in ("save", "draw")
    return render(request, "challenge/final_order.html", context, status=422 if failed else 200)


def _initial(final: Round, zone: ZoneInfo) -> dict[str, Any]:
    first = queries.slots_of(final).first()
    if first is not None and first.starts_at is not None:
        local = first.starts_at.astimezone(zone).replace(tzinfo=None)
        return {
            "starts_at": local,
            "present": first.present_seconds // 60,
            "questions": first.question_seconds // 60,
        }
    phase = final.edition.phases.filter(kind="final").order_by("opens_at").first()
    return {"starts_at": phase.opens_at.astimezone(zone).replace(tzinfo=None)} if phase else {}


def _listed(request: HttpRequest, final: Round) -> list[Entry]:
    """The finalists in the order of the numbers that came with the form, else as saved, else by code."""
    finalists = queries.finalists(final)
    saved = {slot.entry_id: slot.position for slot in queries.slots_of(final)}
    places = {
        each.pk: _number(request.POST.get(f"place-{each.pk}", "")) if request.method == "POST" else saved.get(each.pk)
        for each in finalists
    }
    return sorted(
        finalists, key=lambda each: (places[each.pk] is None, places[each.pk] or 0, saved.get(each.pk, 0), each.code)
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None


def _moved(listed: list[Entry], act: str) -> list[Entry]:
    """One entry changes places with its neighbour."""
    way, _dash, number = act.partition("-")
    at = next((index for index, each in enumerate(listed) if str(each.pk) == number), None)
    to = None if at is None else at - 1 if way == "up" else at + 1
    if at is None or to is None or not 0 <= to < len(listed):
        return listed
    changed = list(listed)
    changed[at], changed[to] = changed[to], changed[at]
    return changed


def _save(request: HttpRequest, final: Round, listed: list[Entry], form: OrderForm, *, draw: bool) -> bool:
    """Save the order as numbered, or draw one. A draw is saved at once, with its seed, and so is every other draw:
    nobody draws until they like what they see."""
    given = form.cleaned_data
    seed = actions.new_seed() if draw else queries.seed_of(final)
    order = actions.drawn(listed, seed) if draw else listed
    if not draw and actions.drawn(listed, seed) != listed:
        seed = ""
    with telling_form(form):
        actions.set_running_order(
            signed_in_person(request),
            final,
            order,
            # The form's moment is meant in the zone of the final, whatever zone the visitor has.
            starts_at=given["starts_at"].replace(tzinfo=zone_of(final)),
            present=timedelta(minutes=given["present"]),
            questions=timedelta(minutes=given["questions"]),
            seed=seed,
        )
        messages.success(request, _("The order is drawn and saved.") if draw else _("The running order is saved."))
    return form.is_valid()


@signed_page
def timer(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The chair's timer: begin, questions, end."""
    final = queries.final_of(request.user, slug, code)
    if request.method == "POST":
        _step(request, final)
        return redirect("challenge-final-timer", slug, code)
    return render(request, "challenge/final_timer.html", {**_frame(request, final), **_board(final), "chairs": True})


def _step(request: HttpRequest, final: Round) -> None:
    steps = {"begin": actions.begin, "questions": actions.begin_questions, "end": actions.end}
    act, number = request.POST.get("do", ""), _number(request.POST.get("slot", "")) or 0
    if act not in steps:
        raise MissingError("server.challenge.no_slot", number=number)
    with telling(request):
        steps[act](signed_in_person(request), queries.slot_of(final, number))


@require_safe
@people.signed_in
def screen(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The same timer on a second screen, for everybody in the room: large, nothing to press."""
    final = queries.seen_final(request.user, slug, code)
    return render(request, "challenge/final_screen.html", {**_frame(request, final), **_board(final), "chairs": False})


@require_safe
@people.signed_in
def state(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What runs now, for the timer's script: the server's clock and how long the part has run."""
    final = queries.seen_final(request.user, slug, code)
    answer = JsonResponse(clock_state(final))
    answer["Cache-Control"] = "no-store"
    return answer


def clock_state(final: Round) -> dict[str, Any]:
    """The part that runs, and how many seconds of it are left; below zero: over time."""
    now = queries.running(final)
    elapsed = (clock.now() - now.began).total_seconds() if now.began else 0.0
    return {
        "slot": now.slot.pk if now.slot else None,
        "part": now.part,
        "left": round(now.seconds - elapsed, 1) if now.slot else None,
        "seconds": now.seconds,
    }


def _board(final: Round) -> dict[str, Any]:
    slots = list(queries.slots_of(final))
    now = queries.running(final)
    ahead = [slot for slot in slots if slot.began_at is None]
    state_now = clock_state(final)
    return {
        "slots": [(slot, _stage(slot)) for slot in slots],
        "now": now,
        "clock": state_now,
        "told": told(state_now["left"]),
        "next": ahead[0] if ahead else None,
        "teams_shown": queries.are_teams_shown(final),
    }


def told(left: float | None) -> str:
    """Seconds as a clock shows them: 7:05, or −0:12 when the time is over."""
    if left is None:
        return "–:––"
    whole = int(abs(left))
    return f"{'−' if left < 0 and whole else ''}{whole // 60}:{whole % 60:02d}"


def _stage(slot: Slot) -> str:
    if slot.ended_at is not None:
        return "over"
    if slot.began_at is not None:
        return "running"
    return "ahead"
