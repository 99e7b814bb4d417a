"""Letters are the person's: all of them in the export, none left when the account ends."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import jobs, people


def register() -> None:
    people.register_personal_data("letters", exported, erase)


def exported(user: User) -> list[dict[str, Any]]:
    """Every letter with its text."""
    from dataferry.server.letters.models import Letter

    return [
        {
            "about": letter.about,
            "language": letter.language,
            "subject": letter.subject,
            "body": letter.body,
            "state": letter.state,
            "posted_at": letter.posted_at.isoformat(),
            "sent_at": letter.sent_at.isoformat() if letter.sent_at else None,
        }
        for letter in Letter.objects.filter(user=user).order_by("pk")
    ]


def erase(user: User) -> None:
    """Delete the letters, and the jobs that would send them. Inside the transaction that ends the account."""
    from dataferry.server.jobs.models import OPEN, Job
    from dataferry.server.letters.actions import SEND
    from dataferry.server.letters.models import WAITING, Letter

    letters = Letter.objects.filter(user=user)
    keys = [letter.job_key for letter in letters.filter(state__in=WAITING).only("pk")]
    open_jobs = list(Job.objects.filter(kind=SEND, key__in=keys, state__in=OPEN).values_list("pk", flat=True))
    letters.delete()
    for job in open_jobs:
        jobs.cancel(job, user.pk)
