"""The register of data products: from the supplier's draft through the public notice to the certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions import certificates
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Registration, RegistrationVersion
from dataferry.server.exchange.models.registrations import SourceKind
from dataferry.server.exchange.queries.clearances import require_clearance, today
from dataferry.server.exchange.queries.releases import releases_to_offer
from dataferry.server.exchange.states import REGISTRATION, ObjectionState, RegistrationState
from dataferry.server.exchange.texts import clean, in_languages, one_of, reason_of
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.models import Product, Release

NOTICE = timedelta(days=3)
"""How long everybody may object. Three days at the Guangxi Beibu Gulf exchange (bbgdex.com/service/guide)."""
VALID_YEARS = 3
"""How long an entry stands before it is renewed. No published term was found: this house's own choice."""
RIGHTS = ("holding", "use", "operation")
"""Rights that can be registered: holding, processing and use, operation (Hubei's interim measures of 2024)."""
MOST_BASIS = 2_000
CHANGEABLE = (RegistrationState.DRAFT, RegistrationState.RETURNED)
ENDED = (RegistrationState.REFUSED, RegistrationState.CANCELLED)
SHOWN = (RegistrationState.NOTICE, RegistrationState.OBJECTED, RegistrationState.CERTIFIED)


def locked(registration: Registration) -> Registration:
    """The row as it is now, held until the caller's transaction ends."""
    rows = Registration.objects.select_for_update(of=("self",)).select_related(
        "supplier__organisation", "release__product", "product"
    )
    return rows.get(pk=registration.pk)


def open_registration(
    user: Any, release: Release, supplier: Merchant, source_kind: str, rights: Mapping[str, Any]
) -> Registration:
    """Begin to register the product of a release.

    Args:
        rights: {"kinds": some of `RIGHTS`, "basis": {language: on what they rest}}.

    Raises:
        RefusedError: not a manager of the supplier; the supplier is not active; the product is another's.
        ConflictError: this supplier has registered the product already. InputError: a wrong code or text.
    """
    people.require(user, "exchange.open_registration", supplier)
    require_supplier(supplier)
    kind, checked = one_of(source_kind, "source_kind", SourceKind.values), checked_rights(rights)
    with transaction.atomic():
        require_own_release(user, release, supplier)
        standing = Registration.objects.filter(product=release.product, supplier=supplier).exclude(state__in=ENDED)
        if (there := standing.first()) is not None:
            raise ConflictError("server.exchange.registered_already", number=there.number)
        made = Registration.objects.create(
            number=journal.next_number("R", clock.now()),
            product=release.product,
            release=release,
            supplier=supplier,
            source_kind=kind,
            rights=checked,
            opened_by=user,
            opened_at=clock.now(),
        )
        payload = {"supplier": supplier.reference, "release": release_reference(release)}
        REGISTRATION.begin(made, people.actor(user), "exchange.registration_opened", payload)
    return made


def release_reference(release: Release) -> str:
    """How the journal names a release."""
    return f"release:{release.product.slug}@{release.version}"


def require_supplier(supplier: Merchant) -> None:
    """
    Raises:
        RefusedError: `server.exchange.not_a_supplier`: only an active supplier registers and lists.
    """
    if not Merchant.objects.get(pk=supplier.pk).acts_as(MerchantClass.SUPPLIER):
        raise RefusedError("server.exchange.not_a_supplier", number=supplier.number)


def require_own_release(user: Any, release: Release, supplier: Merchant) -> None:
    """The release must be of somebody in the supplier's organisation, or a published one of this house.

    Raises:
        RefusedError: `server.exchange.release_of_others`.
    """
    if not releases_to_offer(user, [supplier]).filter(pk=release.pk).exists():
        raise RefusedError("server.exchange.release_of_others", release=str(release))


def checked_rights(rights: Mapping[str, Any]) -> dict[str, Any]:
    """Rights as they are kept.

    Raises:
        InputError: no right, an unknown one, or a basis that is missing or too long.
    """
    given = rights.get("kinds") if isinstance(rights, Mapping) else None
    named = {one_of(each, "rights", RIGHTS) for each in (given if isinstance(given, list | tuple) else [])}
    clean(", ".join(sorted(named)), "rights", MOST_BASIS, required=True)
    basis = in_languages(rights.get("basis") or {}, "basis", MOST_BASIS)
    return {"kinds": [each for each in RIGHTS if each in named], "basis": basis}


def describe(
    user: Any,
    registration: Registration,
    *,
    source_kind: str,
    rights: Mapping[str, Any],
    release: Release | None = None,
) -> Registration:
    """Change a registration that is with its supplier.

    Raises:
        RefusedError: it is with the registrar, or in the register already. InputError: a wrong code or text.
    """
    people.require(user, "exchange.write_registration", registration)
    kind, checked = one_of(source_kind, "source_kind", SourceKind.values), checked_rights(rights)
    with transaction.atomic():
        found = locked(registration)
        require_changeable(found)
        if release is not None:
            require_same_product(found, release)
            require_own_release(user, release, found.supplier)
            found.release = release
        found.source_kind, found.rights = kind, checked
        found.save(update_fields=["source_kind", "rights", "release"])
        payload = {"release": release_reference(found.release), "digest": digest_of(checked)}
        journal.append(people.actor(user), "exchange.registration_described", found.reference, payload)
    return found


def require_changeable(registration: Registration) -> None:
    """
    Raises:
        RefusedError: `server.exchange.registration_locked`.
    """
    if registration.state not in CHANGEABLE:
        raise RefusedError("server.exchange.registration_locked", number=registration.number)


