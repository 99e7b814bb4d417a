"""Who may do what in delivery. The object is an entitlement; what a person may not see is missing: see `queries`."""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import Role, predicates


@rules.predicate
def belongs_to_recipient(user: Any, entitlement: Any = None) -> bool:
    """A member of the organisation that bought."""
    return entitlement is not None and bool(predicates.belongs_to_organisation(user, entitlement.recipient))


@rules.predicate
def belongs_to_supplier(user: Any, entitlement: Any = None) -> bool:
    """A member of the organisation that supplies."""
    return entitlement is not None and bool(predicates.belongs_to_organisation(user, entitlement.agreement.supplier))


@rules.predicate
def manages_supplier(user: Any, entitlement: Any = None) -> bool:
    """A manager of the organisation that supplies."""
    return entitlement is not None and bool(predicates.manages_organisation(user, entitlement.agreement.supplier))


@rules.predicate
def operates(user: Any, entitlement: Any = None) -> bool:
    """The exchange operator of the supplier's city."""
    return predicates.holds(user, Role.EXCHANGE_OPERATOR, entitlement.agreement if entitlement is not None else None)


@rules.predicate
def is_party(user: Any, entitlement: Any = None) -> bool:
    return bool(belongs_to_recipient(user, entitlement)) or bool(belongs_to_supplier(user, entitlement))


rules.add_perm("delivery.see", belongs_to_recipient | belongs_to_supplier | operates)
rules.add_perm("delivery.use", predicates.is_member & belongs_to_recipient)
# A supplier stops what it sold; the operator decides about others only.
rules.add_perm(
    "delivery.revoke", predicates.is_member & ((operates & ~is_party) | (manages_supplier & ~belongs_to_recipient))
)
rules.add_perm("delivery.operate", predicates.has_role(Role.EXCHANGE_OPERATOR))
