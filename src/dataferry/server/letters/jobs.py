"""What the worker does: sends letters, one by one or those of a campaign, and looks for forgotten ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from dataferry.messages import DataferryError
from dataferry.server import jobs

ATTEMPTS = 20
"""With the waits of the jobs room: a mail server may be away for more than a day."""

SLICE = 100
"""Letters of a campaign in one job; then others have their turn."""

SECOND_TRY = timedelta(minutes=2)
NO_SERVER = "server.letters.no_server"
MOST_FORGOTTEN = 1000


def _letter_given_up(job: jobs.Job) -> None:
    from dataferry.server.letters import actions

    error = job.error or {}
    code = (
        "server.letters.job_cancelled"
        if job.state == "cancelled"
        else error.get("code", "server.letters.job_cancelled")
    )
    actions.give_up(job.payload["letter"], code, error.get("data", {}))


@jobs.handler("letters.send", attempts=ATTEMPTS, title="server.letters.job_send", given_up=_letter_given_up)
def send_letter(running: jobs.Running) -> None:
    """Send one letter."""
    _deliver(running.job.payload["letter"], running.job.pk, None)


def _deliver(letter_id: int, job_id: int, connection: Any) -> None:
    """From the row to the mail server, and what came of it back into the row.

    Raises:
        DataferryError: it was not taken; `retry` says whether it may be later.
    """
    from dataferry.server.letters import actions
    from dataferry.server.letters.recipients import address_of
    from dataferry.server.letters.sending import hand_over

    letter = actions.begin(letter_id, job_id)
    if letter is None:
        return
    address = address_of(letter.user_id)
    if address is None:
        actions.withhold(letter, "server.letters.no_address")
        return
    try:
        hand_over(letter, address, connection)
    except DataferryError as error:
        if error.retry:
            actions.put_back(letter, error, counted=error.code != NO_SERVER)
        else:
            actions.fail(letter, error)
        raise
    actions.mark_sent(letter)


def _campaign_given_up(job: jobs.Job) -> None:
    """Cancelled: nobody else gets it. Failed: the letters wait for an operator."""
    from dataferry.server.letters import campaigns
    from dataferry.server.letters.models import WAITING, Campaign, Letter

    row = Campaign.objects.filter(pk=job.payload["campaign"]).first()
    if row is None:
        return
    if job.state == "cancelled":
        if row.cancelled_at is None:
            campaigns.stop(row)
        return
    error = job.error or {}
    left = Letter.objects.filter(campaign=row, state__in=WAITING, attempts=0)
    stranded = Letter.objects.filter(campaign=row, state=Letter.State.SENDING, job=job.pk)
    for rows in (left, stranded):
        rows.update(state=Letter.State.FAILED, failure=error.get("code", NO_SERVER), failure_data=error.get("data", {}))


@jobs.handler(
    "letters.send_campaign", attempts=ATTEMPTS, title="server.letters.job_send_campaign", given_up=_campaign_given_up
)
def send_campaign(running: jobs.Running) -> Mapping[str, int] | None:
    """Send the next letters of a campaign over one connection; where more are left, ask for another job."""
    from dataferry.server.letters import campaigns, queries
    from dataferry.server.letters.models import Campaign

    row = Campaign.objects.filter(pk=running.job.payload["campaign"]).first()
    if row is None or row.cancelled_at is not None:
        return None
    following = queries.next_of(row, running.job.pk, SLICE)
    before = queries.campaign_counts([row])[row.pk]
    with _connection(bool(following)) as connection:
        for done, letter_id in enumerate(following, before.all - before.waiting):
            share = done / max(1, before.all)
            running.progress("server.letters.sending_campaign", share, done=done, letters=before.all)
            _deliver_of_many(letter_id, running.job.pk, connection)
    counts = queries.campaign_counts([row])[row.pk]
    with running.finishing() as result:
        result |= {"sent": counts.sent, "failed": counts.failed}
        if queries.next_of(row, running.job.pk, 1):
            campaigns.ask_to_send(row)
    return None


@contextlib.contextmanager
def _connection(wanted: bool) -> Iterator[Any]:
    from dataferry.server.letters.sending import open_connection

    if not wanted:
        yield None
        return
    connection = open_connection()
    try:
        yield connection
    finally:
        with contextlib.suppress(OSError):
            connection.close()


def _deliver_of_many(letter_id: int, job_id: int, connection: Any) -> None:
    """One letter that is not taken does not keep the others: it gets a job of its own, with tries of its own."""
    from dataferry.server.letters import actions
    from dataferry.server.letters.models import Letter

    try:
        _deliver(letter_id, job_id, connection)
    except DataferryError as error:
        if error.code == NO_SERVER:
            raise
        if error.retry:
            letter = Letter.objects.filter(pk=letter_id).first()
            if letter is not None:
                with transaction.atomic():
                    actions.ask_to_send(letter, timezone.now() + SECOND_TRY)


@jobs.scheduled("letters.look_after", every=timedelta(hours=1), title="server.letters.job_look_after")
def look_after(running: jobs.Running) -> Mapping[str, int]:
    """Give letters that wait without a job (after a restored backup, or rows that an operator removed) a new one."""
    from dataferry.server.letters import actions, queries

    running.progress("server.letters.looking_after")
    found = queries.forgotten(MOST_FORGOTTEN)
    with transaction.atomic():
        for letter in found:
            actions.ask_to_send(letter)
    return {"letters": len(found)}
