"""Specification sheets: made only of a listed product whose evidence verifies."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.exchange import evidence, reading
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Listing, SpecificationSheet
from dataferry.server.exchange.sheet import build
from dataferry.server.exchange.states import ListingState
from dataferry.server.journal import clock

SYSTEM = "system"


def make_sheet(listing: Listing) -> SpecificationSheet:
    """The sheet as it is printed now: the newest edition where it still says the same, else a new one.

    Everybody may ask for it. Its evidence is verified each time, whether or not an edition is there: rows are hashed
    anew; files too, unless this process read them within ten minutes and nothing touched them since (`reading`). So a
    file that somebody writes to is found at once, and one that changed beneath the file system within ten minutes.

    Raises:
        RefusedError: `server.exchange.no_sheet`, the product is not on the list; `server.exchange.evidence_broken`,
            something behind it does not verify, or the newest edition itself was altered.
    """
    if listing.state != ListingState.LISTED:
        raise RefusedError("server.exchange.no_sheet", number=listing.number)
    document = build(listing, evidence.require(listing, files=reading.lately))
    stated, newest = digest_of(document), _newest(listing)
    if newest is not None and not _is_unaltered(newest):
        raise RefusedError("server.exchange.evidence_broken", number=listing.number, pieces="sheet")
    if newest is not None and newest.digest == stated:
        return newest
    try:
        with transaction.atomic():
            made = SpecificationSheet.objects.create(
                listing=listing,
                edition=newest.edition + 1 if newest is not None else 1,
                document=document,
                digest=stated,
                made_at=clock.now().replace(microsecond=0),
            )
            payload = {"edition": made.edition, "digest": stated}
            journal.append(SYSTEM, "exchange.sheet_made", listing.reference, payload)
    except IntegrityError:
        # Somebody else asked at the same instant, and was first.
        return make_sheet(listing)
    return made


def _newest(listing: Listing) -> SpecificationSheet | None:
    return listing.sheets.order_by("-edition").first()


def _is_unaltered(sheet: SpecificationSheet) -> bool:
    try:
        return digest_of(sheet.document) == sheet.digest
    except ValueError:
        return False
