"""What the permission matrix of the exchange is tried on: a market in four steps, and everybody who may come.

    begun      an application, drafts of everything, a request, an agreement that nobody has signed
    examined   handed in: a registration, a listing, a case, a payment under way, a complaint
    decided    a case that is assessed, a registration on notice with an objection, an approval in force
    traded     the whole trip of a product (`server.trip`): cleared, listed, sold, paid, delivered

The supplier is a company of Shanghai, the buyer one of Hong Kong; "the city" is Shanghai.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from server.exchange.matrix_money import owner_statement_of, statement_of, transfer_of
from server.market import make_agreement, make_merchant, make_offer, make_organisation, sign_both
from server.matrix import Season
from server.persons import make_person
from server.trip import STATED, Trip, valid_register_number

Place = dict[str, Any]
DAYS = {"valid_from": date(2026, 1, 1), "valid_until": date(2028, 1, 1)}
RIGHTS = {"kinds": ["holding", "use"], "basis": {"en": "Made by us."}}


class Paper:
    """A file as a form would hand it in; given away each time."""

    def __init__(self, folder: Path) -> None:
        from dataferry.server.challenge.rehearsal.acts import small_paper

        self._folder, self._body, self._made = folder, small_paper().read_bytes(), 0

    def handed(self) -> Any:
        from dataferry.server.uploads import Taken

        self._made += 1
        path = self._folder / f"handed-{self._made}.pdf"
        path.write_bytes(self._body)
        return Taken(path, "paper.pdf", len(self._body), hashlib.sha256(self._body).hexdigest())


def member_of(merchant: Any, *, name: str, is_manager: bool = False) -> Any:
    from dataferry.server.people.models import Membership

    person = make_person(f"{name}@matrix.example")
    Membership.objects.create(organisation=merchant.organisation, user=person, is_manager=is_manager)
    return person


def season(folder: Path, work: Any) -> Season:
    """Everything, made once by the real actions."""
    from dataferry.server import journal

    trip, paper = Trip.begin(), Paper(folder)
    rival = make_merchant("hong-kong", "supplier", "buyer", slug="rival")
    people = _people(trip, rival)
    traded = _traded(trip, rival, paper)
    places = {
        "traded": traded,
        "begun": _begun(trip, traded, paper),
        "examined": _examined(trip, traded, paper),
        "decided": _decided(trip, people, paper),
    }
    journal.catch_up()
    work()
    tokens = _delivered(trip, rival, traded)
    return Season(people, places, tokens)


def _people(trip: Trip, rival: Any) -> dict[str, Any]:
    from dataferry.server.people import Role
    from dataferry.server.people.models import Membership

    other, _manager = trip.joins("hong-kong", "76543210", "assessor")
    assessing = make_person("second@matrix.example", Role.ASSESSOR)
    Membership.objects.create(organisation=other.organisation, user=assessing)
    return {
        "member": make_person("member@matrix.example"),
        "supplier's manager": trip.supplying,
        "supplier's member": member_of(trip.supplier, name="supplier"),
        "buyer's manager": trip.buying,
        "buyer's member": member_of(trip.buyer, name="buyer"),
        "another merchant's manager": rival.manager,
        "assessor": trip.assessing,
        "another assessor": assessing,
        "officer of the city": trip.officer,
        "officer of the other city": make_person("officer@matrix.example", Role.COMPLIANCE_OFFICER, city="hong-kong"),
        "operator of the city": trip.operator,
        "operator of the other city": trip.operator_hk,
        "administrator": make_person("administrator@matrix.example", Role.ADMINISTRATOR),
    }


def _release(trip: Trip, name: str) -> Any:
    """A release of the supplier's whose files nobody opens."""
    from dataferry.server.workshop.models import Product, Release

    product = Product.objects.create(slug=name, owner=trip.supplying)
    digest = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    document = {"title": {"en": name, "zh-Hant": name, "zh-Hans": name}}
    return Release.objects.create(
        product=product, version="1.0.0", digest=digest, folder=f"none/{name}", document=document
    )


def _named(release: Any) -> Place:
    return {"slug": release.product.slug, "version": release.version}


def _registration(trip: Trip, name: str) -> Any:
    from dataferry.server.exchange.actions import registrations

    return registrations.open_registration(trip.supplying, _release(trip, name), trip.supplier, "public", RIGHTS)


def _draft(trip: Trip, registration: Any) -> Any:
    """A listing that lacks nothing but to be handed in."""
    from dataferry.server.exchange.actions import listings

    made = listings.draft_listing(
        trip.supplying,
        registration,
        level="S2",
        board="transport",
        details={"purpose": {"en": "Planning."}, "content": {"en": "Trips."}},
        delivery_modes=["share", "files"],
        shares=[{"owner": trip.supplier.number, "weight": 1}],
    )
    words = {"title": {"en": "Planning", "zh-Hant": "規劃", "zh-Hans": "规划"}}
    listings.add_scenario(trip.supplying, made, "planning", words, ["public-service"])
    return made


