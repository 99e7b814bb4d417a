"""Entries as their teams and organisers see them. What judges see is in `queries.blind`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.models import Artefact, DataUse, Edition, Entry, Mentorship
from dataferry.server.challenge.queries.mentoring import standing
from dataferry.server.challenge.states import EditionState, EntryState

LARGEST = 3 * 1024**3
"""Bytes of a file for which no edition that takes entries states a limit."""


def largest_file() -> int:
    """The most bytes that any file of an edition that takes entries now may have; what each may have is said when it
    is added."""
    editions = Edition.objects.filter(state=EditionState.OPEN)
    stated = [asked.most_bytes or LARGEST for each in editions for asked in each.file.deliverables.values()]
    return max(stated, default=LARGEST)


def entries_for(user: Any, edition: Edition) -> QuerySet[Entry]:
    """The entries of an edition that this person may open: their team's, those of teams they mentor; an organiser those
    of their cities."""
    rows = Entry.objects.filter(edition=edition).select_related("edition", "division", "team", "release__product")
    cities = [each.city for each in edition.divisions.all() if people.can(user, "challenge.organise", each)]
    mine = Q(team__members__user=user.pk, team__members__left_at=None) if user.pk else Q(pk=None)
    mentored = Q(team__in=Mentorship.objects.filter(standing(), mentor=user.pk or 0).values("team"))
    return rows.filter(mine | mentored | Q(division__city__in=cities)).distinct()


def entry_of(user: Any, slug: str, code: str) -> Entry:
    """One entry.

    Raises:
        MissingError: `server.challenge.no_such_entry`, there is none, or not for this person.
    """
    entry = (
        Entry.objects.filter(edition__slug=slug, code=code.upper()[:20])
        .select_related("edition", "division", "team", "release__product")
        .first()
    )
    if entry is None or not people.can(user, "challenge.see_entry", entry):
        raise MissingError("server.challenge.no_such_entry", entry=code[:20])
    return entry


def state_counts(user: Any, edition: Edition) -> list[tuple[str, str, int]]:
    """How many of an edition's entries are in each state: code, word, count; states without an entry are left out."""
    counted = Counter(entries_for(user, edition).values_list("state", flat=True))
    return [(state.value, str(state.label), counted[state.value]) for state in EntryState if counted[state.value]]


def standing_artefacts(entry: Entry) -> QuerySet[Artefact]:
    """The files of an entry that were not replaced or removed."""
    return Artefact.objects.filter(entry=entry, removed_at=None).order_by("role", "language", "pk")


def data_uses(entry: Entry) -> QuerySet[DataUse]:
    return DataUse.objects.filter(entry=entry).select_related("dataset", "snapshot", "release__product").order_by("pk")


def data_use_document(entry: Entry) -> list[dict[str, Any]]:
    """The data use of an entry as plain values: what a submission and a listing's dossier carry."""
    return [
        {
            "dataset": use.dataset.slug if use.dataset else None,
            "snapshot": f"sha256:{use.snapshot.sha256}" if use.snapshot else None,
            "release": str(use.release) if use.release else None,
            "outside": use.outside,
            "purpose": use.purpose,
            "verified": use.verified,
        }
        for use in data_uses(entry)
    ]
