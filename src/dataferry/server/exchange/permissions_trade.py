"""Who may do what in trade. Members of a merchant's organisation order and bargain, its managers sign; the operator
of the supplier's city confirms money and decides, never about an organisation of their own."""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import Role, predicates


@rules.predicate
def belongs_to_buyer(user: Any, thing: Any = None) -> bool:
    """A member of the organisation that buys."""
    return thing is not None and bool(predicates.belongs_to_organisation(user, thing.buyer))


@rules.predicate
def belongs_to_supplier(user: Any, thing: Any = None) -> bool:
    """A member of the organisation that supplies."""
    return thing is not None and bool(predicates.belongs_to_organisation(user, _supplier(thing)))


@rules.predicate
def manages_supplier(user: Any, thing: Any = None) -> bool:
    """A manager of the organisation that supplies."""
    return thing is not None and bool(predicates.manages_organisation(user, _supplier(thing)))


@rules.predicate
def is_addressed(user: Any, offer: Any = None) -> bool:
    """A member of the one organisation that a private offer is made to."""
    if offer is None or offer.to_id is None:
        return False
    return bool(predicates.belongs_to_organisation(user, offer.to))


@rules.predicate
def is_open_to_all(_user: Any, offer: Any = None) -> bool:
    return offer is not None and offer.to_id is None


def _supplier(thing: Any) -> Any:
    """Of a listing or an agreement, or of an offer or negotiation about a listing."""
    if hasattr(thing, "supplier"):
        return thing.supplier
    return getattr(thing, "offer", thing).listing.supplier


operates = predicates.has_role(Role.EXCHANGE_OPERATOR)
operates_at_supplier = rules.predicate(
    lambda user, thing=None: thing is not None and predicates.holds(user, Role.EXCHANGE_OPERATOR, _supplier(thing)),
    name="operates_at_supplier",
)
is_member = predicates.is_member

rules.add_perm("exchange.prepare_offer", is_member & belongs_to_supplier)
rules.add_perm("exchange.make_offer", is_member & manages_supplier)
rules.add_perm("exchange.see_offer", is_open_to_all | is_addressed | belongs_to_supplier | operates_at_supplier)
# The object of these two is the merchant that the person acts for.
rules.add_perm("exchange.buy", is_member & predicates.belongs_to_organisation)
rules.add_perm("exchange.sign_for", is_member & predicates.manages_organisation)
rules.add_perm("exchange.see_money_of", predicates.belongs_to_organisation | operates)

rules.add_perm("exchange.see_negotiation", belongs_to_buyer | belongs_to_supplier | operates_at_supplier)
rules.add_perm("exchange.bargain", is_member & (belongs_to_buyer | belongs_to_supplier))
rules.add_perm("exchange.see_agreement", belongs_to_buyer | belongs_to_supplier | operates)
rules.add_perm("exchange.use_agreement", is_member & belongs_to_buyer)
rules.add_perm("exchange.take_part", is_member & (belongs_to_buyer | belongs_to_supplier))
rules.add_perm("exchange.oversee_agreement", operates)
rules.add_perm("exchange.operate", predicates.has_role(Role.EXCHANGE_OPERATOR))