def _case(trip: Trip, release: Any, *, handed_in: bool = False) -> Any:
    from dataferry.server.compliance.actions import cases

    case = cases.open_case(trip.supplying, release, trip.supplier, ["hong-kong"])
    if handed_in:
        for item in case.items.filter(state="open"):
            cases.answer_item(trip.supplying, item, "As the papers show.", item.revision)
        case = cases.submit_case(trip.supplying, case, trip.assessor)
    return case


def _approval(trip: Trip, number: str) -> Any:
    from dataferry.server.compliance.actions.approvals import record_approval

    return record_approval(
        trip.officer,
        trip.supplier,
        mechanism="certification",
        paper_number=number,
        recipient="hong-kong",
        general_most=500,
        **DAYS,
    )


def _traded(trip: Trip, rival: Any, paper: Paper) -> Place:
    from dataferry.server.exchange.actions import agreements, disputes

    release = trip.release()
    decision = trip.signed(release)
    clearance = trip.cleared(release)
    registration = trip.certified(trip.noticed(release))
    listing = trip.listed(registration)
    agreement = trip.agreed(listing)
    payment = trip.paid(agreement)
    agreement.refresh_from_db()
    agreements.accept_delivery(trip.buying, agreement, True, "")
    dispute = disputes.open_dispute(trip.buying, agreement, "quality", "Too coarse.")
    offer = make_offer(listing, trip.supplying, amount=0, policy={"purposes": ["public-service"]}, negotiable=True)
    private = _private(trip, listing)
    theirs = sign_both(make_agreement(offer, rival, "public-service"), _party(trip.supplier, trip.supplying), rival)
    return {
        **_named(release),
        "product": release.product.slug,
        "merchant": trip.supplier.number,
        "bought_by": trip.buyer.number,
        "decision": decision.number,
        "case": clearance.case.number,
        "item": clearance.case.items.order_by("position")[0].code,
        "clearance": clearance.number,
        "registration": registration.number,
        "listing": listing.number,
        "serial": registration.certificates.get().serial,
        "deed": agreement.certificates.get().serial,
        "agreement": agreement.number,
        "digest": agreement.digest,
        "negotiation": agreement.negotiation.number,
        "revision": agreement.negotiation.revision,
        "invoice": agreement.invoices.get().number,
        "payment": payment.number,
        "statement": statement_of(trip).number,
        "owner_statement": (stated := owner_statement_of(trip)).number,
        "owner": stated.owner,
        "transfer": transfer_of(trip).number,
        "dispute": dispute.number,
        "offer": offer.number,
        "private": private.number,
        "plan": private.plan.code,
        "policy": private.policy.code,
        "rivals": theirs.number,
        "purpose": "public-service",
        "scenario": "planning",
        "row": agreement,
        "rival_row": theirs,
        "offer_row": offer,
        "private_row": private,
        "listing_row": listing,
        "registration_row": registration,
    }


def _private(trip: Trip, listing: Any) -> Any:
    """An offer to the buyer alone."""
    policy = {"purposes": ["public-service"]}
    return make_offer(listing, trip.supplying, "one_off", amount=77_700, to=trip.buyer, negotiable=True, policy=policy)


def _party(merchant: Any, manager: Any) -> Any:
    from server.market import Party

    return Party(merchant, manager)


def _begun(trip: Trip, traded: Place, paper: Paper) -> Place:
    from dataferry.server.compliance.actions.answering import add_evidence
    from dataferry.server.exchange.actions import listing_drafts, negotiations
    from dataferry.server.merchants import actions as merchants
    from dataferry.server.people import predicates
    from dataferry.server.people.models import Membership

    organisation, free = (make_organisation("shanghai", slug)[0] for slug in ("applicants", "newcomers"))
    for each in (organisation, free):
        Membership.objects.create(organisation=each, user=trip.supplying, is_manager=True)
    predicates.forget(trip.supplying)
    applicant = merchants.apply(
        trip.supplying,
        organisation,
        classes=["supplier"],
        place="shanghai",
        register_number=valid_register_number("shanghai", "91310000MA1FL0001X"),
        critical="no",
        free_trade_zone="no",
        state_organ="no",
    )
    release = _release(trip, "drafts")
    case = _case(trip, release)
    item = case.items.order_by("position")[0]
    evidence = add_evidence(trip.supplying, item, paper.handed())
    registration = _registration(trip, "half-written")
    listing = _draft(trip, registration)
    kept = listing_drafts.add_paper(trip.supplying, registration, "source", paper.handed())
    asked = negotiations.request(
        trip.buying, traded["private_row"], trip.buyer, "public-service", "planning", {"amount": 50_000}
    )
    drawn_up = make_agreement(traded["private_row"], _party(trip.buyer, trip.buying), "public-service")
    return {
        **traded,
        **_named(_release(trip, "untouched")),
        "application": applicant.number,
        "application_revision": applicant.revision,
        "paper": merchants.add_paper(trip.supplying, applicant, "licence", paper.handed()).pk,
        "organisation": free.slug,
        "case": case.number,
        "item": item.code,
        "item_revision": item.revision,
        "evidence": evidence.pk,
        "decision": trip_decision(trip, release).number,
        "approval": _approval(trip, "Draft 1").number,
        "registration": registration.number,
        "listing": listing.number,
        "listing_revision": listing.revision,
        "kept": kept.pk,
        "negotiation": asked.number,
        "revision": asked.revision,
        "agreement": drawn_up.number,
        "digest": drawn_up.digest,
        "assessor": trip.assessor.number,
        "buyer": trip.buyer.number,
    }


