"""Bulk mail: one template, many people, each once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import islice

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import jobs, journal, people
from dataferry.server.jobs.models import OPEN, Job
from dataferry.server.letters.actions import written_letter
from dataferry.server.letters.models import Campaign, Letter
from dataferry.server.letters.permissions import OPERATE
from dataferry.server.letters.recipients import languages_of
from dataferry.server.letters.templates import Template, check, render

BATCH = 500
LONGEST_KEY = 120
SEND = "letters.send_campaign"
Recipient = tuple[User, Mapping[str, object]]


def post_many(
    recipients: Iterable[Recipient], *, campaign: str, template: Template, asked_by: User | None, about: str = ""
) -> Campaign:
    """Write a letter to each person, in the caller's transaction; a job sends them after the commit.

    Texts are fixed now: later changes of names do not reach them. Whether the asker may is for the caller to check.

    Args:
        recipients: person and the values of the placeholders, all with the same names.
        campaign: names this campaign for ever. Posting it again, with the same template, writes to those people who
            are new, and to nobody twice.

    Raises:
        InputError: the first fault of the template or of a value (see `templates`); nothing is written then.
        RefusedError: `server.letters.campaign_differs`, the key has another template;
            `server.letters.campaign_cancelled`.
        ValueError: a key of more than 120 characters.
    """
    if len(campaign) > LONGEST_KEY:
        raise ValueError("the key of a campaign is too long")
    with transaction.atomic():
        row = _campaign(campaign, template, asked_by, about)
        before = row.letters.count()
        source, checked = iter(recipients), set[frozenset[str]]()
        while some := dict(islice(source, BATCH)):
            _write(row, template, some, checked)
        letters = row.letters.count()
        if letters > before:
            ask_to_send(row)
            actor = "system" if asked_by is None else people.actor(asked_by)
            payload = {"letters": letters, "new": letters - before, "template": row.digest}
            journal.append(actor, "letters.campaign_posted", f"campaign:{row.pk}", payload)
    return row


def _campaign(key: str, template: Template, asked_by: User | None, about: str) -> Campaign:
    digest = _digest(template)
    fresh = {
        "about": about,
        "subject": dict(template.subject),
        "body": dict(template.body),
        "digest": digest,
        "asked_by": None if asked_by is None else asked_by.pk,
    }
    row, _new = Campaign.objects.get_or_create(key=key, defaults=fresh)
    row = Campaign.objects.select_for_update().get(pk=row.pk)
    if row.cancelled_at is not None:
        raise RefusedError("server.letters.campaign_cancelled", campaign=key)
    if row.digest != digest:
        raise RefusedError("server.letters.campaign_differs", campaign=key)
    return row


def _digest(template: Template) -> str:
    text = json.dumps([dict(template.subject), dict(template.body)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _write(
    row: Campaign, template: Template, recipients: Mapping[User, Mapping[str, object]], checked: set[frozenset[str]]
) -> None:
    languages = languages_of([user.pk for user in recipients])
    letters = []
    for user, data in recipients.items():
        _refuse_faults(template, frozenset(data), checked)
        language = languages.get(user.pk)
        written = None if language is None else render(template, data, language)
        letters.append(written_letter(user.pk, f"{row.job_key}:{user.pk}", row.about, written, row.pk))
    # Who has a letter of this campaign already keeps that one.
    Letter.objects.bulk_create(letters, ignore_conflicts=True)


def _refuse_faults(template: Template, fields: frozenset[str], checked: set[frozenset[str]]) -> None:
    """Once for each set of placeholders: all languages, also those that none of the recipients reads."""
    if fields in checked:
        return
    for finding in check(template, fields):
        if finding.severity == "blocked":
            raise InputError(finding.code, **finding.data)
    checked.add(fields)


def ask_to_send(row: Campaign) -> None:
    """The job of the campaign; the open one, where there is one."""
    payload = {"campaign": row.pk}
    jobs.enqueue(SEND, subject=row.job_key, payload=payload, asked_by=row.asked_by, key=row.job_key)


def cancel_campaign(user: User, campaign_id: int) -> Campaign:
    """Send no more of its letters. What was sent stays sent.

    Raises:
        MissingError: `server.letters.no_such_campaign`. RefusedError: `server.letters.campaign_cancelled` already, or
            not allowed.
    """
    people.require(user, OPERATE)
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
        if row is None:
            raise MissingError("server.letters.no_such_campaign", campaign=campaign_id)
        if row.cancelled_at is not None:
            raise RefusedError("server.letters.campaign_cancelled", campaign=row.key)
        _end(row, user.pk)
    return row


def withdraw_campaign(key: str, by: int) -> None:
    """The same for a room that has asked for a campaign; whether `by` may is for the caller to check.

    Nothing happens where no letter was written yet, or where it was cancelled before.
    """
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(key=key, cancelled_at=None).first()
        if row is not None:
            _end(row, by)


def _end(row: Campaign, by: int) -> None:
    left = stop(row)
    for job in Job.objects.filter(kind=SEND, key=row.job_key, state__in=OPEN):
        jobs.cancel(job.pk, by)
    journal.append(f"person:{by}", "letters.campaign_cancelled", f"campaign:{row.pk}", {"withheld": left})


def stop(row: Campaign) -> int:
    """Withhold what was not sent yet. Returns how many letters that is."""
    row.cancelled_at = timezone.now()
    row.save(update_fields=["cancelled_at"])
    waiting = Letter.objects.filter(campaign=row, state=Letter.State.QUEUED)
    return waiting.update(state=Letter.State.WITHHELD, failure="server.letters.campaign_stopped", failure_data={})
