"""The engine: every rule of the day is evaluated, the strictest certain result wins, exemptions lift what they name.

Order of telling is sector, list, general; it does not decide, because no exemption of a later stage can lift a result
of an earlier one: a rule lifts only the rules that its file names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dataferry.border.conditions import Known, Truth
from dataferry.border.decision import Decision, NotEvaluated, Reason
from dataferry.border.facts import Facts
from dataferry.border.known_facts import known_facts
from dataferry.border.outcomes import Outcome, strictest
from dataferry.border.rule_files import Clause, Rule, RuleTable, rule_table

SATISFIED_BY = {
    Outcome.CONTRACT_OR_CERTIFICATION: frozenset({"standard-contract", "certification", "security-assessment"}),
    Outcome.SECURITY_ASSESSMENT: frozenset({"security-assessment"}),
}


def decide(facts: Facts, on: date, *, rules: RuleTable | None = None) -> Decision:
    """May this data cross on this day?

    Args:
        facts: what is known; every fact may be unknown, and unknown never permits.
        on: the day whose rules decide.
        rules: an older set (`rule_table(version)`) to replay a decision under; those of this release when left out.
    """
    table = rules or rule_table()
    known = known_facts(facts, on, table.terms_on(on))
    found = [each for rule in table.in_force(on) if (each := _evaluate(rule, known)) is not None]
    lifted = _lifted(found)
    least = strictest([clause.outcome for each in found for clause in each.certain(lifted)])
    most = strictest([least, *(clause.worst for each in found for clause in each.possible(lifted))])
    covered = on >= table.covers_from and (least is not Outcome.FREE or any(each.permits for each in found))
    if not covered:
        most = Outcome.BLOCKED if on < table.covers_from else strictest([most, Outcome.REPORT])
    outcome = least if least is most else Outcome.NEEDS_HUMAN
    told = [each for each in found if each.fired and each.rule.serves in {None, outcome}]
    open_rules = tuple(_not_evaluated(each, known) for each in found if each.truth is None or each.open_clauses)
    return Decision(
        on=on,
        rules_version=table.version,
        facts=facts,
        outcome=outcome,
        at_least=least,
        at_most=most,
        reasons=tuple(_reason(each, table, lifted) for each in told),
        not_evaluated=open_rules,
        missing=_in_order(each.missing(known) for each in found),
        decisive=_decisive(found, known, lifted, least, covered=covered) if outcome is Outcome.NEEDS_HUMAN else (),
        options=tuple(each.rule.offers for each in told if each.rule.offers),
        approval_covers=_approval_covers(known, outcome, on),
        valid_until=_valid_until(told, table, known, on, outcome, lifted),
        covered=covered,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A rule that fired or may, and the truth of each of its clauses."""

    rule: Rule
    truth: Truth
    clauses: tuple[tuple[Clause, Truth], ...]

    @property
    def fired(self) -> bool:
        return self.truth is True

    @property
    def permits(self) -> bool:
        return any(clause.outcome is Outcome.FREE for clause, truth in self.clauses if truth)

    @property
    def open_clauses(self) -> tuple[Clause, ...]:
        return tuple(clause for clause, truth in self.clauses if truth is None)

    def certain(self, lifted: Mapping[str, tuple[str, ...]]) -> Iterable[Clause]:
        """Clauses that hold and ask for something themselves; one that asks for a person is only possible."""
        if self.rule.id not in lifted:
            yield from (clause for clause, truth in self.clauses if truth and clause.strict_reading is None)

    def possible(self, lifted: Mapping[str, tuple[str, ...]]) -> Iterable[Clause]:
        """Clauses that may hold, or that hold and ask for a person."""
        if self.rule.id not in lifted:
            yield from (clause for clause, truth in self.clauses if truth is not False)

    def missing(self, known: Known) -> frozenset[str]:
        """The facts that keep it or a clause of it from being known or shown."""
        return self.rule.condition.missing(known).union(
            *(clause.condition.missing(known) for clause, truth in self.clauses if truth is not False)
        )


