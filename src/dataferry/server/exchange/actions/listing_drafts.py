"""A listing while it is with its supplier: its fields, scenarios, papers and the undertaking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people, uploads
from dataferry.server.exchange import details as fields
from dataferry.server.exchange import undertaking, upstream
from dataferry.server.exchange.actions.registrations import (
    release_reference,
    require_own_release,
    require_same_product,
    require_supplier,
)
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Listing, Paper, PaperKind, Registration, Scenario, Undertaking
from dataferry.server.exchange.models.listings import DeliveryLevel
from dataferry.server.exchange.purposes import checked_purposes
from dataferry.server.exchange.states import LISTING, ListingState, RegistrationState
from dataferry.server.exchange.store import PAPERS
from dataferry.server.exchange.texts import clean, in_languages, one_of
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release

CHANGEABLE = (ListingState.DRAFT, ListingState.RETURNED)
REGISTRATION_ENDED = (RegistrationState.REFUSED, RegistrationState.CANCELLED, RegistrationState.EXPIRED)
MOST_SCENARIOS = 20
PURPOSE = "exchange.paper"
MOST_PAPER = 50 * 1024 * 1024


def locked(listing: Listing) -> Listing:
    """The row as it is now, held until the caller's transaction ends."""
    rows = Listing.objects.select_for_update(of=("self",)).select_related(
        "supplier__organisation", "release__product", "registration__product", "clearance"
    )
    return rows.get(pk=listing.pk)


def draft_listing(
    user: Any,
    registration: Registration,
    *,
    level: str = DeliveryLevel.S1,
    board: str = "other",
    industry: str = "I",
    details: Mapping[str, Any] | None = None,
    delivery_modes: Sequence[str] = (),
    shares: Sequence[Mapping[str, Any]] | None = None,
    draft_of: str = "",
) -> Listing:
    """Begin a listing, filled from the release. The registration need not be certified yet: listing waits for that.

    Raises:
        RefusedError: not of the supplier's organisation, the supplier is not active, the registration has ended.
        InputError: a wrong code or text.
    """
    people.require(user, "exchange.write_registration", registration)
    require_supplier(registration.supplier)
    require_listable(registration)
    filled = fields.prefilled(registration.release, details or {})
    terms = fields.checked_terms(level, board, industry, delivery_modes, filled["kind"])
    declared = upstream.suggested(registration.release, registration.supplier) if shares is None else shares
    made = _unsaved(registration, filled, terms)
    made.shares, made.draft_of = upstream.checked_shares(declared), draft_of
    made.opened_by, made.opened_at = user, clock.now()
    with transaction.atomic():
        made.number = journal.next_number("L", clock.now())
        made.save()
        payload = {"registration": registration.reference, "release": release_reference(registration.release)}
        LISTING.begin(made, people.actor(user), "exchange.listing_opened", payload)
    return made


def _unsaved(registration: Registration, filled: Mapping[str, Any], terms: fields.Terms) -> Listing:
    return Listing(
        registration=registration,
        supplier=registration.supplier,
        release=registration.release,
        level=terms.level,
        board=terms.board,
        industry=terms.industry,
        details=filled,
        delivery_modes=list(terms.modes),
    )


def require_listable(registration: Registration) -> None:
    """
    Raises:
        RefusedError: `server.exchange.not_registered`: what is not in the register, or on the way there, is not listed.
    """
    if registration.state in REGISTRATION_ENDED:
        raise RefusedError("server.exchange.not_registered", number=registration.number)


def changeable(user: Any, listing: Listing) -> Listing:
    """The listing, locked in the caller's transaction, if its supplier may still change it.

    Raises:
        RefusedError: not of the supplier's organisation; `server.exchange.listing_locked`.
    """
    people.require(user, "exchange.write_listing", listing)
    found = locked(listing)
    if found.state not in CHANGEABLE:
        raise RefusedError("server.exchange.listing_locked", number=found.number)
    return found


def change_listing(user: Any, listing: Listing, revision: int, **given: Any) -> Listing:
    """Save what the supplier wrote: `details`, `level`, `board`, `industry`, `delivery_modes`, `shares`, `release`.

    Raises:
        ConflictError: `server.exchange.listing_changed`, another save came first.
        RefusedError: it is with the operator, or on the list. InputError: a wrong code or text.
    """
    with transaction.atomic():
        found = changeable(user, listing)
        if found.revision != revision:
            raise ConflictError("server.exchange.listing_changed", number=found.number, revision=found.revision)
        if given.get("release") is not None:
            _other_release(user, found, given["release"])
        filled = fields.checked(given["details"]) if "details" in given else found.details
        terms = fields.checked_terms(
            given.get("level", found.level),
            given.get("board", found.board),
            given.get("industry", found.industry),
            given.get("delivery_modes", found.delivery_modes),
            filled["kind"],
        )
        found.details, found.level, found.board = filled, terms.level, terms.board
        found.industry, found.delivery_modes = terms.industry, list(terms.modes)
        if "shares" in given:
            found.shares = upstream.checked_shares(given["shares"])
        _touch(found)
    return found


