"""The list of tradable products: handed in, listed, renewed with a new release, suspended, taken off.

No compliance, no listing; no scenario, no trade. What a supplier writes before that is in `listing_drafts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import people
from dataferry.server.compliance.models import Clearance
from dataferry.server.exchange import connection, evidence, facets, undertaking
from dataferry.server.exchange import details as fields
from dataferry.server.exchange.actions import certificates
from dataferry.server.exchange.actions.listing_drafts import (
    add_paper,
    add_scenario,
    change_listing,
    draft_listing,
    locked,
    remove_scenario,
    sign_for,
    sign_undertaking,
)
from dataferry.server.exchange.actions.registrations import (
    release_reference,
    require_own_release,
    require_same_product,
    require_supplier,
)
from dataferry.server.exchange.models import Listing, ListingRelease
from dataferry.server.exchange.queries.clearances import require_clearance
from dataferry.server.exchange.states import LISTING, ListingState, RegistrationState
from dataferry.server.exchange.texts import reason_of
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release

__all__ = [
    "add_paper",
    "add_scenario",
    "change_listing",
    "delist",
    "draft_listing",
    "list_it",
    "remove_scenario",
    "resume",
    "return_listing",
    "sign_undertaking",
    "submit_listing",
    "suspend",
    "suspend_for",
    "update_release",
]


def missing_parts(listing: Listing) -> list[str]:
    """What a listing lacks to be handed in, as codes: fields, `scenario`, `undertaking`."""
    lacking = fields.missing(listing.details)
    if not listing.scenarios.exists():
        lacking.append("scenario")
    if undertaking.standing(listing) is None:
        lacking.append("undertaking")
    return lacking


def submit_listing(user: Any, listing: Listing) -> Listing:
    """Hand a listing to the operator.

    Raises:
        RefusedError: not a manager of the supplier; something is missing (all of it is named); not in a state for it.
    """
    people.require(user, "exchange.sign_listing", listing)
    with transaction.atomic():
        found = locked(listing)
        require_supplier(found.supplier)
        LISTING.check(found.state, ListingState.SUBMITTED)
        _require_complete(found)
        payload = {"release": release_reference(found.release), "revision": found.revision}
        LISTING.move(found, ListingState.SUBMITTED, people.actor(user), "exchange.listing_submitted", payload)
    return found


def _require_complete(listing: Listing) -> None:
    lacking = missing_parts(listing)
    if "scenario" in lacking:
        raise RefusedError("server.exchange.no_scenario", number=listing.number)
    if lacking:
        raise RefusedError("server.exchange.listing_incomplete", number=listing.number, missing=", ".join(lacking))


def return_listing(user: Any, listing: Listing, reason: str) -> Listing:
    """Give a listing back to its supplier to be completed.

    Raises:
        RefusedError: not the operator of its city, or one of the supplier's people. InputError: no reason.
    """
    people.require(user, "exchange.list", listing)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(listing)
        found.reason = said
        LISTING.move(found, ListingState.RETURNED, people.actor(user), "exchange.listing_returned", {}, "reason")
    return found


def list_it(user: Any, listing: Listing) -> Listing:
    """Put a product on the list, with its certificate.

    Raises:
        RefusedError: not the operator; not registered; not cleared by compliance; without a scenario; evidence that
            does not verify; an API product whose door did not answer; the supplier is not active.
    """
    people.require(user, "exchange.list", listing)
    if listing.details.get("kind") == fields.API:
        # A door is tried before any row is held.
        connection.require_answer(listing)
    with transaction.atomic():
        found = locked(listing)
        if found.state != ListingState.SUBMITTED:
            raise RefusedError("server.exchange.not_handed_in", number=found.number)
        require_tradable(found)
        _require_complete(found)
        evidence.require(found)
        actor = people.actor(user)
        clearance = found.clearance = require_clearance(found.release, found.supplier)
        found.listed_at, found.reason = clock.now(), ""
        found.words = facets.words_of(found)
        payload = _serving(found, 1)
        names = ("clearance", "listed_at", "reason", "words")
        LISTING.move(found, ListingState.LISTED, actor, "exchange.listing_listed", payload, *names)
        _serve(found, clearance, 1)
        facets.write(found)
        certificates.issue("listing", actor=actor, listing=found)
    return found


def require_tradable(listing: Listing) -> None:
    """Supplier active, registration certified, release cleared.

    Raises:
        RefusedError: which of them is not.
    """
    require_supplier(listing.supplier)
    if listing.registration.state != RegistrationState.CERTIFIED:
        raise RefusedError("server.exchange.not_registered", number=listing.registration.number)
    require_clearance(listing.release, listing.supplier)


def _serving(listing: Listing, version: int) -> dict[str, Any]:
    clearance = listing.clearance
    return {
        "registration": listing.registration.reference,
        "release": release_reference(listing.release),
        "digest": listing.release.digest,
        "clearance": clearance.reference if clearance is not None else "",
        "version": version,
    }


def _serve(listing: Listing, clearance: Clearance, version: int) -> ListingRelease:
    """Write that the listing stands for its release from now on."""
    return ListingRelease.objects.create(
        listing=listing, version=version, release=listing.release, clearance=clearance, since=clock.now()
    )


def update_release(user: Any, listing: Listing, release: Release) -> Listing:
    """Let a new release of the product take the place of the listed one. The manager signs the undertaking for it.

    Raises:
        RefusedError: not a manager of the supplier; not listed; another product, or somebody else's release; not
            cleared by compliance; its evidence does not verify; a column that an open policy names is gone; a service
            whose door does not answer from it.
        ConflictError: it is the listed release already.
    """
    people.require(user, "exchange.sign_listing", listing)
    _require_answer_from(user, listing, release)
    with transaction.atomic():
        found = locked(listing)
        if found.state != ListingState.LISTED:
            raise RefusedError("server.exchange.not_listed", number=found.number)
        require_same_product(found.registration, release)
        require_own_release(user, release, found.supplier)
        if found.releases.filter(release=release).exists():
            raise ConflictError("server.exchange.same_release", release=str(release))
        _require_columns(found, release)
        found.release = release
        require_tradable(found)
        clearance = found.clearance = require_clearance(release, found.supplier)
        sign_for(user, found)
        evidence.require(found)
        version, actor = found.releases.count() + 1, people.actor(user)
        found.words = facets.words_of(found)
        names = ("release", "clearance", "words")
        payload = _serving(found, version)
        LISTING.move(found, ListingState.LISTED, actor, "exchange.listing_release_changed", payload, *names)
        _serve(found, clearance, version)
        facets.write(found)
        certificates.issue("listing", actor=actor, listing=found)
    return found


def _require_answer_from(user: Any, listing: Listing, release: Release) -> None:
    """A service is tried with a new release as it was with the first, before any row is held."""
    if listing.details.get("kind") != fields.API or listing.state != ListingState.LISTED:
        return
    require_same_product(listing.registration, release)
    require_own_release(user, release, listing.supplier)
    tried = Listing.objects.select_related("registration", "supplier").get(pk=listing.pk)
    tried.release = release
    connection.require_answer(tried)


def _require_columns(listing: Listing, release: Release) -> None:
    """What buyers were promised must still be there."""
    there = {str(each.get("name")) for each in (release.document.get("output") or {}).get("columns") or []}
    named = {str(name) for policy in listing.policies.filter(closed_at=None) for name in policy.columns}
    gone = sorted(named - there)
    if gone:
        raise RefusedError("server.exchange.columns_gone", release=str(release), columns=", ".join(gone))


def suspend(user: Any, listing: Listing, reason: str) -> Listing:
    """Stop the trade in a product for a time. Delivery hears of it.

    Raises:
        RefusedError: not the operator, one of the supplier's people, or not listed. InputError: no reason.
    """
    people.require(user, "exchange.suspend_listing", listing)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(listing)
        found.reason = said
        payload = {"because": "operator"}
        LISTING.move(found, ListingState.SUSPENDED, people.actor(user), "exchange.listing_suspended", payload, "reason")
    return found


def suspend_for(listings: Iterable[Listing], actor: str, because: str) -> int:
    """Suspend those of the listings that are listed, because something they rest on is gone. In the caller's
    transaction. Returns how many were.

    Args:
        because: a code: `clearance-ended`, `supplier-suspended`, `registration-expired`.
    """
    count = 0
    for each in listings:
        found = locked(each)
        if found.state == ListingState.LISTED:
            found.reason = because
            payload = {"because": because}
            LISTING.move(found, ListingState.SUSPENDED, actor, "exchange.listing_suspended", payload, "reason")
            count += 1
    return count


def resume(user: Any, listing: Listing) -> Listing:
    """Let trade go on, when everything that it rests on is in order again.

    Raises:
        RefusedError: not the operator; not suspended; not cleared, registered or verified as at listing.
    """
    people.require(user, "exchange.suspend_listing", listing)
    with transaction.atomic():
        found = locked(listing)
        if found.state != ListingState.SUSPENDED:
            raise RefusedError("server.exchange.not_suspended", number=found.number)
        require_tradable(found)
        evidence.require(found)
        found.clearance, found.reason = require_clearance(found.release, found.supplier), ""
        payload = {"clearance": found.clearance.reference}
        LISTING.move(
            found,
            ListingState.LISTED,
            people.actor(user),
            "exchange.listing_resumed",
            payload,
            "clearance",
            "reason",
        )
    return found


def delist(user: Any, listing: Listing, reason: str) -> Listing:
    """Take a product off the list for good, or give a draft up. Its certificate is revoked; delivery hears of it.

    Raises:
        RefusedError: neither a manager of the supplier nor the operator; off the list already. InputError: no reason.
    """
    people.require(user, "exchange.delist", listing)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(listing)
        actor = people.actor(user)
        found.reason, found.delisted_at = said, clock.now()
        LISTING.move(found, ListingState.DELISTED, actor, "exchange.listing_delisted", {}, "reason", "delisted_at")
        certificates.revoke_all(actor, "delisted", listing=found)
    return found
