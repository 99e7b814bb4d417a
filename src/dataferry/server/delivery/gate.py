"""The gate: the one function that every door of delivery calls before anything leaves.

A refusal is 401 (the key) or 403 (everything else) with a code, never 5xx: clients ask again and again after those.
What it checks, in order: the key with its scope; the entitlement; the agreement with its time; the listing; the
parties; the delivery level of the listing; the region of the recipient; the clearance; the border. The caps of a day
are checked where the meter counts (`metering.record`), under the same lock, so that two requests at once cannot both
be the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dataferry.messages import MissingError, RefusedError
from dataferry.server.compliance.queries.border import Verdict
from dataferry.server.delivery import standing, versions
from dataferry.server.delivery.cuts import kept_cut
from dataferry.server.delivery.limits import Cut, Limits
from dataferry.server.delivery.models import AccessKey, Entitlement
from dataferry.server.delivery.tokens import LONGEST, digest_of
from dataferry.server.exchange.details import ANSWERS, FILES, ROWS, SHARE
from dataferry.server.exchange.models.listings import DeliveryLevel, Listing
from dataferry.server.journal import clock
from dataferry.server.workshop.models import Release

USE_NOTED_EVERY = timedelta(minutes=1)


class Door(StrEnum):
    """The ways out of the house, which are also the scopes of a key."""

    SHARE = "share"
    FILES = "files"
    ROWS = "rows"
    ANSWERS = "answers"


OPEN_AT: Mapping[str, frozenset[Door]] = {
    DeliveryLevel.S1: frozenset({Door.SHARE, Door.FILES, Door.ROWS}),
    DeliveryLevel.S2: frozenset({Door.SHARE, Door.FILES, Door.ROWS}),
    DeliveryLevel.S3: frozenset({Door.ROWS, Door.ANSWERS}),
    DeliveryLevel.S4: frozenset({Door.ANSWERS}),
}
"""Delivery levels: at S3 rows or answers are handed out by request; at S4 answers alone, and the data stays."""


MODE_OF: Mapping[Door, str] = {Door.SHARE: SHARE, Door.FILES: FILES, Door.ROWS: ROWS, Door.ANSWERS: ANSWERS}
"""What the listing calls each door in its ways of delivery."""


def doors_of(listing: Listing) -> list[Door]:
    """The ways out that a listing offers, at most those of its delivery level."""
    level = OPEN_AT.get(listing.level, frozenset())
    return [door for door in Door if door in level and MODE_OF[door] in listing.delivery_modes]


class KeyRefusedError(RefusedError):
    """The bearer token is none, or is no longer one."""

    http_status = 401


@dataclass(frozen=True)
class Admission:
    """Somebody may have this release of what an agreement gives them, cut to its limits."""

    entitlement: Entitlement
    key: AccessKey | None
    door: Door
    version: versions.Version
    limits: Limits
    verdict: Verdict | None

    @property
    def release(self) -> Release:
        return self.version.release

    @property
    def cut(self) -> Cut:
        return kept_cut(self.limits, self.entitlement.agreement.listing, self.release)


def known_key(token: str) -> AccessKey:
    """The key of a bearer token, with its entitlement. Says nothing yet about what it opens.

    Raises:
        KeyRefusedError: `server.delivery.key_missing`, `key_unknown`, `key_expired` or `key_revoked` (401).
    """
    if not token:
        raise KeyRefusedError("server.delivery.key_missing")
    rows = AccessKey.objects.select_related(*(f"entitlement__{each}" for each in standing.NEEDED))
    key = rows.filter(digest=digest_of(token)).first() if len(token) <= LONGEST else None
    if key is None:
        raise KeyRefusedError("server.delivery.key_unknown")
    now = clock.now()
    if key.revoked_at is not None and key.revoked_at <= now:
        raise KeyRefusedError("server.delivery.key_revoked")
    if key.expires_at <= now:
        raise KeyRefusedError("server.delivery.key_expired")
    if key.last_used_at is None or now - key.last_used_at > USE_NOTED_EVERY:
        AccessKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def admit(
    holder: str | AccessKey | Entitlement,
    door: Door,
    *,
    share: str | None = None,
    release: Release | None = None,
    number: int | None = None,
) -> Admission:
    """Let through, or refuse.

    Args:
        holder: a bearer token, a key that `known_key` gave, or (for signed-in people, whose right to the entitlement
            the page has checked) the entitlement.
        door: which way it is to leave.
        share: the name that was asked for; another one than the key's is missing.
        release, number: which release, or which version of the table; the newest that is included for neither.

    Raises:
        KeyRefusedError: see `known_key`.
        MissingError: another share, or a release or version that the agreement does not include.
        RefusedError: what stands in the way (403).
    """
    key = known_key(holder) if isinstance(holder, str) else holder if isinstance(holder, AccessKey) else None
    entitlement = key.entitlement if key is not None else holder
    assert isinstance(entitlement, Entitlement)  # noqa: S101 - for the type checker
    if share is not None and share != entitlement.share:
        raise MissingError("server.delivery.no_such_share", share=share[:80])
    if key is not None and door not in key.scopes:
        raise RefusedError("server.delivery.scope_missing", scope=str(door))
    found = versions.version(entitlement, number) if release is None else versions.version_of(entitlement, release)
    verdict = check(entitlement, found.release, door)
    return Admission(entitlement, key, door, found, Limits.of(entitlement.agreement), verdict)


def check(entitlement: Entitlement, release: Release, door: Door) -> Verdict | None:
    """Everything but the key.

    Raises:
        RefusedError: what stands in the way (403).
    """
    check_trade(entitlement)
    if door not in doors_of(entitlement.agreement.listing):
        raise RefusedError("server.delivery.door_closed", level=entitlement.agreement.listing.level)
    return check_border(entitlement, release)


def check_border(entitlement: Entitlement, release: Release) -> Verdict | None:
    """Region, clearance and border: at the beginning of every request.

    Raises:
        RefusedError: what stands in the way (403).
    """
    code, verdict = standing.border_obstacle(entitlement, release)
    if code:
        raise standing.refusal(code, verdict)
    return verdict


def check_trade(entitlement: Entitlement) -> None:
    """The cheap part, for every stretch of a file: what one query with `standing.NEEDED` has read.

    Raises:
        RefusedError: the entitlement, agreement, listing or a party stands in the way (403).
    """
    code = standing.own_obstacle(entitlement) or standing.trade_obstacle(entitlement, clock.now())
    if code:
        raise standing.refusal(code)


def entitlement_of(number: int) -> Entitlement:
    """The entitlement that an address names, as it stands in the database now. Nothing is checked yet.

    Raises:
        RefusedError: `server.delivery.bad_signature`: nothing is told about what there is.
    """
    found = Entitlement.objects.select_related(*standing.NEEDED).filter(pk=number).first()
    if found is None:
        raise RefusedError("server.delivery.bad_signature")
    return found


def check_reading(entitlement: Entitlement, key_id: int) -> None:
    """For every stretch of a file: `check_trade`, and that the key it was given to (0 for none) is not revoked.

    A key that only expired does not stop a reader on the way: the address has an end of its own.

    Raises:
        RefusedError: not any more (403).
    """
    check_trade(entitlement)
    if key_id and AccessKey.objects.filter(pk=key_id, revoked_at__lte=clock.now()).exists():
        raise RefusedError("server.delivery.key_revoked")
