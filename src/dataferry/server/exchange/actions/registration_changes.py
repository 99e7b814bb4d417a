"""After the certificate: another release, a renewal, the end. Examined anew; the certificate stands meanwhile."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions import certificates
from dataferry.server.exchange.actions.registrations import (
    VALID_YEARS,
    enter,
    in_years,
    locked,
    release_reference,
    require_own_release,
    require_same_product,
    require_supplier,
)
from dataferry.server.exchange.models import Listing, Registration, RegistrationChange
from dataferry.server.exchange.models.papers import ChangeKind, ChangeOutcome
from dataferry.server.exchange.queries.clearances import require_clearance, today
from dataferry.server.exchange.states import REGISTRATION, ListingState, RegistrationState
from dataferry.server.exchange.texts import reason_of
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Release

SYSTEM = "system"
STANDING = (RegistrationState.CERTIFIED, RegistrationState.EXPIRED)


def change_registration(user: Any, registration: Registration, release: Release) -> RegistrationChange:
    """Ask the registrar to enter another release of the product.

    Raises:
        RefusedError: not a manager of the supplier; not in the register; another product or somebody else's release.
        ConflictError: something was asked before and is not decided yet.
    """
    people.require(user, "exchange.sign_registration", registration)
    require_own_release(user, release, registration.supplier)
    require_same_product(registration, release)
    return _ask(user, registration, ChangeKind.CHANGE, release)


def renew(user: Any, registration: Registration) -> RegistrationChange:
    """Ask the registrar to let the entry stand for another term, also after it expired.

    Raises:
        RefusedError, ConflictError: as `change_registration`.
    """
    people.require(user, "exchange.sign_registration", registration)
    return _ask(user, registration, ChangeKind.RENEWAL, registration.release)


def _ask(user: Any, registration: Registration, kind: str, release: Release) -> RegistrationChange:
    try:
        with transaction.atomic():
            found = locked(registration)
            require_supplier(found.supplier)
            _require_standing(found, kind)
            if kind == ChangeKind.CHANGE and release.pk == found.release_id:
                raise ConflictError("server.exchange.same_release", release=str(release))
            made = RegistrationChange.objects.create(
                registration=found, kind=kind, release=release, asked_by=user, asked_at=clock.now()
            )
            payload = {"kind": str(kind), "release": release_reference(release)}
            journal.append(people.actor(user), "exchange.registration_change_asked", found.reference, payload)
    except IntegrityError:
        raise ConflictError("server.exchange.change_there", number=registration.number) from None
    return made


def _require_standing(registration: Registration, kind: str) -> None:
    allowed = STANDING if kind == ChangeKind.RENEWAL else (RegistrationState.CERTIFIED,)
    if registration.state not in allowed:
        raise RefusedError("server.exchange.not_certified", number=registration.number)


def decide_change(user: Any, change: RegistrationChange, granted: bool, reason: str = "") -> RegistrationChange:
    """Grant or refuse what was asked. Granted, the register has a new version and the certificate is issued anew.

    Raises:
        RefusedError: not the registrar, or one of the supplier's people; decided already; the release is not cleared.
        InputError: refused without a reason.
    """
    people.require(user, "exchange.decide_registration", change.registration)
    said = "" if granted else reason_of(reason)
    with transaction.atomic():
        registration = locked(change.registration)
        found = _open_change(change)
        found.outcome = ChangeOutcome.GRANTED if granted else ChangeOutcome.REFUSED
        found.reason, found.decided_by, found.decided_at = said, user, clock.now()
        found.save(update_fields=["outcome", "reason", "decided_by", "decided_at"])
        actor = people.actor(user)
        if granted:
            _grant(actor, registration, found)
        else:
            payload = {"kind": found.kind, "release": release_reference(found.release)}
            journal.append(actor, "exchange.registration_change_refused", registration.reference, payload)
    return found


def _open_change(change: RegistrationChange) -> RegistrationChange:
    rows = RegistrationChange.objects.select_for_update(of=("self",)).select_related("release__product")
    found = rows.get(pk=change.pk)
    if found.outcome != ChangeOutcome.OPEN:
        raise RefusedError("server.exchange.change_decided", number=change.registration.number)
    return found


def _grant(actor: str, registration: Registration, change: RegistrationChange) -> None:
    _require_standing(registration, change.kind)
    require_supplier(registration.supplier)
    clearance = require_clearance(change.release, registration.supplier)
    registration.release = change.release
    if change.kind == ChangeKind.RENEWAL:
        begin = max(today(), registration.valid_until or today())
        registration.valid_until = in_years(begin, VALID_YEARS)
    payload = {
        "kind": change.kind,
        "release": release_reference(change.release),
        "clearance": clearance.reference,
    }
    REGISTRATION.move(
        registration,
        RegistrationState.CERTIFIED,
        actor,
        "exchange.registration_changed",
        payload,
        "release",
        "valid_until",
    )
    enter(registration, change.kind, clearance.digest)
    certificates.issue("registration", actor=actor, registration=registration)


def withdraw_change(user: Any, change: RegistrationChange) -> RegistrationChange:
    """Take back what was asked and is not decided."""
    people.require(user, "exchange.sign_registration", change.registration)
    with transaction.atomic():
        registration = locked(change.registration)
        found = _open_change(change)
        found.outcome, found.decided_at = ChangeOutcome.WITHDRAWN, clock.now()
        found.save(update_fields=["outcome", "decided_at"])
        payload = {"kind": found.kind}
        journal.append(people.actor(user), "exchange.registration_change_withdrawn", registration.reference, payload)
    return found


def cancel(user: Any, registration: Registration, reason: str) -> Registration:
    """End a registration: its supplier's manager, or the registrar. Its certificate is revoked.

    Raises:
        RefusedError: neither of the two; a product of it is on the list; it has ended. InputError: no reason.
    """
    people.require(user, "exchange.cancel_registration", registration)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(registration)
        listed = found.listings.filter(state__in=(ListingState.LISTED, ListingState.SUSPENDED)).first()
        if listed is not None:
            raise ConflictError("server.exchange.still_listed", number=listed.number)
        was_entered, actor = found.versions.exists(), people.actor(user)
        found.reason = said
        REGISTRATION.move(found, RegistrationState.CANCELLED, actor, "exchange.registration_cancelled", {}, "reason")
        if was_entered:
            enter(found, "cancellation")
            certificates.revoke_all(actor, "cancelled", registration=found)
    return found


def expire_due() -> int:
    """Let every entry expire whose term is over, and suspend what is listed of it. Returns how many expired."""
    from dataferry.server.exchange.actions.listings import suspend_for

    due = Registration.objects.filter(state=RegistrationState.CERTIFIED, valid_until__lt=today())
    count = 0
    for key in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            found = locked(Registration(pk=key))
            if found.state != RegistrationState.CERTIFIED or found.valid_until is None or found.valid_until >= today():
                continue
            REGISTRATION.move(found, RegistrationState.EXPIRED, SYSTEM, "exchange.registration_expired")
            suspend_for(found.listings.all(), SYSTEM, "registration-expired")
            count += 1
    return count


def suspend_uncleared() -> int:
    """Suspend what is listed under a clearance whose day has passed. Returns how many were."""
    from dataferry.server.exchange.actions.listings import suspend_for

    over = Listing.objects.filter(state=ListingState.LISTED, clearance__valid_until__lt=today())
    with transaction.atomic():
        return suspend_for(list(over), SYSTEM, "clearance-ended")
