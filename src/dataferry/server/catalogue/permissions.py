"""Who may do what to datasets. What a person may not even see is missing for them: see `visible_datasets`."""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people.predicates import belongs_to_organisation, has_role, is_administrator, is_member
from dataferry.server.people.roles import Role


@rules.predicate
def owns(user: Any, dataset: Any = None) -> bool:
    return dataset is not None and dataset.owner_id is not None and dataset.owner_id == getattr(user, "pk", None)


@rules.predicate
def of_verified_organisation(_user: Any, dataset: Any = None) -> bool:
    """The dataset belongs to an organisation whose identity an administrator has confirmed."""
    return dataset is not None and dataset.organisation_id is not None and dataset.organisation.verified


may_change = (is_member & owns) | belongs_to_organisation | is_administrator
may_vouch = has_role(Role.DATA_HOLDER) | is_administrator | (of_verified_organisation & belongs_to_organisation)

rules.add_perm("catalogue.create_dataset", is_member)
rules.add_perm("catalogue.change_dataset", may_change)
rules.add_perm("catalogue.upload", may_change)
rules.add_perm("catalogue.publish_dataset", may_change & may_vouch)
rules.add_perm("catalogue.withdraw_dataset", may_change)
rules.add_perm("catalogue.see_private", may_change)
rules.add_perm("catalogue.start_product", is_member)