def trip_decision(trip: Trip, release: Any) -> Any:
    """A decision that waits for an officer's signature."""
    from dataferry.server.compliance.actions.border import propose

    return propose(trip.supplying, release, trip.supplier, "hong-kong", STATED)


def _examined(trip: Trip, traded: Place, paper: Paper) -> Place:
    from dataferry.server.exchange.actions import agreements, listings, money, negotiations, registrations

    registration = _registration(trip, "handed-in")
    listing = _draft(trip, registration)
    kept = listings.add_paper(trip.supplying, listing, "quality", paper.handed())
    listings.sign_undertaking(trip.supplying, listing)
    listings.submit_listing(trip.supplying, listing)
    registrations.submit(trip.supplying, registration)
    case = _case(trip, _release(trip, "handed-in-too"), handed_in=True)
    item = case.items.filter(state="evidenced").order_by("position")[0]
    offer = _private(trip, traded["listing_row"])
    bargain = negotiations.request(trip.buying, offer, trip.buyer, "public-service", "planning")
    bargain = negotiations.counter(trip.supplying, bargain, bargain.revision, {"amount": 60_000}, "Our price.")
    owed = make_agreement(offer, _party(trip.buyer, trip.buying), "public-service")
    agreements.sign(trip.buying, owed, "buyer", owed.digest)
    owed = agreements.sign(trip.supplying, owed, "supplier", owed.digest)
    payment = money.start_payment(trip.buying, owed.invoices.get(), "bank-transfer")
    return {
        **traded,
        "registration": registration.number,
        "listing": listing.number,
        "kept": kept.pk,
        "case": case.number,
        "item": item.code,
        "item_revision": item.revision,
        "negotiation": bargain.number,
        "revision": bargain.revision,
        "agreement": owed.number,
        "invoice": payment.invoice.number,
        "payment": payment.number,
        "amount": f"{payment.amount / 100:.2f}",
    }


def _decided(trip: Trip, people: dict[str, Any], paper: Paper) -> Place:
    from dataferry.server.compliance.actions.approvals import confirm_approval
    from dataferry.server.exchange.actions import objections, registrations

    release = trip.release("ev-trips-by-cell-and-hour", ("version: 1.0.0", "version: 1.0.1"))
    trip.signed(release)
    case = trip.case(release)
    registration = _registration(trip, "on-notice")
    registrations.submit(trip.supplying, registration)
    registration = registrations.publish_notice(trip.operator, registration)
    objection = objections.file_objection(
        people["another merchant's manager"], registration, "ownership", "It is ours."
    )
    second = make_person("officer-two@matrix.example", "compliance-officer", city="shanghai")
    return {
        **_named(release),
        "case": case.number,
        "item": case.items.order_by("position")[0].code,
        "registration": registration.number,
        "objection": objection.number,
        "approval": confirm_approval(second, _approval(trip, "Stamped 2")).number,
        "merchant": trip.supplier.number,
    }


def _delivered(trip: Trip, rival: Any, traded: Place) -> dict[str, str]:
    """What delivery made of both agreements; the keys of both buyers."""
    from dataferry.server.delivery import gate, grants, serving
    from dataferry.server.delivery.actions.keys import issue_key
    from dataferry.server.delivery.models import Entitlement

    own = Entitlement.objects.get(agreement=traded["row"])
    others = Entitlement.objects.get(agreement=traded["rival_row"])
    key, token = issue_key(trip.buying, own, ["share", "files"], 30)
    _key, rivals = issue_key(rival.manager, others, ["share", "files"], 30)
    admission = gate.admit(key, gate.Door.FILES)
    made = grants.address_of(admission, serving.served_table(admission.release, admission.cut))
    _slash, _delivery, _files, grant, name = made.path.split("/", 4)
    file, _question, signature = name.partition("?")
    traded |= {
        "entitlement": own.number,
        "key": key.pk,
        "notice": own.notices.order_by("pk")[0].pk,
        "share": own.share,
        "schema": "data",
        "table": traded["slug"].replace("-", "_"),
        "grant": grant,
        "file": file,
        "signature": signature,
        "token": token,
        "rivals_entitlement": others.number,
    }
    return {"buyer's manager": token, "buyer's member": token, "another merchant's manager": rivals}
