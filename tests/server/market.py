"""A market for tests: merchants with their people, releases, clearances. Rows are made as the actions would leave them.

Helpers that need a thing further along the trip (a listing, an agreement, an entitlement) call the real actions.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.persons import make_person

_numbers = itertools.count(1)


@dataclass
class Party:
    """An active merchant and the manager who signs for it."""

    merchant: Any
    manager: Any

    @property
    def organisation(self) -> Any:
        return self.merchant.organisation


def make_organisation(place: str = "hong-kong", slug: str = "") -> tuple[Any, Any]:
    """A verified organisation and its manager."""
    from dataferry.server.people.models import Membership, Organisation

    number = next(_numbers)
    slug = slug or f"company-{number}"
    city = place if place in ("hong-kong", "shanghai") else ""
    name = {"en": f"Company {number}", "zh-Hant": f"公司{number}", "zh-Hans": f"公司{number}"}
    organisation = Organisation.objects.create(slug=slug, name=name, city=city, verified=True)
    manager = make_person(f"manager-{slug}@example.org")
    Membership.objects.create(organisation=organisation, user=manager, is_manager=True)
    return organisation, manager


def make_merchant(place: str, *classes: str, slug: str = "", **facts: Any) -> Party:
    """An active merchant in these classes, registered in `place`; its events are in the journal."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.journal import clock
    from dataferry.server.merchants.models import Merchant
    from dataferry.server.merchants.states import MERCHANT, MerchantState

    organisation, manager = make_organisation(place, slug)
    with transaction.atomic():
        merchant = Merchant.objects.create(
            organisation=organisation,
            number=journal.next_number("M", clock.now()),
            classes=list(classes),
            place=place,
            register_number=f"REG{organisation.pk:06}",
            applied_by=manager,
            applied_at=clock.now(),
            **{"critical": "no", "free_trade_zone": "no", "state_organ": "no", **facts},
        )
        MERCHANT.begin(merchant, "system", "merchants.applied")
        MERCHANT.move(merchant, MerchantState.VERIFIED, "system", "merchants.verified")
        MERCHANT.move(merchant, MerchantState.ACTIVE, "system", "merchants.activated")
    return Party(merchant, manager)


def make_clearance(release: Any, supplier: Any, recipients: tuple[str, ...] = ("hong-kong", "shanghai")) -> Any:
    """A clearance in force for a release, as a passed case leaves it."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.compliance.models import Clearance, ComplianceCase
    from dataferry.server.compliance.states import CASE, CaseState
    from dataferry.server.journal import clock
    from dataferry.server.journal.canonical import canonical
    from dataferry.server.journal.canonical import digest as journal_digest

    now = clock.now()
    with transaction.atomic():
        case = ComplianceCase.objects.create(
            number=journal.next_number("C", now),
            release=release,
            supplier=supplier,
            recipients=list(recipients),
            checklist="test",
            opened_at=now,
        )
        CASE.begin(case, "system", "compliance.case_opened")
        for state, act in (
            (CaseState.SUBMITTED, "compliance.case_submitted"),
            (CaseState.ASSESSED, "compliance.case_assessed"),
            (CaseState.PASSED, "compliance.case_decided"),
        ):
            CASE.move(case, state, "system", act)
        document = {"format": "dataferry-clearance/1", "case": case.number, "release": release.digest}
        return Clearance.objects.create(
            number=journal.next_number("K", now),
            case=case,
            release=release,
            supplier=supplier,
            recipients=list(recipients),
            document=document,
            digest=f"sha256:{journal_digest(canonical(document))}",
            issued_at=now,
            valid_until=(now + timedelta(days=365)).date(),
        )


def make_release_row(version: str = "1.0.0", slug: str = "") -> Any:
    """A release in the workshop's table, for tests that never open its files."""
    from dataferry.server.workshop.models import Product, Release

    product, _made = Product.objects.get_or_create(slug=slug or f"product-{next(_numbers)}")
    digest = f"sha256:{hashlib.sha256(f'{product.slug}@{version}'.encode()).hexdigest()}"
    return Release.objects.create(
        product=product, version=version, digest=digest, folder=f"none/{product.slug}/{version}", document={}
    )


