"""Which data an entry uses: named from the catalogue or filled from a release, and verified, never taken on trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.catalogue import access
from dataferry.server.catalogue.dataset_queries import visible_datasets
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.entries import changeable, reference, touch
from dataferry.server.challenge.calendar import phase_of
from dataferry.server.challenge.data_evidence import of_dataset, of_outside_source, of_release_input
from dataferry.server.challenge.models import DataGrant, DataUse, Entry, Team
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.queries import visible_releases

MOST_USES = 200
MOST_PURPOSE = 2_000


def attach_release(user: Any, entry: Entry, release: Release) -> Entry:
    """Attach a release of a product of the team: its lineage fills the list of data.

    Raises:
        RefusedError: `server.challenge.release_not_theirs` where no member of the team owns the product.
    """
    people.require(user, "challenge.change_entry", entry)
    owners = set(entry.team.members.filter(left_at=None).values_list("user_id", flat=True))
    if release.product.owner_id not in owners or not visible_releases(user).filter(pk=release.pk).exists():
        raise RefusedError("server.challenge.release_not_theirs", release=str(release))
    with transaction.atomic():
        locked = changeable(entry)
        DataUse.objects.filter(entry=locked).exclude(release=None).delete()
        for given in release.document.get("inputs") or []:
            _use_of_input(user, locked, release, given)
        locked.release = release
        touch(locked)
        payload = {"release": f"release:{release.product.slug}@{release.version}", "digest": release.digest}
        journal.append(people.actor(user), "challenge.release_attached", reference(locked), payload)
    return locked


def _use_of_input(user: Any, entry: Entry, release: Release, given: Mapping[str, Any]) -> DataUse:
    """One input of a release. Where the catalogue holds the same bytes, the dataset is named."""
    sha256 = str(given.get("snapshot") or "").removeprefix("sha256:")
    snapshot = (
        Snapshot.objects.filter(sha256=sha256, distribution__dataset__in=visible_datasets(user))
        .select_related("distribution__dataset")
        .order_by("-pk")
        .first()
        if sha256
        else None
    )
    dataset = snapshot.distribution.dataset if snapshot else None
    return DataUse.objects.create(
        entry=entry,
        dataset=dataset,
        snapshot=snapshot,
        release=release,
        verified=of_dataset(dataset, snapshot) if dataset else of_release_input(given),
        verified_at=clock.now(),
    )


def add_dataset(
    user: Any, entry: Entry, dataset: Dataset, snapshot: Snapshot | None = None, purpose: str = ""
) -> DataUse:
    """Name a dataset of the catalogue, and the snapshot that was used.

    Raises:
        ConflictError: `server.challenge.use_there`. RefusedError: the dataset is not for this person, or locked.
    """
    people.require(user, "challenge.change_entry", entry)
    if not visible_datasets(user).filter(pk=dataset.pk).exists():
        raise RefusedError("server.challenge.dataset_not_visible", dataset=dataset.slug)
    text = _purpose(purpose)
    with transaction.atomic():
        locked = changeable(entry)
        _require_room(locked)
        if locked.data_uses.filter(dataset=dataset, snapshot=snapshot, release=None).exists():
            raise ConflictError("server.challenge.use_there", dataset=dataset.slug)
        use = DataUse.objects.create(
            entry=locked,
            dataset=dataset,
            snapshot=snapshot,
            purpose=text,
            verified=of_dataset(dataset, snapshot),
            verified_at=clock.now(),
        )
        touch(locked)
    return use


def add_outside_source(user: Any, entry: Entry, source: Mapping[str, str], purpose: str = "") -> DataUse:
    """Name data from elsewhere: `title`, `publisher`, `address`, `licence`. Nobody has verified it.

    Raises:
        InputError: `server.challenge.outside_incomplete`. RefusedError: the edition allows no other sources.
    """
    people.require(user, "challenge.change_entry", entry)
    if entry.edition.file.data_use.other_sources == "no":
        raise RefusedError("server.challenge.no_other_sources")
    kept = {key: str(source.get(key, "")).strip()[:500] for key in ("title", "publisher", "address", "licence")}
    if not kept["title"] or not kept["publisher"]:
        raise InputError("server.challenge.outside_incomplete")
    text = _purpose(purpose)
    with transaction.atomic():
        locked = changeable(entry)
        _require_room(locked)
        use = DataUse.objects.create(
            entry=locked, outside=kept, purpose=text, verified=of_outside_source(), verified_at=clock.now()
        )
        touch(locked)
    return use


def remove_use(user: Any, use: DataUse) -> None:
    """Take a line off the list. Lines of a release go with the release."""
    people.require(user, "challenge.change_entry", use.entry)
    with transaction.atomic():
        locked = changeable(use.entry)
        if use.release_id is not None:
            DataUse.objects.filter(entry=locked, release=use.release_id).delete()
            locked.release = None
        else:
            use.delete()
        touch(locked)


def verify_uses(entry: Entry) -> dict[str, Any]:
    """Look at the catalogue again, for every line. Returns the entry's verdict; see `data_evidence.verdict`."""
    from dataferry.server.challenge.data_evidence import verdict

    with transaction.atomic():
        for use in DataUse.objects.select_for_update().filter(entry=entry).exclude(dataset=None):
            if use.dataset is not None:
                use.verified, use.verified_at = of_dataset(use.dataset, use.snapshot), clock.now()
                use.save(update_fields=["verified", "verified_at"])
    return verdict(entry)


