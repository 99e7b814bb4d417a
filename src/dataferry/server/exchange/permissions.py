"""Who may do what with the two registers. What a person may not even see is missing for them: see `queries`.

Members of the supplier write, its managers sign. The exchange operator of the supplier's city decides, never about an
organisation of their own. Administrators appoint people, they do not trade.
"""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import Role, predicates


def _supplier(thing: Any) -> Any:
    """The merchant that a registration, a listing, or what hangs on one of them belongs to."""
    for above in ("registration", "listing"):
        if not hasattr(thing, "supplier") and getattr(thing, above, None) is not None:
            return getattr(thing, above).supplier
    return thing.supplier


@rules.predicate
def works_for_supplier(user: Any, thing: Any = None) -> bool:
    """A member of the supplier's organisation."""
    return thing is not None and bool(predicates.belongs_to_organisation(user, _supplier(thing)))


@rules.predicate
def signs_for_supplier(user: Any, thing: Any = None) -> bool:
    """A manager of the supplier's organisation."""
    return thing is not None and bool(predicates.manages_organisation(user, _supplier(thing)))


@rules.predicate
def operates_for(user: Any, thing: Any = None) -> bool:
    """The exchange operator of the supplier's city."""
    return thing is not None and predicates.holds(user, Role.EXCHANGE_OPERATOR, _supplier(thing))


@rules.predicate
def filed(user: Any, objection: Any = None) -> bool:
    """The person who filed an objection."""
    return objection is not None and user.pk is not None and objection.filed_by_id == user.pk


is_member = predicates.is_member
operates_somewhere = rules.predicate(
    lambda user: predicates.holds(user, Role.EXCHANGE_OPERATOR), name="operates_exchange_somewhere"
)
decides = is_member & operates_for & ~works_for_supplier

rules.add_perm("exchange.see_desk", operates_somewhere)
rules.add_perm("exchange.hand_in", is_member)

rules.add_perm("exchange.open_registration", predicates.manages_organisation)
rules.add_perm("exchange.see_registration", works_for_supplier | operates_for)
rules.add_perm("exchange.write_registration", is_member & works_for_supplier)
rules.add_perm("exchange.sign_registration", is_member & signs_for_supplier)
rules.add_perm("exchange.decide_registration", decides)
rules.add_perm("exchange.cancel_registration", is_member & (signs_for_supplier | decides))

rules.add_perm("exchange.file_objection", is_member & ~works_for_supplier)
rules.add_perm("exchange.see_objection", filed | works_for_supplier | operates_for)
rules.add_perm("exchange.withdraw_objection", is_member & filed)
rules.add_perm("exchange.decide_objection", decides & ~filed)

rules.add_perm("exchange.see_listing", works_for_supplier | operates_for)
rules.add_perm("exchange.write_listing", is_member & works_for_supplier)
rules.add_perm("exchange.sign_listing", is_member & signs_for_supplier)
rules.add_perm("exchange.list", decides)
rules.add_perm("exchange.suspend_listing", decides)
rules.add_perm("exchange.delist", is_member & (signs_for_supplier | decides))
