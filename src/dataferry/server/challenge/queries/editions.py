"""Which editions a person sees, and what is open in one: values to fill in, to accept, amendments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from dataferry.messages import Finding, MissingError
from dataferry.server import journal, people
from dataferry.server.challenge.edition_file import EditionFile, unfilled
from dataferry.server.challenge.models import Acceptance, Division, Edition, EditionVersion, Phase
from dataferry.server.challenge.states import EditionState


def visible_editions(user: Any) -> QuerySet[Edition]:
    """Announced editions for everybody; drafts and rehearsals for organisers, a rehearsal also for who takes part."""
    if people.can(user, "challenge.see_edition_draft"):
        return Edition.objects.all()
    public = Q(synthetic=False)
    if user.is_authenticated:
        own = Edition.objects.filter(Q(teams__members__user=user, teams__members__left_at=None) | Q(judges__user=user))
        public |= Q(pk__in=own.values("pk"))
    return Edition.objects.exclude(state=EditionState.DRAFTED).filter(public)


def with_calendar(editions: QuerySet[Edition]) -> QuerySet[Edition]:
    """The same with their divisions and phases, in as many queries for one as for a hundred."""
    phases = Phase.objects.select_related("division").order_by("opens_at", "pk")
    return editions.prefetch_related(
        Prefetch("divisions", queryset=Division.objects.order_by("pk")), Prefetch("phases", queryset=phases)
    )


def edition_of(user: Any, slug: str) -> Edition:
    """
    Raises:
        MissingError: there is none, or none that this person may see.
    """
    edition = visible_editions(user).filter(slug=slug).first()
    if edition is None:
        raise MissingError("server.challenge.no_edition", name=slug[:60])
    return edition


def newest_version(edition: Edition) -> EditionVersion:
    return edition.versions.order_by("-number")[0]


def versions_of(edition: Edition) -> QuerySet[EditionVersion]:
    """Every version of the file, newest first, without the texts."""
    return edition.versions.defer("source", "document").select_related("made_by").order_by("-number")


def amendments_of(edition: Edition) -> QuerySet[EditionVersion]:
    """The public amendments, newest first, without the texts."""
    return (
        EditionVersion.objects.filter(edition=edition, amendment=True).defer("source", "document").order_by("-number")
    )


def amendment_of(edition: Edition, number: int) -> EditionVersion:
    """
    Raises:
        MissingError: there is no such amendment.
    """
    found = EditionVersion.objects.filter(edition=edition, amendment=True, number=number).first()
    if found is None:
        raise MissingError("server.challenge.no_amendment", number=number)
    return found


def previous_digest(version: EditionVersion) -> str:
    """The digest of the version that came before this one; empty for the first."""
    before = EditionVersion.objects.filter(edition=version.edition_id, number=version.number - 1)
    return before.values_list("digest", flat=True).first() or ""


@dataclass(frozen=True)
class Signature:
    """What the site signed an amendment with: the key's id and the Ed25519 signature, both in hexadecimal."""

    key: str
    value: str


def signature_of(version: EditionVersion) -> Signature | None:
    """The signature of an amendment, as the journal keeps it."""
    events = journal.selected([f"edition:{version.edition.slug}"], ["challenge.edition_amended"])
    for event in events:
        if event.payload.get("version") == version.number:
            return Signature(event.payload["key"], event.payload["signature"])
    return None


def accepted_paths(edition: Edition, file: EditionFile | None = None) -> set[str]:
    """Paths that an organiser answers for: those whose value is still the one that was accepted."""
    file = file or edition.file
    rows = Acceptance.objects.filter(edition=edition).values_list("path", "value_digest")
    return {path for path, digest in rows if file.value_digest(path) == digest}


def unaccepted(edition: Edition, file: EditionFile | None = None) -> list[str]:
    """Paths of unverified values that nobody answers for yet."""
    file = file or edition.file
    accepted = accepted_paths(edition, file)
    return [path for path in file.unverified() if path not in accepted]


def announcing_problems(file: EditionFile) -> list[Finding]:
    """What must be filled in before the edition can be announced."""
    found = [one.path for one in unfilled(file) if one.stops == "announce"]
    return [Finding("server.challenge.edition_needed_to_announce", "blocked", {"field": path}) for path in found]


def rounds_ready(edition: Edition, file: EditionFile | None = None) -> dict[str, Sequence[Finding]]:
    """Of each round, what its rules still lack."""
    file = file or edition.file
    accepted = accepted_paths(edition, file)
    return {code: file.openable(code, accepted) for code in file.rounds}