def require_same_product(registration: Registration, release: Release) -> None:
    """
    Raises:
        RefusedError: `server.exchange.other_product`.
    """
    if release.product_id != registration.product_id:
        raise RefusedError("server.exchange.other_product", release=str(release), product=registration.product.slug)


def submit(user: Any, registration: Registration) -> Registration:
    """Hand a registration to the registrar.

    Raises:
        RefusedError: not a manager of the supplier; not in a state to be handed in; the supplier is not active.
    """
    people.require(user, "exchange.sign_registration", registration)
    with transaction.atomic():
        found = locked(registration)
        require_supplier(found.supplier)
        REGISTRATION.move(
            found, RegistrationState.SUBMITTED, people.actor(user), "exchange.registration_submitted", _said(found)
        )
    return found


def _said(registration: Registration) -> dict[str, Any]:
    return {"release": release_reference(registration.release), "digest": digest_of(registration.rights)}


def return_(user: Any, registration: Registration, reason: str) -> Registration:
    """Give it back to be completed. The reason is for the supplier.

    Raises:
        RefusedError: not the registrar, or it was not handed in. InputError: no reason.
    """
    people.require(user, "exchange.decide_registration", registration)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(registration)
        found.reason = said
        REGISTRATION.move(
            found, RegistrationState.RETURNED, people.actor(user), "exchange.registration_returned", {}, "reason"
        )
    return found


def refuse(user: Any, registration: Registration, reason: str) -> Registration:
    """Refuse a registration that was handed in. Final: the supplier may begin another.

    Raises:
        RefusedError: not the registrar, it was not handed in, or an objection waits for its decision.
        InputError: no reason.
    """
    people.require(user, "exchange.decide_registration", registration)
    said = reason_of(reason)
    with transaction.atomic():
        found = locked(registration)
        if found.state == RegistrationState.OBJECTED:
            _require_quiet(found)
        found.reason = said
        REGISTRATION.move(
            found, RegistrationState.REFUSED, people.actor(user), "exchange.registration_refused", {}, "reason"
        )
    return found


def publish_notice(user: Any, registration: Registration) -> Registration:
    """Make the registration public for three days, in which everybody may object.

    Raises:
        RefusedError: not the registrar of its city, or one of the supplier's own people.
        ConflictError: another supplier has the product in the register, or on notice.
    """
    people.require(user, "exchange.decide_registration", registration)
    with transaction.atomic():
        found = locked(registration)
        if found.state == RegistrationState.OBJECTED:
            _require_quiet(found)
        # Two registrars may reach for the same product at once.
        Product.objects.select_for_update().get(pk=found.product_id)
        others = Registration.objects.filter(product=found.product, state__in=SHOWN).exclude(pk=found.pk)
        if (there := others.first()) is not None:
            raise ConflictError("server.exchange.registered_already", number=there.number)
        found.notice_from, found.reason = clock.now(), ""
        found.notice_until = found.notice_from + NOTICE
        payload = {"until": found.notice_until.isoformat(), **_said(found)}
        REGISTRATION.move(
            found,
            RegistrationState.NOTICE,
            people.actor(user),
            "exchange.registration_on_notice",
            payload,
            "notice_from",
            "notice_until",
            "reason",
        )
    return found


def certify(user: Any, registration: Registration) -> Registration:
    """Enter the product in the register and issue its certificate.

    Raises:
        RefusedError: the notice still runs, an objection is open, compliance has not cleared the release, the supplier
            is not active, or the person is not the registrar.
    """
    people.require(user, "exchange.decide_registration", registration)
    with transaction.atomic():
        found = locked(registration)
        if found.state not in (RegistrationState.NOTICE, RegistrationState.OBJECTED):
            raise RefusedError("server.exchange.not_on_notice", number=found.number)
        require_supplier(found.supplier)
        _require_quiet(found)
        clearance = require_clearance(found.release, found.supplier)
        found.certified_at, found.valid_until = clock.now(), in_years(today(), VALID_YEARS)
        payload = {"clearance": clearance.reference, **_said(found)}
        fields = ("certified_at", "valid_until")
        actor = people.actor(user)
        REGISTRATION.move(
            found, RegistrationState.CERTIFIED, actor, "exchange.registration_certified", payload, *fields
        )
        enter(found, "first", clearance.digest)
        certificates.issue("registration", actor=actor, registration=found)
    return found


def _require_quiet(registration: Registration) -> None:
    """The notice is over and nobody's objection is open."""
    waiting = registration.objections.filter(state=ObjectionState.FILED).count()
    if waiting:
        raise RefusedError("server.exchange.objections_open", count=waiting)
    until = registration.notice_until
    if until is None or clock.now() < until:
        raise RefusedError("server.exchange.notice_runs", until=until.isoformat() if until else "-")


def in_years(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def enter(registration: Registration, kind: str, clearance: str = "") -> RegistrationVersion:
    """Write what the register says from now on: a version that is never changed, in the caller's transaction.

    Args:
        kind: first, change, renewal or cancellation. clearance: digest of the clearance that it rests on.
    """
    document = {
        "format": "dataferry-registration/1",
        "number": registration.number,
        "kind": kind,
        "product": registration.product.slug,
        "release": {"version": registration.release.version, "digest": registration.release.digest},
        "supplier": {"number": registration.supplier.number, "organisation": registration.supplier.organisation.slug},
        "source": registration.source_kind,
        "rights": registration.rights,
        "papers": [{"kind": each.kind, "sha256": each.sha256} for each in registration.papers.all()],
        "clearance": clearance,
        "valid_until": registration.valid_until.isoformat() if registration.valid_until else "",
    }
    return RegistrationVersion.objects.create(
        registration=registration,
        version=registration.versions.count() + 1,
        kind=kind,
        document=document,
        digest=digest_of(document),
        made_at=clock.now(),
    )