def _require_room(entry: Entry) -> None:
    if entry.data_uses.count() >= MOST_USES:
        raise RefusedError("server.challenge.too_many_uses", most=MOST_USES)


def _purpose(text: str) -> str:
    words = text.strip()
    if len(words) > MOST_PURPOSE:
        raise InputError("server.challenge.text_too_long", field="purpose", most=MOST_PURPOSE, found=len(words))
    return words


# --- conditional-open data


def grant_data(user: Any, team: Team, dataset: Dataset, phase: str) -> DataGrant:
    """Open a dataset that is not public to the members of a team until the end of a phase.

    Raises:
        RefusedError: the edition lists no such conditional data, or the phase is over. ConflictError: granted already.
    """
    people.require(user, "challenge.organise", team)
    rules = team.edition.file.data_use.conditional.values()
    if not any(each.dataset == dataset.slug and each.phase == phase for each in rules):
        raise RefusedError("server.challenge.not_conditional_data", dataset=dataset.slug, phase=phase)
    span, now = phase_of(team.edition, phase, team.division), clock.now()
    if span is None or now >= span.closes_at:
        raise RefusedError("server.challenge.phase_over", phase=phase)
    with transaction.atomic():
        if DataGrant.objects.filter(team=team, dataset=dataset, phase=phase, taken_back_at=None).exists():
            raise ConflictError("server.challenge.grant_there", dataset=dataset.slug)
        grant = DataGrant.objects.create(
            team=team, dataset=dataset, phase=phase, granted_by=user, granted_at=now, until=span.closes_at
        )
        lend_to_members(grant)
        payload = {"dataset": f"dataset:{dataset.slug}", "phase": phase, "until": span.closes_at.isoformat()}
        journal.append(people.actor(user), "challenge.data_granted", f"team:{team.pk}", payload)
    return grant


def lend_to_members(grant: DataGrant) -> None:
    """Those who are in the team now may open the data, and nobody else on its account."""
    members = [row.user for row in grant.team.members.filter(left_at=None).select_related("user") if row.user]
    access.lend(grant.dataset, members, f"team:{grant.team_id}", grant.until)


def members_changed(team: Team) -> None:
    """Call in the transaction in which somebody joins or leaves: their access follows."""
    for grant in DataGrant.objects.filter(team=team, taken_back_at=None).select_related("dataset", "team"):
        lend_to_members(grant)


def take_back_grants() -> int:
    """Take back what is over. Access ends at its instant in any case; this closes the record. Returns how many."""
    count = 0
    for key in list(DataGrant.objects.filter(taken_back_at=None, until__lte=clock.now()).values_list("pk", flat=True)):
        with transaction.atomic():
            grant = DataGrant.objects.select_for_update().filter(pk=key, taken_back_at=None).first()
            if grant is None:
                continue
            _end(grant, "system")
            count += 1
    return count


def take_back_grant(user: Any, grant: DataGrant) -> DataGrant:
    """Take a grant back before its phase ends.

    Raises:
        RefusedError: `server.challenge.no_grant`, it was taken back already.
    """
    people.require(user, "challenge.organise", grant.team)
    with transaction.atomic():
        row = DataGrant.objects.select_for_update().filter(pk=grant.pk, taken_back_at=None).first()
        if row is None:
            raise RefusedError("server.challenge.no_grant")
        _end(row, people.actor(user))
    return row


def _end(grant: DataGrant, actor: str) -> None:
    access.take_back(grant.dataset, f"team:{grant.team_id}")
    grant.taken_back_at = clock.now()
    grant.save(update_fields=["taken_back_at"])
    for other in DataGrant.objects.filter(team=grant.team, dataset=grant.dataset, taken_back_at=None):
        lend_to_members(other)
    payload = {"dataset": f"dataset:{grant.dataset.slug}", "phase": grant.phase}
    journal.append(actor, "challenge.data_taken_back", f"team:{grant.team_id}", payload)