def _evaluate(rule: Rule, known: Known) -> _Found | None:
    """The rule with the truth of its clauses; None when the facts rule it out."""
    truth = rule.condition.truth(known)
    if truth is False:
        return None
    return _Found(rule, truth, tuple((clause, clause.condition.truth(known)) for clause in rule.clauses))


def _lifted(found: Sequence[_Found]) -> dict[str, tuple[str, ...]]:
    """The rules that an exemption lifts, with the exemptions. An exemption that is not certain lifts nothing."""
    lifted: dict[str, tuple[str, ...]] = {}
    for each in found:
        for clause, truth in each.clauses:
            for rule in clause.lifts if truth else ():
                lifted[rule] = (*lifted.get(rule, ()), each.rule.id)
    return lifted


def _in_order(parts: Iterable[frozenset[str]]) -> tuple[str, ...]:
    """Facts in the order of the reference page."""
    wanted = frozenset().union(*parts)
    return tuple(name for name in Facts.model_fields if name in wanted)


def _not_evaluated(each: _Found, known: Known) -> NotEvaluated:
    worst = [clause.worst for clause in each.open_clauses]
    return NotEvaluated(each.rule.id, strictest(worst) if worst else None, _in_order([each.missing(known)]))


def _decisive(
    found: Sequence[_Found], known: Known, lifted: Mapping[str, tuple[str, ...]], least: Outcome, *, covered: bool
) -> tuple[str, ...]:
    """The missing facts of what keeps the outcome open: what may be stricter and, where nothing permits, what may."""
    stricter = (each for each in found if any(clause.worst.rank > least.rank for clause in each.possible(lifted)))
    permitting = (each for each in found if not covered and any(c.outcome is Outcome.FREE for c in each.open_clauses))
    return _in_order(each.missing(known) for each in (*stricter, *permitting))


def _reason(each: _Found, table: RuleTable, lifted: Mapping[str, tuple[str, ...]]) -> Reason:
    rule = each.rule
    outcomes = [clause.outcome for clause, truth in each.clauses if truth]
    return Reason(
        rule=rule.id,
        stage=rule.stage,
        outcome=strictest(outcomes) if outcomes else None,
        lifted_by=lifted.get(rule.id, ()),
        duty=rule.duty,
        offers=rule.offers,
        title=rule.title,
        words=rule.reason,
        article=table.articles(rule),
        source=rule.seen,
        url=rule.url,
        mark=rule.mark,
        mark_note=rule.mark_note,
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        verified_by=rule.verified_by,
    )


def _approval_covers(known: Known, outcome: Outcome, on: date) -> bool:
    """Whether the approval shown is of the kind asked for, in force that day, and of this purpose, scope and kind."""
    until = known.values.get("approval_until")
    return (
        known.values.get("approval") in SATISFIED_BY.get(outcome, ())
        and until is not None
        and until.low >= on.toordinal()
        and known.values.get("within_approval") == "yes"
    )


def _valid_until(
    told: Sequence[_Found],
    table: RuleTable,
    known: Known,
    on: date,
    outcome: Outcome,
    lifted: Mapping[str, tuple[str, ...]],
) -> date | None:
    """The last day on which the decision can stand as it is; None where no end is known.

    The year's end where counts decided, the day before a rule that bears on these facts begins or after which one ends,
    the end of the approval that covers it.
    """
    ends = [date(on.year, 12, 31)] if any(_decided_by_count(each, lifted) for each in told) else []
    ends += [each.rule.effective_to for each in told if each.rule.effective_to is not None]
    for rule in table.rules:
        first = rule.effective_from
        if first is not None and first > on and rule.condition.truth(known) is not False:
            ends.append(first - timedelta(days=1))
    if _approval_covers(known, outcome, on):
        ends.append(date.fromordinal(known.values["approval_until"].low))
    return min(ends, default=None)


def _decided_by_count(each: _Found, lifted: Mapping[str, tuple[str, ...]]) -> bool:
    return each.rule.counts and bool(each.clauses) and each.rule.id not in lifted
