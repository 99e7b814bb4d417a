"""From the challenge to the exchange: what was offered waits until a supplier takes it up as a pre-filled draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server.exchange.actions.listing_drafts import draft_listing
from dataferry.server.exchange.actions.registrations import open_registration, require_own_release
from dataferry.server.exchange.dossiers import dossier_of
from dataferry.server.exchange.models import Listing, OfferedDraft, Registration
from dataferry.server.exchange.models.registrations import SourceKind
from dataferry.server.exchange.states import RegistrationState
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.merchants.models import Merchant
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release

if TYPE_CHECKING:
    from dataferry.server.journal.models import Event

ENDED = (RegistrationState.REFUSED, RegistrationState.CANCELLED)


def draft_from_challenge(event: Event) -> OfferedDraft | None:
    """Keep what the journal says was offered, in the subscriber's transaction. Heard twice, it is kept once."""
    release = _release(str(event.payload.get("release", "")))
    if release is None:
        return None
    offered, _made = OfferedDraft.objects.get_or_create(
        reference=event.object,
        defaults={
            "release": release,
            "digest": str(event.payload.get("digest", "")),
            "offered_at": datetime.fromisoformat(event.instant),
        },
    )
    return offered


def _release(reference: str) -> Release | None:
    slug, _at, version = reference.removeprefix("release:").partition("@")
    return Release.objects.filter(product__slug=slug, version=version).first()


def take_up(user: Any, offered: OfferedDraft, supplier: Merchant) -> Listing:
    """Make a registration (unless the product has one) and a listing draft of an offer, filled from its dossier.

    Raises:
        RefusedError: not a manager of an active supplier, or the product is not of the supplier's people.
        ConflictError: it was taken up already.
    """
    with transaction.atomic():
        found = (
            OfferedDraft.objects.select_for_update(of=("self",)).select_related("release__product").get(pk=offered.pk)
        )
        if found.listing_id is not None:
            raise ConflictError("server.exchange.taken_up", reference=found.reference)
        require_own_release(user, found.release, supplier)
        if found.release.product.owner_id is None:
            # A product of the house is nobody's entry: only its team's organisation may take an offer up.
            raise RefusedError("server.exchange.release_of_others", release=str(found.release))
        rows = Registration.objects.filter(supplier=supplier, product=found.release.product).exclude(state__in=ENDED)
        registration = rows.first() or open_registration(
            user, found.release, supplier, SourceKind.PUBLIC, {"kinds": ["holding", "use", "operation"]}
        )
        found.listing = draft_listing(user, registration, details=_details(found), draft_of=found.reference)
        found.save(update_fields=["listing"])
    return found.listing


def _details(offered: OfferedDraft) -> dict[str, Any]:
    """Title and content in the entry's own words, where the dossier is the one that was offered."""
    dossier = dossier_of(offered.reference)
    # As the challenge states it: a dossier may hold figures, which the journal's own documents do not.
    same = bool(dossier) and f"sha256:{digest(canonical(dossier))}" == offered.digest
    said = {"title": dossier.get("title"), "content": dossier.get("summary")} if same else {}
    return {name: words for name, words in said.items() if isinstance(words, Mapping) and words}
