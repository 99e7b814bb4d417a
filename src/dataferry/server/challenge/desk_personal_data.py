"""What mentorships and letters to many hold about a person: for the copy of their data and for the end of their
account. Letters themselves are the post's."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people


def exported(user: User) -> dict[str, Any]:
    """The teams that the person mentors or mentored, and the letters to many that they wrote."""
    from dataferry.server.challenge.models import MailCampaign, Mentorship

    rows = Mentorship.objects.filter(mentor=user).select_related("team__edition").order_by("pk")
    written = MailCampaign.objects.filter(written_by=user).select_related("edition").order_by("pk")
    return {
        "mentorships": [
            {
                "team": row.team.name,
                "edition": row.team.edition.slug,
                "since": row.since.isoformat(),
                "until": row.until.isoformat() if row.until else None,
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in rows
        ],
        "letters_to_many": [
            {"edition": row.edition.slug, "subject": row.subject, "written_at": row.written_at.isoformat()}
            for row in written
        ],
    }


def erase(user: User) -> None:
    """End the person's mentorships, inside the transaction that ends their account."""
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.models import Mentorship

    Mentorship.objects.filter(mentor=user, ended_at=None).update(ended_at=clock.now())
    Mentorship.objects.filter(mentor=user).update(mentor=None)


people.register_personal_data("challenge-desk", exported, erase)
