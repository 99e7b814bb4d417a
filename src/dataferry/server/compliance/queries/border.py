"""May this be delivered across the border now? Asked at every delivery, from what was signed and what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from dataferry.border import THRESHOLDS, Facts, Outcome, decide, forecast
from dataferry.server.compliance.facts import crosses, parties, with_counts
from dataferry.server.compliance.models import BorderDecision, ExportApproval
from dataferry.server.compliance.models.border import Mechanism
from dataferry.server.compliance.queries.heads import counts_of, is_counted, points_of, year_of
from dataferry.server.compliance.states import ApprovalState, DecisionState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

ENOUGH: Mapping[Outcome, frozenset[str]] = {
    Outcome.REPORT: frozenset(Mechanism.values),
    Outcome.CONTRACT_OR_CERTIFICATION: frozenset(
        {Mechanism.STANDARD_CONTRACT, Mechanism.CERTIFICATION, Mechanism.SECURITY_ASSESSMENT}
    ),
    Outcome.SECURITY_ASSESSMENT: frozenset({Mechanism.SECURITY_ASSESSMENT}),
}
"""The approvals that a signed outcome asks for: any one of these, in force."""


@dataclass(frozen=True)
class Verdict:
    """Whether a delivery may cross, and on what ground. `code` is `clear` or says what is in the way."""

    allowed: bool
    code: str
    decision: BorderDecision | None = None
    approval: ExportApproval | None = None
    people: Mapping[str, int] = field(default_factory=dict)


def decision_in_force(release: Release, exporter: Merchant, recipient: str, on: date) -> BorderDecision | None:
    """The last signed decision about this release and way, if it stands and is valid on a day.

    One that was withdrawn or lapsed does not bring back the one before it, which may have been freer.
    """
    signed = BorderDecision.objects.filter(
        release=release, exporter=exporter, recipient=recipient, signed_at__isnull=False, decided_on__lte=on
    ).order_by("-signed_at", "-pk")
    newest = signed.first()
    if newest is None or newest.state != DecisionState.SIGNED:
        return None
    return None if newest.valid_until is not None and newest.valid_until < on else newest


def may_deliver(release: Release, exporter: Merchant, recipient: Merchant, on: date | None = None) -> Verdict:
    """Whether this release may go from one party to the other now.

    Nothing crosses without a signed decision that is valid and about the exporter as it is, whose outcome the rules of
    today do not make stricter with the people counted so far, and without the approval that the outcome asks for. Data
    that stays on its side of the border is free.
    """
    now = clock.now()
    on = on or now.astimezone(BOTH_CITIES).date()
    if not crosses(exporter.place, recipient.place):
        return Verdict(True, "no_border")
    decision = decision_in_force(release, exporter, recipient.place, on)
    if decision is None:
        return Verdict(False, "no_signed_decision")
    if _is_of_another(decision, exporter):
        return Verdict(False, "exporter_changed", decision)
    counts = counts_of(exporter, year_of(now))
    people = {"general": counts.general, "sensitive": counts.sensitive}
    outcome = Outcome(decision.signed_outcome)
    if outcome == Outcome.BLOCKED:
        return Verdict(False, "blocked", decision, people=people)
    if _outgrown(decision, on):
        return Verdict(False, "decision_outgrown", decision, people=people)
    if outcome == Outcome.FREE:
        return Verdict(True, "clear", decision, people=people)
    approval = _approval(exporter, recipient, outcome, on)
    if approval is None:
        return Verdict(False, "no_approval", decision, people=people)
    if exceeds(approval, people):
        return Verdict(False, "meter_exceeded", decision, approval, people)
    return Verdict(True, "clear", decision, approval, people)


def _is_of_another(decision: BorderDecision, exporter: Merchant) -> bool:
    """Whether the exporter was another when it was decided: who left the market may come back as somebody else."""
    now = parties(exporter, decision.recipient)
    return any(decision.facts.get(name, told) != told for name, told in now.items())


def _outgrown(decision: BorderDecision, on: date) -> bool:
    """Whether the same facts, with the people counted since, certainly ask for more than was signed.

    What the facts left open then is not asked again: there the officer's word stands while the decision is valid.
    """
    if decision.facts.get("has_pi") == "no":
        return False
    counts = counts_of(decision.exporter, on.year)
    included = is_counted(decision.exporter, on.year, decision.release.digest)
    again = decide(Facts.parse(with_counts(decision.facts, counts, included=included)), on=on)
    return again.at_least.rank > Outcome(decision.signed_outcome).rank


def _approval(exporter: Merchant, recipient: Merchant, outcome: Outcome, on: date) -> ExportApproval | None:
    """An approval for this recipient, or for every one in its place."""
    found = ExportApproval.objects.filter(
        Q(party=None) | Q(party=recipient),
        exporter=exporter,
        recipient=recipient.place,
        state=ApprovalState.IN_FORCE,
        mechanism__in=ENOUGH[outcome],
        valid_from__lte=on,
        valid_until__gte=on,
    )
    return found.order_by("-valid_until", "-pk").first()


def exceeds(approval: ExportApproval, people: Mapping[str, int]) -> bool:
    """Whether more people were counted than the approval names; what it does not name it does not allow."""
    pairs = ((approval.general_most, people["general"]), (approval.sensitive_most, people["sensitive"]))
    return any(high > (most or 0) for most, high in pairs)


@dataclass(frozen=True)
class Forecast:
    """When a meter is expected to cross a threshold, if it goes on as it did; `day` is None when not this year."""

    sensitive: bool
    threshold: int
    now: int
    day: date | None


def forecast_of(exporter: Merchant, on: date | None = None) -> list[Forecast]:
    """For every threshold still ahead of an exporter this year: the day it would be crossed."""
    on = on or clock.now().astimezone(BOTH_CITIES).date()
    counts = counts_of(exporter, on.year)
    found = []
    for (kind, _outcome), threshold in THRESHOLDS.items():
        sensitive = kind == "sensitive"
        high = counts.sensitive if sensitive else counts.general
        if high < threshold:
            points = points_of(exporter, on.year, sensitive)
            found.append(Forecast(sensitive, threshold, high, forecast(points, threshold, date(on.year, 12, 31))))
    return found
