"""May it cross? Dated rules as data, and the decision they compute.

`decide(Facts.parse(text), on)` recommends; a named officer signs. No rule is legal advice, and none is verified until a
person has signed it in `rules/verified.toml`.
"""

from dataferry.border.deciding import decide
from dataferry.border.decision import Decision, NotEvaluated, Reason
from dataferry.border.facts import Facts
from dataferry.border.forecast import forecast
from dataferry.border.heads import HeadCount, HeadSketch
from dataferry.border.outcomes import Outcome
from dataferry.border.rule_files import Rule, RuleTable, rule_table, rules_in_force

THRESHOLDS = {
    ("general", Outcome.CONTRACT_OR_CERTIFICATION): 100_000,
    ("general", Outcome.SECURITY_ASSESSMENT): 1_000_000,
    ("sensitive", Outcome.CONTRACT_OR_CERTIFICATION): 1,
    ("sensitive", Outcome.SECURITY_ASSESSMENT): 10_000,
}
"""People since 1 January, this transfer included, from which an outcome is due (SH-04 to SH-07)."""

__all__ = [
    "THRESHOLDS",
    "Decision",
    "Facts",
    "HeadCount",
    "HeadSketch",
    "NotEvaluated",
    "Outcome",
    "Reason",
    "Rule",
    "RuleTable",
    "decide",
    "forecast",
    "rule_table",
    "rules_in_force",
]
