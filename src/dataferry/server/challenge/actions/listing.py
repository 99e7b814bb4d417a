"""The hand-over to the exchange: every finalist's release as a listing draft, with the data-use dossier filled."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.results import sealed_final
from dataferry.server.challenge.data_evidence import verdict
from dataferry.server.challenge.models import Edition, Entry, ListingDraft, Result
from dataferry.server.challenge.queries.entries import data_use_document
from dataferry.server.challenge.states import EntryState
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.workshop.models import Release

FORMAT = "dataferry-listing-draft/1"
OFFERED = (EntryState.PRESENTED, EntryState.AWARDED, EntryState.NOMINATED)


def offer_listings(user: Any, edition: Edition) -> list[ListingDraft]:
    """Offer the release of every finalist that has one. The exchange hears of it through the journal.

    Returns:
        the new drafts; finalists that were offered before keep theirs.

    Raises:
        RefusedError: `server.challenge.result_not_sealed`.
    """
    people.require(user, "challenge.organise", edition)
    with transaction.atomic():
        Edition.objects.select_for_update().get(pk=edition.pk)
        result = sealed_final(edition)
        waiting = Entry.objects.filter(edition=edition, state__in=OFFERED, listing_draft=None).exclude(release=None)
        rows = waiting.select_related("edition", "release__product")
        return [_offer(user, entry, entry.release, result) for entry in rows if entry.release is not None]


def _offer(user: Any, entry: Entry, release: Release, result: Result) -> ListingDraft:
    dossier = dossier_of(entry, release, result)
    stated = f"sha256:{digest(canonical(dossier))}"
    draft = ListingDraft.objects.create(
        entry=entry, release=release, dossier=dossier, digest=stated, offered_at=clock.now()
    )
    payload = {"entry": entry.code, "release": f"release:{release.product.slug}@{release.version}", "digest": stated}
    reference = f"listing_draft:{entry.edition.slug}/{entry.code}"
    journal.append(people.actor(user), "challenge.listing_offered", reference, payload)
    return draft


def dossier_of(entry: Entry, release: Release, result: Result) -> dict[str, Any]:
    """What the exchange needs to know, entered once: data use with its evidence, awards, and the result behind them."""
    return {
        "format": FORMAT,
        "edition": entry.edition.slug,
        "entry": entry.code,
        "title": entry.title,
        "summary": entry.summary,
        "release": {"name": release.product.slug, "version": release.version, "digest": release.digest},
        "data_use": data_use_document(entry),
        "verdict": verdict(entry),
        "awards": sorted(result.awards.filter(entry=entry).values_list("code", flat=True)),
        "result": result.digest,
    }
