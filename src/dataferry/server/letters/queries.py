"""How letters stand: for operators, and for the jobs that send them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from dataferry.server.jobs.models import OPEN, Job
from dataferry.server.letters.models import WAITING, Campaign, Letter

State = Letter.State


@dataclass(frozen=True)
class Counts:
    """Letters by state."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    withheld: int = 0

    @property
    def all(self) -> int:
        return self.queued + self.sending + self.sent + self.failed + self.withheld

    @property
    def waiting(self) -> int:
        return self.queued + self.sending

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return 1 - self.waiting / self.all if self.all else 1.0


def _by_state() -> dict[str, Count]:
    return {state: Count("pk", filter=Q(state=state)) for state in State.values}


def counts() -> Counts:
    """All letters."""
    return Counts(**Letter.objects.aggregate(**_by_state()))


def campaign_counts(campaigns: Sequence[Campaign]) -> dict[int, Counts]:
    """The letters of each campaign, in one question."""
    grouped = Letter.objects.filter(campaign__in=campaigns).order_by().values("campaign").annotate(**_by_state())
    rows: list[dict[str, Any]] = [dict(row) for row in grouped]
    found = {row.pop("campaign"): Counts(**row) for row in rows}
    return {campaign.pk: found.get(campaign.pk, Counts()) for campaign in campaigns}


def unsent(state: str = State.FAILED) -> QuerySet[Letter]:
    """Letters that were not sent, newest first, without their texts."""
    return Letter.objects.filter(state=state).defer("body").select_related("user__profile", "campaign").order_by("-pk")


def campaigns() -> QuerySet[Campaign]:
    """Newest first, without their texts."""
    return Campaign.objects.defer("subject", "body").order_by("-pk")


def next_of(campaign: Campaign, job_id: int, limit: int) -> list[int]:
    """Letters of a campaign that are to be sent by its job: those nobody tried, and those that a lost job had."""
    fresh = Q(state=State.QUEUED, attempts=0)
    stranded = Q(state=State.SENDING) & ~Q(job__in=_running_besides(job_id))
    rows = Letter.objects.filter(fresh | stranded, campaign=campaign).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _running_besides(job_id: int) -> QuerySet[Job, Any]:
    return Job.objects.filter(state=Job.State.RUNNING).exclude(pk=job_id).values("pk")


def is_held(letter: Letter, job_id: int) -> bool:
    """Another job that runs now is sending it."""
    if letter.state != State.SENDING or letter.job in {None, job_id}:
        return False
    return Job.objects.filter(pk=letter.job, state=Job.State.RUNNING).exists()


def forgotten(limit: int) -> list[Letter]:
    """Letters that wait although no job will ever send them."""
    open_keys = Job.objects.filter(kind__in=("letters.send", "letters.send_campaign"), state__in=OPEN)
    held = set(open_keys.values_list("key", flat=True))
    found = []
    for letter in Letter.objects.filter(state__in=WAITING).defer("body").order_by("pk").iterator(500):
        if letter.job_key not in held and (letter.campaign_id is None or f"campaign:{letter.campaign_id}" not in held):
            found.append(letter)
        if len(found) == limit:
            break
    return found
