"""Who may do what about the border. A decision is proposed by the exporter, and signed by an officer of its city."""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import Role, predicates


def _exporter(thing: Any) -> Any:
    return getattr(thing, "exporter", thing)


@rules.predicate
def works_for_exporter(user: Any, thing: Any = None) -> bool:
    """A member of the exporter's organisation; `thing` is the merchant, or what names one as its exporter."""
    return thing is not None and bool(predicates.belongs_to_organisation(user, _exporter(thing)))


@rules.predicate
def is_officer_there(user: Any, thing: Any = None) -> bool:
    """A compliance officer of the exporter's city."""
    return thing is not None and predicates.holds(user, Role.COMPLIANCE_OFFICER, _exporter(thing))


is_other_officer = is_officer_there & ~works_for_exporter
rules.add_perm("compliance.propose_decision", predicates.is_member & (works_for_exporter | is_officer_there))
rules.add_perm("compliance.see_decision", predicates.is_member & (works_for_exporter | is_officer_there))
rules.add_perm("compliance.sign_decision", is_other_officer)
rules.add_perm("compliance.record_approval", is_other_officer)
rules.add_perm("compliance.see_ledger", predicates.is_member & (works_for_exporter | is_officer_there))
rules.add_perm("compliance.see_border_desk", predicates.has_role(Role.COMPLIANCE_OFFICER))
