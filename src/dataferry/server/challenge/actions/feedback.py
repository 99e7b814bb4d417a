"""The judges' words to every team, sent once for each entry and revision of a published result."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge.actions.result_letters import post_feedback
from dataferry.server.challenge.models import Entry, Result
from dataferry.server.challenge.queries.feedback import comments_to
from dataferry.server.challenge.queries.results import reference
from dataferry.server.challenge.states import ResultState


def send_feedback(user: Any, result: Result) -> int:
    """Write to the leader of every team that was judged in the round. Asked again, nobody gets a second letter.

    Returns:
        how many teams have a letter.

    Raises:
        RefusedError: `server.challenge.result_not_published`.
    """
    people.require(user, "challenge.organise", result.round)
    with transaction.atomic():
        locked = Result.objects.select_for_update().select_related("round__edition").get(pk=result.pk)
        if locked.state != ResultState.PUBLISHED:
            raise RefusedError("server.challenge.result_not_published", round=locked.round.code)
        judged = Entry.objects.filter(sheets__round=locked.round, sheets__calibration=False).distinct()
        count = 0
        for entry in judged.select_related("edition", "division", "team").order_by("code"):
            count += post_feedback(locked, entry, comments_to(entry, locked.round))
        payload = {"digest": locked.digest, "count": count}
        journal.append(people.actor(user), "challenge.feedback_sent", reference(locked), payload)
    return count