def _other_release(user: Any, listing: Listing, release: Release) -> None:
    require_same_product(listing.registration, release)
    require_own_release(user, release, listing.supplier)
    listing.release = release


def _touch(listing: Listing) -> None:
    """Count a change of the listing, or of what belongs to it."""
    listing.revision += 1
    changed = ["details", "level", "board", "industry", "delivery_modes", "shares", "release", "revision"]
    listing.save(update_fields=changed)


def add_scenario(
    user: Any, listing: Listing, code: str, words: Mapping[str, Any], purposes: Sequence[str] = ()
) -> Scenario:
    """Say what the product is for. Without a scenario there is no trade.

    Args:
        words: {"title": {language: text}, "text": {language: text}}.

    Raises:
        ConflictError: the code is taken. InputError: no title, or a text that is too long. RefusedError: not theirs.
    """
    slug = clean(code, "code", 40, required=True)
    if not (slug.isascii() and slug.replace("-", "").replace("_", "").isalnum()):
        one_of(slug, "code", ("a-z", "0-9", "-"))
    given = words if isinstance(words, Mapping) else {}
    kept = {
        "title": in_languages(given.get("title"), "scenario", 200, required=True),
        "text": in_languages(given.get("text"), "scenario", 5_000),
    }
    named = checked_purposes(purposes) if purposes else []
    try:
        with transaction.atomic():
            found = changeable(user, listing)
            if found.scenarios.count() >= MOST_SCENARIOS:
                raise RefusedError("server.exchange.too_many", field="scenarios", most=MOST_SCENARIOS)
            made = Scenario.objects.create(listing=found, code=slug, words=kept, purposes=named)
            _touch(found)
    except IntegrityError:
        raise ConflictError("server.exchange.scenario_there", code=slug) from None
    return made


def remove_scenario(user: Any, scenario: Scenario) -> None:
    """Take a scenario off a listing that its supplier may change."""
    with transaction.atomic():
        found = changeable(user, scenario.listing)
        found.scenarios.filter(pk=scenario.pk).delete()
        _touch(found)


def add_paper(user: Any, thing: Registration | Listing, kind: str, taken: uploads.Handed) -> Paper:
    """Hand in a paper of a registration (proof of source) or of a listing. The newest of its kind counts.

    Raises:
        RefusedError: not theirs, or with the registrar or operator. InputError: neither PDF, PNG nor JPEG.
    """
    code = one_of(kind, "kind", PaperKind.values)
    media_type = uploads.media_type_of(taken.path, uploads.PAPERS)
    with transaction.atomic():
        about: dict[str, Any]
        if isinstance(thing, Registration):
            about = {"registration": _changeable_registration(user, thing)}
        else:
            found = changeable(user, thing)
            _touch(found)
            about = {"listing": found}
        made = Paper.objects.create(
            **about,
            kind=code,
            file_name=clean(taken.name, "file_name", 200) or code,
            media_type=media_type,
            bytes=taken.bytes,
            sha256=taken.sha256,
            place=PAPERS.keep(taken.path, taken.sha256),
            added_by=user,
            added_at=clock.now(),
        )
        payload = {"kind": code, "sha256": taken.sha256}
        journal.append(people.actor(user), "exchange.paper_added", thing.reference, payload)
    return made


def _changeable_registration(user: Any, registration: Registration) -> Registration:
    from dataferry.server.exchange.actions import registrations

    people.require(user, "exchange.write_registration", registration)
    found = registrations.locked(registration)
    registrations.require_changeable(found)
    return found


def sign_undertaking(user: Any, listing: Listing) -> Undertaking:
    """Sign the legal undertaking for what the listing says now. A later change asks for it again.

    Raises:
        RefusedError: not a manager of the supplier, or the listing is with the operator or on the list.
    """
    people.require(user, "exchange.sign_listing", listing)
    with transaction.atomic():
        return sign_for(user, changeable(user, listing))


def sign_for(user: Any, listing: Listing) -> Undertaking:
    """The signature of a manager on a locked listing, in the caller's transaction."""
    document = undertaking.document(listing)
    made = Undertaking.objects.create(
        listing=listing,
        release=listing.release,
        document=document,
        digest=digest_of(document),
        signed_by=user,
        signed_at=clock.now(),
    )
    payload = {
        "digest": made.digest,
        "release": release_reference(listing.release),
        "wording": document["text"]["id"],
    }
    journal.append(people.actor(user), "exchange.undertaking_signed", listing.reference, payload)
    return made