def make_listed(
    supplier: Party, release: Any = None, shares: tuple[Any, ...] = (), recipients: tuple[str, ...] = ()
) -> Any:
    """A listing of `supplier` as the registers leave it when it is listed, with one scenario, `planning`.

    Args:
        recipients: places that the clearance names; by default the two cities.
    """
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.exchange.models import Listing, ListingRelease, Registration, Scenario
    from dataferry.server.exchange.states import LISTING, REGISTRATION, ListingState, RegistrationState
    from dataferry.server.journal import clock

    release, now = release or make_release_row(), clock.now()
    cleared = make_clearance(release, supplier.merchant, *([recipients] if recipients else []))
    with transaction.atomic():
        registration = Registration.objects.create(
            number=journal.next_number("R", now),
            product=release.product,
            release=release,
            supplier=supplier.merchant,
            source_kind="produced",
            opened_at=now,
        )
        REGISTRATION.begin(registration, "system", "exchange.registration_opened")
        for state, act in (
            (RegistrationState.SUBMITTED, "exchange.registration_submitted"),
            (RegistrationState.NOTICE, "exchange.registration_notice_published"),
            (RegistrationState.CERTIFIED, "exchange.registration_certified"),
        ):
            REGISTRATION.move(registration, state, "system", act)
        listing = Listing.objects.create(
            number=journal.next_number("L", now),
            registration=registration,
            supplier=supplier.merchant,
            release=release,
            clearance=cleared,
            level="S1",
            board="transport",
            industry="energy",
            details={"title": {"en": "Chargers of two cities", "zh-Hant": "兩地充電樁", "zh-Hans": "两地充电桩"}},
            delivery_modes=["share", "files", "rows"],
            shares=list(shares),
            opened_at=now,
            listed_at=now,
        )
        LISTING.begin(listing, "system", "exchange.listing_opened")
        LISTING.move(listing, ListingState.SUBMITTED, "system", "exchange.listing_submitted")
        LISTING.move(listing, ListingState.LISTED, "system", "exchange.listing_listed")
        words = {"en": "Planning", "zh-Hant": "規劃", "zh-Hans": "规划"}
        Scenario.objects.create(listing=listing, code="planning", words=words, purposes=["research", "public-service"])
        ListingRelease.objects.create(listing=listing, version=1, release=release, clearance=cleared, since=now)
    return listing


def make_offer(listing: Any, manager: Any, kind: str = "free", **plan: Any) -> Any:
    """An open offer of this kind of plan to everybody in the two cities; `policy`, `to`, `negotiable` and
    `later_releases` may be given too, all else is the plan's."""
    from dataferry.server.exchange.actions import offers

    number = next(_numbers)
    given = {name: plan.pop(name) for name in ("to", "negotiable", "valid_until", "later_releases") if name in plan}
    policy = {
        "purposes": ["research", "public-service"],
        "regions": ["hong-kong", "shanghai"],
        **plan.pop("policy", {}),
    }
    made = offers.add_plan(manager, listing, f"plan-{number}", kind, plan.pop("currency", "HKD"), **plan)
    cut = offers.add_policy(manager, listing, f"policy-{number}", **policy)
    return offers.open_offer(manager, listing, made, cut, **given)


def make_agreement(offer: Any, buyer: Party, purpose: str = "research") -> Any:
    """An agreement that waits for signatures."""
    from dataferry.server.exchange.actions import orders

    return orders.order(buyer.manager, offer, buyer.merchant, purpose, "planning")


def sign_both(agreement: Any, supplier: Party, buyer: Party) -> Any:
    """The agreement as it is after both managers have signed: in force, or waiting for its first payment."""
    from dataferry.server.exchange.actions import agreements

    agreements.sign(buyer.manager, agreement, "buyer", agreement.digest)
    return agreements.sign(supplier.manager, agreement, "supplier", agreement.digest)


def pay(agreement: Any, buyer: Party, operator: Any, reference: str = "") -> Any:
    """Pay the first invoice by a transfer that `operator` confirms; the payment."""
    from dataferry.server.exchange.actions import money

    invoice = agreement.invoices.get(period_from=None)
    payment = money.start_payment(buyer.manager, invoice, "bank-transfer")
    return money.confirm_payment(operator, payment, reference or f"BANK-{payment.number}")


def make_registered(supplier: Party, release: Any, operator: Any = None) -> Any:
    """A certified registration by the real actions: opened, handed in, on notice, certified after three days."""
    from dataferry.server.exchange.actions import registrations
    from dataferry.server.journal import clock

    operator = operator or make_person("", "exchange-operator")
    rights = {"kinds": ["holding", "use", "operation"], "basis": {"en": "Made from open data of both cities."}}
    made = registrations.open_registration(supplier.manager, release, supplier.merchant, "public", rights)
    registrations.submit(supplier.manager, made)
    noticed = registrations.publish_notice(operator, made)
    with clock.standing_at(noticed.notice_until):
        return registrations.certify(operator, made)


def make_listing(supplier: Party, release: Any, operator: Any = None, *, listed: bool = True, **fields: Any) -> Any:
    """A listing by the real actions, cleared and registered on the way; with `listed=False` only its filled draft.

    Args:
        release: whose files lie below the data home (fixture `registered`). fields: of `draft_listing`.
    """
    from dataferry.server.compliance.queries.clearances import in_force
    from dataferry.server.exchange.actions import listings

    operator = operator or make_person("", "exchange-operator")
    if in_force(release, supplier.merchant) is None:
        make_clearance(release, supplier.merchant)
    registration = supplier.merchant.registrations.filter(product=release.product, state="certified").first()
    registration = registration or make_registered(supplier, release, operator)
    details = {"purpose": {"en": "Planning of charging places."}, **fields.pop("details", {})}
    made = listings.draft_listing(supplier.manager, registration, details=details, **fields)
    words = {"title": {"en": "Planning", "zh-Hant": "規劃", "zh-Hans": "规划"}}
    listings.add_scenario(supplier.manager, made, "planning", words, ["public-service"])
    listings.sign_undertaking(supplier.manager, made)
    if not listed:
        return made
    listings.submit_listing(supplier.manager, made)
    return listings.list_it(operator, made)
