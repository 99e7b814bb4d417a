"""Who may do what with a compliance case. What a person may not even see is missing for them: see `queries.cases`.

The supplier's people answer, the assessor's people find, the officer of the supplier's city decides. Nobody does two
of these in one case; `actions.case_guards` looks at that where rows are needed.
"""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.compliance.states import CaseState
from dataferry.server.people import Role, predicates

_WITH_ASSESSOR = (CaseState.OPENED, CaseState.WITHDRAWN)


def _case(thing: Any) -> Any:
    return getattr(thing, "case", thing)


@rules.predicate
def works_for_supplier(user: Any, thing: Any = None) -> bool:
    return thing is not None and bool(predicates.belongs_to_organisation(user, _case(thing).supplier))


@rules.predicate
def manages_supplier(user: Any, thing: Any = None) -> bool:
    return thing is not None and bool(predicates.manages_organisation(user, _case(thing).supplier))


@rules.predicate
def assesses(user: Any, thing: Any = None) -> bool:
    """Holds the assessor's role and belongs to the merchant that assesses this case."""
    if thing is None:
        return False
    case = _case(thing)
    mine = case.assessor is not None and bool(predicates.belongs_to_organisation(user, case.assessor))
    return mine and predicates.holds(user, Role.ASSESSOR)


@rules.predicate
def sees_as_assessor(user: Any, thing: Any = None) -> bool:
    """From the moment the case was handed in."""
    return thing is not None and _case(thing).state not in _WITH_ASSESSOR and bool(assesses(user, thing))


@rules.predicate
def is_case_officer(user: Any, thing: Any = None) -> bool:
    """A compliance officer of the supplier's city."""
    return thing is not None and predicates.holds(user, Role.COMPLIANCE_OFFICER, _case(thing))


officer_somewhere = rules.predicate(
    lambda user: predicates.holds(user, Role.COMPLIANCE_OFFICER), name="officer_somewhere"
)
assessor_somewhere = rules.predicate(lambda user: predicates.holds(user, Role.ASSESSOR), name="assessor_somewhere")

rules.add_perm("compliance.upload", predicates.is_member)
rules.add_perm("compliance.see_case_desk", officer_somewhere)
rules.add_perm("compliance.see_assessments", assessor_somewhere)
# Asked with the merchant that supplies.
rules.add_perm("compliance.open_case", predicates.belongs_to_organisation)
rules.add_perm("compliance.see_case", works_for_supplier | sees_as_assessor | is_case_officer)
rules.add_perm("compliance.answer_case", works_for_supplier)
rules.add_perm("compliance.submit_case", manages_supplier)
rules.add_perm("compliance.assess_case", assesses)
rules.add_perm("compliance.decide_case", is_case_officer)
rules.add_perm("compliance.ask_for_evidence", assesses | is_case_officer)
rules.add_perm("compliance.regather", works_for_supplier | sees_as_assessor | is_case_officer)
