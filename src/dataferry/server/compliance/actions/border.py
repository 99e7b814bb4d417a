"""Border decisions: proposed from the facts, signed by a named officer, replayed under the rules of their day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.border import Decision, Facts, Outcome, decide
from dataferry.messages import Finding, InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.compliance.facts import crosses, facts_for
from dataferry.server.compliance.models import BorderDecision, ComplianceCase
from dataferry.server.compliance.queries.heads import year_of
from dataferry.server.compliance.states import DECISION, DecisionState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.workshop.models import Release

LONGEST_NOTE = 4000


def propose(
    user: Any,
    release: Release,
    exporter: Merchant,
    recipient: str,
    stated: Mapping[str, Any] | None = None,
    case: ComplianceCase | None = None,
) -> BorderDecision:
    """Let the rules decide whether this release may go to a place; the answer waits for an officer's signature.

    Args:
        recipient: a `merchants.Place`.
        stated: facts that the supplier states (`facts.STATED`).

    Raises:
        RefusedError: `server.compliance.no_border_there`, when the data stays on its side.
        InputError: a place or fact that there is none of.
    """
    people.require(user, "compliance.propose_decision", exporter)
    _check_way(exporter, recipient)
    now = clock.now()
    day = now.astimezone(BOTH_CITIES).date()
    given = facts_for(release, exporter, recipient, stated or {}, year_of(now))
    decided = decide(Facts.parse(given), on=day)
    with transaction.atomic():
        decision = BorderDecision.objects.create(
            number=journal.next_number("B", now),
            case=case,
            release=release,
            exporter=exporter,
            recipient=recipient,
            facts=given,
            document=decided.document(),
            digest=decided.digest,
            rules_version=decided.rules_version,
            outcome=decided.outcome,
            decided_on=day,
            valid_until=decided.valid_until,
            drafted_at=now,
        )
        DECISION.begin(decision, people.actor(user), "compliance.decision_drafted", _said(decision))
    return decision


def _check_way(exporter: Merchant, recipient: str) -> None:
    if recipient not in Place.values:
        raise InputError("server.compliance.no_such_place", place=str(recipient)[:40])
    if not crosses(exporter.place, recipient):
        raise RefusedError("server.compliance.no_border_there", exporter=exporter.place, recipient=recipient)


def sign_decision(user: Any, decision: BorderDecision, outcome: str, note: str) -> BorderDecision:
    """A named officer signs. What the rules say can be made stricter, never freer; where they leave it to a person,
    the officer's own outcome stands, with the reasons.

    Raises:
        RefusedError: `server.compliance.freer_than_rules`; it was signed already; the officer's own organisation.
        InputError: no such outcome, or no note where the officer's judgement stands.
    """
    chosen = _outcome(outcome)
    note = _note(note)
    with transaction.atomic():
        decision = BorderDecision.objects.select_for_update().get(pk=decision.pk)
        people.require(user, "compliance.sign_decision", decision)
        machine = Outcome(decision.outcome)
        if machine == Outcome.NEEDS_HUMAN:
            least = Outcome(decision.document["at_least"])
            if not note:
                raise InputError("server.compliance.note_needed")
        else:
            least = machine
        if chosen.rank < least.rank or chosen == Outcome.NEEDS_HUMAN:
            raise RefusedError("server.compliance.freer_than_rules", chosen=str(chosen), least=str(least))
        decision.signed_outcome, decision.note = chosen, note
        decision.signed_by, decision.signed_at = user, clock.now()
        payload = {"outcome": str(chosen), "digest": decision.digest}
        fields = ("signed_outcome", "note", "signed_by", "signed_at")
        actor = people.actor(user)
        DECISION.move(decision, DecisionState.SIGNED, actor, "compliance.decision_signed", payload, *fields)
    return decision


def refuse_decision(user: Any, decision: BorderDecision, note: str) -> BorderDecision:
    """The officer does not sign, and says why: the facts are not good enough, say."""
    with transaction.atomic():
        decision = BorderDecision.objects.select_for_update().get(pk=decision.pk)
        people.require(user, "compliance.sign_decision", decision)
        decision.note = _reason(note)
        actor = people.actor(user)
        DECISION.move(decision, DecisionState.REFUSED, actor, "compliance.decision_refused", {}, "note")
    return decision


def withdraw_decision(user: Any, decision: BorderDecision, note: str) -> BorderDecision:
    """A signed decision is taken back: nothing is delivered under it from now on."""
    with transaction.atomic():
        decision = BorderDecision.objects.select_for_update().get(pk=decision.pk)
        people.require(user, "compliance.sign_decision", decision)
        decision.note = _reason(note)
        actor = people.actor(user)
        payload = {"release": _release(decision)}
        DECISION.move(decision, DecisionState.WITHDRAWN, actor, "compliance.decision_withdrawn", payload, "note")
    return decision


def lapse_decisions() -> int:
    """Decisions whose validity is over lapse. Returns how many. A scheduled job calls it."""
    today = clock.now().astimezone(BOTH_CITIES).date()
    over = BorderDecision.objects.filter(state=DecisionState.SIGNED, valid_until__lt=today)
    count = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            decision = BorderDecision.objects.select_for_update().get(pk=pk)
            if decision.state == DecisionState.SIGNED:
                payload = {"release": _release(decision)}
                DECISION.move(decision, DecisionState.LAPSED, "system", "compliance.decision_lapsed", payload)
                count += 1
    return count


def decided_again(decision: BorderDecision) -> Decision:
    """What the rules of its day make of its facts."""
    return decide(Facts.parse(decision.facts), on=decision.decided_on)


def replay_decision(decision: BorderDecision) -> list[Finding]:
    """Decide again by the rules of the day, and say where the answer differs from what was kept."""
    again = decided_again(decision)
    findings = []
    for field, kept, now in (
        ("outcome", decision.outcome, str(again.outcome)),
        ("digest", decision.digest, again.digest),
        ("rules_version", decision.rules_version, again.rules_version),
    ):
        if kept != now:
            data = {"decision": decision.number, "field": field, "kept": kept, "again": now}
            findings.append(Finding("server.compliance.decision_differs", "blocked", data))
    return findings


def _outcome(outcome: str) -> Outcome:
    try:
        return Outcome(outcome)
    except ValueError:
        allowed = ", ".join(Outcome)
        raise InputError("server.compliance.no_such_outcome", outcome=str(outcome)[:40], allowed=allowed) from None


def _note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise InputError("server.compliance.text_too_long", longest=LONGEST_NOTE)
    return note.strip()


def _reason(note: str) -> str:
    if not _note(note):
        raise InputError("server.compliance.note_needed")
    return _note(note)


def _release(decision: BorderDecision) -> str:
    release = decision.release
    return f"release:{release.product.slug}@{release.version}"


def _said(decision: BorderDecision) -> dict[str, Any]:
    return {
        "release": _release(decision),
        "exporter": decision.exporter.reference,
        "recipient": decision.recipient,
        "outcome": decision.outcome,
        "digest": decision.digest,
        "rules": decision.rules_version,
    }
