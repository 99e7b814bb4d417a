"""The final's running order and its clock: who presents when, how long, and when the questions begin."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Entry, Round, Slot
from dataferry.server.challenge.states import EntryState

LONGEST = timedelta(hours=2)


def new_seed() -> str:
    """A seed that nobody could choose."""
    return secrets.token_hex(8)


def drawn(entries: Iterable[Entry], seed: str) -> list[Entry]:
    """The order that a seed draws: by SHA-256 of `<seed>:<entry code>`, so that everybody can draw it again."""
    return sorted(entries, key=lambda entry: hashlib.sha256(f"{seed}:{entry.code}".encode()).hexdigest())


def set_running_order(
    user: Any,
    round_: Round,
    entries: Sequence[Entry],
    *,
    starts_at: datetime,
    present: timedelta,
    questions: timedelta,
    seed: str = "",
) -> list[Slot]:
    """The order in which the finalists present, one after the other from an instant on.

    Args:
        seed: of the draw that gave this order (`drawn`), kept in the journal; empty where people chose it.

    Raises:
        InputError: `server.challenge.order_incomplete` unless every finalist stands in it exactly once; a time that
            is not positive or over two hours; a seed that draws another order. RefusedError:
            `server.challenge.presentations_began`.
    """
    people.require(user, "challenge.organise", round_)
    _check_times(present, questions)
    _check_order(round_, entries, seed)
    with transaction.atomic():
        # Two organisers who save at once save one after the other.
        Round.objects.select_for_update().get(pk=round_.pk)
        standing = Slot.objects.select_for_update().filter(round=round_)
        if any(slot.began_at for slot in standing):
            raise RefusedError("server.challenge.presentations_began")
        standing.delete()
        slots = [
            Slot.objects.create(
                round=round_,
                entry=entry,
                position=position,
                starts_at=starts_at + position * (present + questions),
                present_seconds=int(present.total_seconds()),
                question_seconds=int(questions.total_seconds()),
            )
            for position, entry in enumerate(entries)
        ]
        payload = {"entries": [entry.code for entry in entries], **({"seed": seed} if seed else {})}
        reference = f"round:{round_.edition.slug}/{round_.code}"
        journal.append(people.actor(user), "challenge.running_order_set", reference, payload)
    return slots


def _check_times(present: timedelta, questions: timedelta) -> None:
    for span in (present, questions):
        if not timedelta(0) <= span <= LONGEST or present <= timedelta(0):
            raise InputError("server.challenge.bad_duration", most=int(LONGEST.total_seconds()))


def _check_order(round_: Round, entries: Sequence[Entry], seed: str) -> None:
    """Every finalist stands in it exactly once, and a seed draws just this order."""
    wanted = set(
        Entry.objects.filter(edition=round_.edition, state=EntryState.SHORTLISTED).values_list("pk", flat=True)
    )
    given = [entry.pk for entry in entries]
    if seed and [entry.pk for entry in drawn(entries, seed)] != given:
        raise InputError("server.challenge.not_the_draw", seed=seed[:40])
    if len(given) != len(set(given)) or set(given) != wanted:
        raise InputError("server.challenge.order_incomplete", wanted=len(wanted), found=len(set(given) & wanted))


def begin(user: Any, slot: Slot) -> Slot:
    """The presentation begins: its timer runs.

    Raises:
        RefusedError: `server.challenge.slot_out_of_turn` while another one runs, or it began already.
    """
    return _step(user, slot, "began_at")


def begin_questions(user: Any, slot: Slot) -> Slot:
    """The questions begin.

    Raises:
        RefusedError: the presentation has not begun, or is over.
    """
    return _step(user, slot, "questions_at")


def end(user: Any, slot: Slot) -> Slot:
    """The presentation is over.

    Raises:
        RefusedError: it has not begun, or is over already.
    """
    return _step(user, slot, "ended_at")


_AFTER = {"began_at": None, "questions_at": "began_at", "ended_at": "began_at"}


def _step(user: Any, slot: Slot, step: str) -> Slot:
    people.require(user, "challenge.organise", slot.round)
    with transaction.atomic():
        slots = {each.pk: each for each in Slot.objects.select_for_update().filter(round=slot.round)}
        this = slots.get(slot.pk)
        if this is None:
            raise MissingError("server.challenge.no_slot", number=slot.pk)
        before = _AFTER[step]
        running = any(each.began_at and not each.ended_at for each in slots.values() if each.pk != this.pk)
        if getattr(this, step) or this.ended_at or (before and not getattr(this, before)) or running:
            raise RefusedError("server.challenge.slot_out_of_turn", entry=this.entry.code)
        setattr(this, step, clock.now())
        this.save(update_fields=[step])
    return this
