"""The lives of compliance: a case, a border decision, an approval to export."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.journal.lives import Life, register


class CaseState(models.TextChoices):
    OPENED = "opened", _("Opened")
    EVIDENCE_REQUESTED = "evidence_requested", _("Evidence requested")
    SUBMITTED = "submitted", _("With the assessor")
    ASSESSED = "assessed", _("Assessed")
    PASSED = "passed", _("Passed")
    PASSED_WITH_CONDITIONS = "passed_with_conditions", _("Passed with conditions")
    FAILED = "failed", _("Did not pass")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DecisionState(models.TextChoices):
    DRAFTED = "drafted", _("Waits for an officer")
    SIGNED = "signed", _("Signed")
    REFUSED = "refused", _("Refused")
    LAPSED = "lapsed", _("Lapsed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ApprovalState(models.TextChoices):
    RECORDED = "recorded", _("Waits for a second person")
    IN_FORCE = "in_force", _("In force")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")


_C, _D, _A = CaseState, DecisionState, ApprovalState
CASE = register(
    Life(
        "compliance_case",
        "compliance.ComplianceCase",
        first=frozenset({_C.OPENED}),
        transitions={
            _C.OPENED: frozenset({_C.SUBMITTED, _C.WITHDRAWN}),
            _C.SUBMITTED: frozenset({_C.EVIDENCE_REQUESTED, _C.ASSESSED, _C.WITHDRAWN}),
            _C.EVIDENCE_REQUESTED: frozenset({_C.SUBMITTED, _C.WITHDRAWN}),
            # The assessor finds, the exchange decides.
            _C.ASSESSED: frozenset({_C.EVIDENCE_REQUESTED, _C.PASSED, _C.PASSED_WITH_CONDITIONS, _C.FAILED}),
            _C.PASSED: frozenset(),
            _C.PASSED_WITH_CONDITIONS: frozenset(),
            _C.FAILED: frozenset(),
            _C.WITHDRAWN: frozenset(),
        },
    )
)
DECISION = register(
    Life(
        "border_decision",
        "compliance.BorderDecision",
        first=frozenset({_D.DRAFTED}),
        transitions={
            _D.DRAFTED: frozenset({_D.SIGNED, _D.REFUSED, _D.WITHDRAWN}),
            _D.SIGNED: frozenset({_D.LAPSED, _D.WITHDRAWN}),
            _D.REFUSED: frozenset(),
            _D.LAPSED: frozenset(),
            _D.WITHDRAWN: frozenset(),
        },
    )
)
APPROVAL = register(
    Life(
        "export_approval",
        "compliance.ExportApproval",
        first=frozenset({_A.RECORDED}),
        transitions={
            _A.RECORDED: frozenset({_A.IN_FORCE, _A.ENDED}),
            _A.IN_FORCE: frozenset({_A.SUSPENDED, _A.ENDED}),
            _A.SUSPENDED: frozenset({_A.IN_FORCE, _A.ENDED}),
            _A.ENDED: frozenset(),
        },
    )
)
