"""Who may do what with merchants. What a person may not even see is missing for them: see `queries`.

An operator's grant counts where the merchant is looked after (`Merchant.city`).
"""

from __future__ import annotations

import rules

from dataferry.server.people import Role, predicates

operates = predicates.has_role(Role.EXCHANGE_OPERATOR)
operates_somewhere = rules.predicate(
    lambda user: predicates.holds(user, Role.EXCHANGE_OPERATOR), name="operates_somewhere"
)
belongs = predicates.belongs_to_organisation
manages = predicates.manages_organisation

rules.add_perm("merchants.see_desk", operates_somewhere)
rules.add_perm("merchants.upload", predicates.is_member)
# Asked with the organisation, before there is a merchant.
rules.add_perm("merchants.apply", manages)
rules.add_perm("merchants.see_inside", belongs | operates)
rules.add_perm("merchants.manage", manages)
rules.add_perm("merchants.decide", operates)
