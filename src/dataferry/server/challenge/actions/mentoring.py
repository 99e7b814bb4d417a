"""Mentors of teams: attached by organisers for a span, seeing the team and its entry, and never scoring it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, letters, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.conflicts import derive_conflicts
from dataferry.server.challenge.letter_words import in_own, in_tongues, site_address
from dataferry.server.challenge.models import Mentorship, ScoreSheet, Team
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.display.words import moment
from dataferry.server.people.queries import display_name
from dataferry.server.web.problems import ConflictError


def attach_mentor(user: Any, team: Team, person: Any, until: datetime | None = None) -> Mentorship:
    """Let a person help a team, until `until` or until somebody ends it. Both sides get a letter.

    A mentor who sits on a panel gets a conflict with the team at once, and loses the sheets for it.

    Raises:
        InputError: `server.challenge.mentor_until_past`.
        RefusedError: the team is withdrawn; the person is in it; the person has signed a sheet for its entry.
        ConflictError: `server.challenge.mentor_there`.
    """
    people.require(user, "challenge.organise", team)
    now = clock.now()
    if until is not None and until <= now:
        raise InputError("server.challenge.mentor_until_past", field="until")
    with transaction.atomic():
        locked = Team.objects.select_for_update(of=("self",)).select_related("edition", "division").get(pk=team.pk)
        _require_fit(locked, person)
        locked.mentorships.filter(mentor=person, ended_at=None, until__lte=now).update(ended_at=now)
        if locked.mentorships.filter(mentor=person, ended_at=None).exists():
            raise ConflictError("server.challenge.mentor_there", team=locked.number)
        row = Mentorship.objects.create(team=locked, mentor=person, since=now, until=until)
        derive_conflicts(locked.edition, teams=[locked.pk])
        payload = {"mentor": f"person:{person.pk}", "until": until.isoformat() if until else ""}
        journal.append(people.actor(user), "challenge.mentor_attached", f"team:{locked.pk}", payload)
        _tell_beginning(row)
    return row


def _require_fit(team: Team, person: Any) -> None:
    if team.withdrawn_at is not None:
        raise RefusedError("server.challenge.team_is_withdrawn", team=team.number)
    if team.members.filter(user=person, left_at=None).exists():
        raise RefusedError("server.challenge.mentor_in_team", team=team.number)
    signed = ScoreSheet.objects.filter(judge__user=person, entry__team=team, state__in=judge_queries.SIGNED)
    if signed.exists():
        raise RefusedError("server.challenge.mentor_has_signed", team=team.number)


def end_mentorship(user: Any, mentorship: Mentorship) -> Mentorship:
    """End it: an organiser of the team's city, or the mentor. The conflict of interest stays.

    Raises:
        RefusedError: `server.challenge.mentorship_over`.
    """
    if mentorship.mentor_id != user.pk:
        people.require(user, "challenge.organise", mentorship.team)
    with transaction.atomic():
        row = Mentorship.objects.select_for_update(of=("self",)).get(pk=mentorship.pk)
        if row.ended_at is not None:
            raise RefusedError("server.challenge.mentorship_over")
        row.ended_at = clock.now()
        row.save(update_fields=["ended_at"])
        payload = {"mentor": f"person:{row.mentor_id}" if row.mentor_id else ""}
        journal.append(people.actor(user), "challenge.mentor_ended", f"team:{row.team_id}", payload)
        _tell_end(row)
    return row


def _tell_beginning(row: Mentorship) -> None:
    team = row.team
    span = {} if row.until is None else {"until": row.until}

    def said(text: str, place: str) -> dict[str, str]:
        def words() -> str:
            parts = [_(text) % _values(row)]
            if span:
                parts.append(_("It is meant to last until %(until)s.") % {"until": moment(span["until"])})
            return "\n\n".join([*parts, site_address() + place])

        return in_tongues(words)

    to_mentor = gettext_noop(
        "You are now a mentor of the team “%(team)s” in %(edition)s. You see its entry and change nothing in it."
    )
    to_team = gettext_noop("%(mentor)s is now a mentor of your team “%(team)s” in %(edition)s and sees your entry.")
    _post(row, "began", said(to_mentor, reverse("challenge-mentoring")), _subject_of_beginning(), mentor=True)
    place = reverse("challenge-team", args=[team.pk])
    _post(row, "began", said(to_team, place), _subject_of_beginning(), mentor=False)


def _subject_of_beginning() -> dict[str, str]:
    return in_tongues(lambda: _("A mentor for a team"))


def _tell_end(row: Mentorship) -> None:
    subject = in_tongues(lambda: _("A mentorship has ended"))
    words = in_tongues(
        lambda: _("%(mentor)s is no longer a mentor of the team “%(team)s” in %(edition)s.") % _values(row)
    )
    _post(row, "ended", words, subject, mentor=True)
    _post(row, "ended", words, subject, mentor=False)


def _values(row: Mentorship) -> dict[str, str]:
    return {
        "team": row.team.name,
        "edition": in_own(row.team.edition.document.get("title")),
        "mentor": display_name(row.mentor) if row.mentor else _("The mentor"),
    }


def _post(row: Mentorship, act: str, body: dict[str, str], subject: dict[str, str], *, mentor: bool) -> None:
    """To the mentor, or to those who are in the team now."""
    members = row.team.members.filter(left_at=None).exclude(user=None).select_related("user")
    persons = [row.mentor] if mentor else [member.user for member in members]
    for person in persons:
        if person is not None:
            key = f"challenge.mentorship:{row.pk}:{act}:{person.pk}"
            letters.post(person, key=key, subject=subject, body=body, about=f"team:{row.team_id}")
