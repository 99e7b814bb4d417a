"""One product's whole trip on the exchange by the real actions, act by act: what acceptance tests walk along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from server.built_examples import register
from server.market import make_organisation
from server.persons import make_person

AGGREGATE = "ev-trips-by-cell-and-hour"
RAW = "ev-raw-tracks"
NEXT = (("version: 1.0.0", "version: 1.1.0"), ("k: 10", "k: 12"), ("min: 10", "min: 12"))
"""What makes the second version: fewer cells, because more vehicles have to share one."""
STATED = {"important_data": "no", "guarded_sites_removed": "yes", "domains": ["vehicle"], "activity": "transport"}


@dataclass
class Trip:
    """Everybody on the way of a Shanghai product to a Hong Kong buyer. Each method is one station."""

    supplier: Any = None
    supplying: Any = None
    buyer: Any = None
    buying: Any = None
    assessor: Any = None
    assessing: Any = None
    officer: Any = None
    operator: Any = None
    operator_hk: Any = None
    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls) -> Trip:
        """Officers and operators are appointed; three companies join the market and are verified."""
        trip = cls()
        trip.officer = make_person("officer@example.org", "compliance-officer", city="shanghai")
        trip.operator = make_person("operator@example.org", "exchange-operator", city="shanghai")
        trip.operator_hk = make_person("operator-hk@example.org", "exchange-operator", city="hong-kong")
        trip.supplier, trip.supplying = trip.joins("shanghai", "91310000MA1FL0000X", "supplier")
        trip.buyer, trip.buying = trip.joins("hong-kong", "12345678", "buyer")
        trip.assessor, manager = trip.joins("hong-kong", "87654321", "assessor")
        trip.assessing = make_person("assessor@example.org", "assessor")
        from dataferry.server.people.models import Membership

        Membership.objects.create(organisation=trip.assessor.organisation, user=trip.assessing)
        assert manager is not None
        return trip

    def joins(self, place: str, number: str, merchant_class: str) -> tuple[Any, Any]:
        """An organisation applies, is verified by the operator of its city, and signs the rules of the market."""
        from dataferry.server.merchants import actions
        from dataferry.server.merchants.facts import standing_of

        organisation, manager = make_organisation(place)
        merchant = actions.apply(
            manager,
            organisation,
            classes=[merchant_class],
            place=place,
            register_number=valid_register_number(place, number),
            critical="no",
            free_trade_zone="no",
            state_organ="no",
        )
        operator = self.operator if merchant.city == "shanghai" else self.operator_hk
        confirmed = {each.fact.code: "seen" for each in standing_of(merchant)}
        merchant = actions.verify(operator, merchant, confirmed)
        return actions.activate(manager, merchant), manager

    def release(self, name: str = AGGREGATE, *changes: tuple[str, str]) -> Any:
        return register(name, *changes, owner=self.supplying)

    def decide(self, release: Any) -> Any:
        """The supplier asks whether the release may cross to Hong Kong."""
        from dataferry.server.compliance.actions.border import propose

        return propose(self.supplying, release, self.supplier, "hong-kong", STATED)

    def signed(self, release: Any, outcome: str = "free") -> Any:
        """The officer signs."""
        from dataferry.server.compliance.actions.border import sign_decision

        note = "Cells of a kilometre and an hour, ten vehicles at least."
        return sign_decision(self.officer, self.decide(release), outcome, note)

    def case(self, release: Any) -> Any:
        """A compliance case, answered by the supplier and found in order by the assessor."""
        from dataferry.server.compliance.actions import cases

        case = cases.open_case(self.supplying, release, self.supplier, ["hong-kong"])
        for item in case.items.filter(state="open"):
            cases.answer_item(self.supplying, item, f"About {item.code}: as the papers show.", item.revision)
        case = cases.submit_case(self.supplying, case, self.assessor)
        cases.find_clear_items(self.assessing, case)
        for item in case.items.filter(state="evidenced"):
            cases.find_item(self.assessing, item, "satisfied", "")
        return cases.assess(self.assessing, case, "Examined; in order.")

    def cleared(self, release: Any) -> Any:
        """The officer decides the case: a clearance."""
        from dataferry.server.compliance.actions import cases

        return cases.decide_case(self.officer, self.case(release), "passed", "The findings hold.")

    def noticed(self, release: Any) -> Any:
        """A registration on public notice."""
        from dataferry.server.exchange.actions import registrations

        rights = {"kinds": ["holding", "use", "operation"], "basis": {"en": "Made by us."}}
        made = registrations.open_registration(self.supplying, release, self.supplier, "produced", rights)
        registrations.submit(self.supplying, made)
        return registrations.publish_notice(self.operator, made)

    def certified(self, registration: Any) -> Any:
        """Certified when the notice is over."""
        from dataferry.server.exchange.actions import registrations
        from dataferry.server.journal import clock

        with clock.standing_at(registration.notice_until):
            return registrations.certify(self.operator, registration)

    def listed(self, registration: Any) -> Any:
        """On the list."""
        from dataferry.server.exchange.actions import listings

        return listings.list_it(self.operator, self.handed_in(registration))

    def handed_in(self, registration: Any) -> Any:
        """A listing with a scenario, an undertaking, and shares for the owners upstream, at the operator's desk."""
        from dataferry.server.exchange.actions import listings

        listing = listings.draft_listing(
            self.supplying,
            registration,
            level="S2",
            board="transport",
            details={"purpose": {"en": "Planning of charging places."}},
            delivery_modes=["share", "files"],
            shares=[
                {"owner": self.supplier.number, "weight": 2},
                {"owner": "Shanghai EV public data centre", "weight": 1},
            ],
        )
        words = {"title": {"en": "Planning", "zh-Hant": "規劃", "zh-Hans": "规划"}}
        listings.add_scenario(self.supplying, listing, "planning", words, ["public-service"])
        listings.sign_undertaking(self.supplying, listing)
        return listings.submit_listing(self.supplying, listing)

    def agreed(self, listing: Any) -> Any:
        """An offer, a request, a counter-offer, a yes; both managers sign."""
        from dataferry.server.exchange.actions import agreements, negotiations, offers

        words = {"en": "A year", "zh-Hant": "一年", "zh-Hans": "一年"}
        plan = offers.add_plan(
            self.supplying, listing, "year", "period", "HKD", amount=120_001, period_days=365, words=words
        )
        policy = offers.add_policy(
            self.supplying, listing, "city", purposes=["public-service"], regions=["hong-kong"], words=words
        )
        offer = offers.open_offer(self.supplying, listing, plan, policy, negotiable=True, later_releases=True)
        asked = negotiations.request(self.buying, offer, self.buyer, "public-service", "planning", {"amount": 90_000})
        asked = negotiations.counter(self.supplying, asked, asked.revision, {"amount": 100_001}, "Our last word.")
        agreement = negotiations.accept(self.buying, asked, asked.revision)
        agreements.sign(self.buying, agreement, "buyer", agreement.digest)
        return agreements.sign(self.supplying, agreement, "supplier", agreement.digest)

    def paid(self, agreement: Any) -> Any:
        """The invoice is paid by a transfer that the exchange confirms."""
        from dataferry.server.exchange.actions import money

        invoice = agreement.invoices.get()
        payment = money.start_payment(self.buying, invoice, "bank-transfer")
        return money.confirm_payment(self.operator, payment, "HSBC-2026-11-22-0017")


def valid_register_number(place: str, number: str) -> str:
    """A number that the arithmetic of its register allows."""
    if place != "shanghai":
        return number
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = number[:17]
    total = sum(symbols.index(each) * pow(3, place_, 31) for place_, each in enumerate(body))
    return body + symbols[(31 - total % 31) % 31]
