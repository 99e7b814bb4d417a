"""Rows of compliance, by theme."""

from dataferry.server.compliance.models.border import BorderDecision, ExportApproval
from dataferry.server.compliance.models.cases import (
    CaseItem,
    Clearance,
    ClearanceEnd,
    ComplianceCase,
    ItemEvidence,
    MachineEvidence,
)
from dataferry.server.compliance.models.heads import HeadEntry, HeadLedger

__all__ = [
    "BorderDecision",
    "CaseItem",
    "Clearance",
    "ClearanceEnd",
    "ComplianceCase",
    "ExportApproval",
    "HeadEntry",
    "HeadLedger",
    "ItemEvidence",
    "MachineEvidence",
]
