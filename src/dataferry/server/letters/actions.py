"""Every change of one letter's state."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from dataferry.messages import DataferryError, MissingError, RefusedError
from dataferry.server import jobs, journal, people
from dataferry.server.letters.models import Letter, changed, sources
from dataferry.server.letters.permissions import OPERATE
from dataferry.server.letters.queries import is_held
from dataferry.server.letters.recipients import languages_of
from dataferry.server.letters.templates import Template, Written, chosen_language, fit

logger = logging.getLogger(__name__)

State = Letter.State
SEND = "letters.send"
MOST_AT_ONCE = 1000
LONGEST_KEY = 200
MARKING_WAITS = (0.0, 0.5, 2.0, 5.0)
"""Seconds before each try to note that a letter was taken: the longer we try, the rarer a letter that goes twice."""


def post(to: User, *, key: str, subject: Mapping[str, str], body: Mapping[str, str], about: str = "") -> Letter:
    """Write a letter, in the caller's transaction; it is sent after the commit, in the person's language.

    Args:
        key: names this letter for ever, such as `result:<entry>:<user>`; posting the same key again returns the
            letter that is there, whatever became of it, and changes nothing.
        subject, body: a text by language; the first language that has both where the person's own is missing.
        about: reference of what it is about, such as `entry:7`.

    Raises:
        InputError: `server.letters.no_text`, or a text that can be no subject or body (see `templates.fit`).
        ValueError: the key is another person's letter, or longer than 200 characters. A fault of the caller.
    """
    if len(key) > LONGEST_KEY:
        raise ValueError("the key of a letter is too long")
    known = Letter.objects.filter(key=key).first()
    if known is None:
        language = languages_of([to.pk]).get(to.pk)
        written = None if language is None else _written(subject, body, language)
        try:
            with transaction.atomic():
                letter = written_letter(to.pk, key, about, written)
                letter.save()
                if letter.state == State.QUEUED:
                    ask_to_send(letter)
            return letter
        except IntegrityError:
            # Somebody posted the same letter in between.
            known = Letter.objects.get(key=key)
    if known.user_id != to.pk:
        raise ValueError(f"the letter {key} is another person's")
    return known


def _written(subject: Mapping[str, str], body: Mapping[str, str], language: str) -> Written:
    chosen = chosen_language(Template(subject, body), language)
    return Written(chosen, fit(subject[chosen], "subject"), fit(body[chosen], "body"))


def written_letter(user_id: int, key: str, about: str, written: Written | None, campaign: int | None = None) -> Letter:
    """The row, not yet saved. Without text it is to nobody: the account has ended or was shut out."""
    letter = Letter(user_id=user_id, key=key, about=about, campaign_id=campaign)
    if written is None:
        letter.state, letter.failure = State.WITHHELD, "server.letters.no_account"
    else:
        letter.language, letter.subject, letter.body = written.language, written.subject, written.body
    return letter


def ask_to_send(letter: Letter, not_before: datetime | None = None) -> None:
    """A job of its own for this letter."""
    jobs.enqueue(
        SEND,
        subject=letter.job_key,
        payload={"letter": letter.pk},
        asked_by=None,
        key=letter.job_key,
        not_before=not_before,
    )


def begin(letter_id: int, job_id: int) -> Letter | None:
    """Take a letter in order to send it. None where there is nothing to send, or another job has it."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update().filter(pk=letter_id).first()
        if letter is None or letter.state not in sources(State.SENDING) or is_held(letter, job_id):
            return None
        letter.state, letter.job, letter.attempts = State.SENDING, job_id, letter.attempts + 1
        letter.save(update_fields=["state", "job", "attempts"])
    return letter


def mark_sent(letter: Letter) -> None:
    """Note that the mail server has taken it. A database that is busy is asked again before the note is given up."""
    done: dict[str, Any] = {"sent_at": timezone.now(), "failure": "", "failure_data": {}}
    for number, wait in enumerate(MARKING_WAITS, 1):
        time.sleep(wait)
        try:
            changed(letter.pk, State.SENT, held_by=letter.job, **done)
        except DatabaseError:
            if number == len(MARKING_WAITS):
                raise
            logger.warning("letter %s was taken by the mail server, and the database does not note it yet", letter.pk)
        else:
            return


def put_back(letter: Letter, error: DataferryError, *, counted: bool) -> None:
    """It could not be sent now; it waits for the next try."""
    attempts = letter.attempts if counted else letter.attempts - 1
    changed(letter.pk, State.QUEUED, held_by=letter.job, attempts=attempts, **_why(error.code, error.data))


def fail(letter: Letter, error: DataferryError) -> None:
    """It will not be taken, however often it is tried."""
    changed(letter.pk, State.FAILED, held_by=letter.job, **_why(error.code, error.data))


def withhold(letter: Letter, code: str) -> None:
    """Nobody may get it."""
    changed(letter.pk, State.WITHHELD, held_by=letter.job, **_why(code, {}))


def give_up(letter_id: int, code: str, data: Mapping[str, Any]) -> None:
    """Its job ended without having sent it."""
    changed(letter_id, State.FAILED, **_why(code, data))


def _why(code: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"failure": code, "failure_data": dict(data)}


def retry(user: User, letter_id: int) -> Letter:
    """Try a letter again that was not sent.

    Raises:
        MissingError: `server.letters.no_such_letter`. RefusedError: `server.letters.not_failed`, or not allowed.
    """
    people.require(user, OPERATE)
    with transaction.atomic():
        letter = Letter.objects.select_for_update(of=("self",)).select_related("campaign").filter(pk=letter_id).first()
        if letter is None:
            raise MissingError("server.letters.no_such_letter", letter=letter_id)
        stopped = letter.campaign is not None and letter.campaign.cancelled_at is not None
        if stopped or not letter.body or not changed_back(letter):
            raise RefusedError("server.letters.not_failed", letter=letter_id)
        letter.refresh_from_db()
        journal.append(people.actor(user), "letters.letter_retried", f"letter:{letter.pk}", {})
    return letter


def retry_failed(user: User) -> int:
    """Try all failed letters again, a thousand at once at most. Returns how many.

    Raises:
        RefusedError: not allowed.
    """
    people.require(user, OPERATE)
    with transaction.atomic():
        rows = Letter.objects.select_for_update(of=("self",)).filter(state=State.FAILED)
        letters = list(rows.exclude(campaign__cancelled_at__isnull=False).defer("body").order_by("pk")[:MOST_AT_ONCE])
        count = sum(changed_back(letter) for letter in letters)
        if count:
            journal.append(people.actor(user), "letters.failed_retried", "letters:failed", {"count": count})
    return count


def changed_back(letter: Letter) -> bool:
    """Put a letter in the queue again, with a job of its own."""
    if letter.state not in {State.FAILED, State.WITHHELD}:
        return False
    if not changed(letter.pk, State.QUEUED, job=None, failure="", failure_data={}):
        return False
    ask_to_send(letter)
    return True
