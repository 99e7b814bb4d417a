"""The facts that the operator checks before a merchant is verified: which, for whom, what the machine says already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dataferry.server.merchants.models import Answer, FactCheck, Merchant, MerchantClass
from dataferry.server.merchants.register_numbers import arithmetic


@dataclass(frozen=True)
class Fact:
    """One fact to be checked by a person, in (lazy) words. `only` names the classes it concerns; empty means all."""

    code: str
    title: Any
    how: Any
    only: frozenset[str] = frozenset()


FACTS = (
    Fact(
        "identity",
        _("Name"),
        _("The name is the one on the business licence or certificate of registration."),
    ),
    Fact(
        "register",
        _("Register number"),
        _("The register shows this number for this name, and the company is not struck off."),
    ),
    Fact("place", _("Where it is registered"), _("It is registered where it says.")),
    Fact("signatory", _("Who signs"), _("The paper shows that the manager may sign for it.")),
    Fact(
        "border-facts",
        _("Facts for the border"),
        _("What it says about critical infrastructure, free trade zone and state organ is plausible, or unknown."),
    ),
    Fact(
        "recognition",
        _("Recognition"),
        _("A recognition or record of practice as an assessor is among the papers and still holds."),
        frozenset({MerchantClass.ASSESSOR}),
    ),
    Fact(
        "intermediary",
        _("Duties of an intermediary"),
        _("It can ask for sources, check both identities and keep records (Data Security Law, article 33)."),
        frozenset({MerchantClass.INTERMEDIARY}),
    ),
)


STILL = ("register", "signatory")
"""Facts of the first application that must still hold when a merchant asks for further classes."""


@dataclass(frozen=True)
class Standing:
    """A fact with what is known of it: the machine's state, and the operator's check of this revision."""

    fact: Fact
    machine: str
    check: FactCheck | None

    @property
    def holds(self) -> bool:
        return self.check is not None and self.check.outcome == "holds"


def facts_of(merchant: Merchant) -> tuple[Fact, ...]:
    """The facts that a person checks for this merchant."""
    return tuple(fact for fact in FACTS if not fact.only or fact.only & set(merchant.classes))


def further_facts(classes: Iterable[str]) -> tuple[Fact, ...]:
    """The facts that a person checks when an active merchant asks for these classes besides those that it has."""
    asked = set(classes)
    return tuple(fact for fact in FACTS if fact.code in STILL or fact.only & asked)


def further_standing(merchant: Merchant, classes: Iterable[str]) -> list[Standing]:
    """Those facts, each with what the machine says of it now; no check of before counts."""
    return [Standing(fact, _machine(merchant, fact.code), None) for fact in further_facts(classes)]


def standing_of(merchant: Merchant) -> list[Standing]:
    """Every fact with its state, for the application as it is now."""
    checks = {check.code: check for check in merchant.checks.all() if check.revision == merchant.revision}
    return [Standing(fact, _machine(merchant, fact.code), checks.get(fact.code)) for fact in facts_of(merchant)]


def _machine(merchant: Merchant, code: str) -> str:
    """What arithmetic and the house's own records say; `unknown` leaves it to the person alone."""
    if code == "register":
        return arithmetic(merchant.place, merchant.register_number)
    if code == "identity":
        return "clear" if merchant.organisation.verified else "blocked"
    if code == "border-facts":
        unknown = Answer.UNKNOWN in (merchant.critical, merchant.free_trade_zone, merchant.state_organ)
        return "attention" if unknown else "clear"
    kinds = {paper.kind for paper in merchant.papers.all()}
    wanted = {"signatory": "authorisation", "recognition": "recognition", "intermediary": "recognition"}.get(code)
    return "unknown" if wanted is None or wanted in kinds else "attention"
