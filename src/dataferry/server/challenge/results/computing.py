"""From inputs to the document of a result. Pure: the same inputs give the same bytes, today and at any replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dataferry import judging
from dataferry.server.challenge.results.inputs import RoundInputs
from dataferry.server.challenge.results.placing import give_awards, shortlist
from dataferry.server.journal.canonical import canonical, digest

FORMAT = "dataferry-result/1"


@dataclass(frozen=True)
class ComputedResult:
    """The document of a result as canonical JSON text, with its digest and that of its inputs.

    `unresolved` names the entries of ties that touch a line (quota, award) and that the declared chain leaves open.
    It stands in the document too (`outcome.unresolved`).
    """

    text: str
    digest: str
    inputs_digest: str
    unresolved: tuple[tuple[str, ...], ...]


def compute(inputs: RoundInputs) -> ComputedResult:
    """The result of a round.

    Raises:
        RefusedError: `judging.panels_not_linked` where a joint ranking has no common entry, and what else the
            judging library refuses.
    """
    rubric = rubric_of(inputs.rules)
    scores = scores_of(inputs, rubric)
    rankings = _rankings(inputs, scores, rubric)
    outcome = _final(inputs, rankings["joint"]) if _is_joint(inputs) else _screening(inputs, rankings)
    unresolved = sorted(sorted(tie) for tie in outcome.pop("ties"))
    document = {
        "format": FORMAT,
        "inputs": inputs.document(),
        "rankings": {name: ranking.document() for name, ranking in rankings.items()},
        "comparisons": _comparisons(inputs, scores, rubric, outcome),
        "outcome": {
            **outcome,
            "unresolved": unresolved,
            "unranked": sorted(entry for ranking in rankings.values() for entry in ranking.unranked),
        },
    }
    text = canonical(document)
    return ComputedResult(text, f"sha256:{digest(text)}", inputs.digest(), tuple(map(tuple, unresolved)))


def rubric_of(rules: Mapping[str, Any]) -> judging.Rubric:
    """The rubric that a round was opened with."""
    return judging.Rubric(
        tuple(
            judging.Criterion(
                code=str(criterion["code"]),
                weight=Decimal(criterion["weight"]),
                highest=Decimal(criterion["highest"]),
                lowest=Decimal(criterion["lowest"]),
                step=Decimal(criterion["step"]),
                floor=None if criterion.get("floor") is None else Decimal(criterion["floor"]),
                bonus=bool(criterion.get("bonus")),
            )
            for criterion in rules["rubric"]["criteria"]
        )
    )


def scores_of(inputs: RoundInputs, rubric: judging.Rubric) -> list[judging.Score]:
    """The sheets as the judging library takes them, with their totals."""
    division = {entry.code: entry.division for entry in inputs.entries}
    scores = []
    for sheet in sorted(inputs.sheets):
        values = {code: Decimal(value) for code, value in sheet.scores.items()}
        scores.append(
            judging.Score(
                entry=sheet.entry,
                judge=sheet.judge,
                panel=sheet.panel,
                division=division[sheet.entry],
                values=values,
                total=rubric.total(values),
            )
        )
    return scores


def _is_joint(inputs: RoundInputs) -> bool:
    return inputs.stage == "final"


def _decisions(inputs: RoundInputs) -> judging.Decisions:
    """What people decided. The journal holds that the chair gave a reason, not its words."""
    return judging.Decisions(
        ballots=tuple(judging.Ballot(*ballot) for ballot in inputs.ballots),
        chair=tuple(judging.ChairDecision(order, "deliberation") for order in inputs.chair),
    )


def _rankings(inputs: RoundInputs, scores: list[judging.Score], rubric: judging.Rubric) -> dict[str, judging.Ranking]:
    """One joint ranking in a final, one for each division in a screening."""
    decisions = _decisions(inputs)

    def rank(division: str | None) -> judging.Ranking:
        return judging.rank(
            [score for score in scores if division in (None, score.division)],
            rubric,
            method=inputs.rules["method"],
            ties=inputs.rules["ties"],
            joint=division is None,
            decisions=decisions,
            entries={each.code: each.division for each in inputs.entries if division in (None, each.division)},
        )

    if _is_joint(inputs):
        return {"joint": rank(None)}
    return {division: rank(division) for division in sorted({entry.division for entry in inputs.entries})}


def _order(ranking: judging.Ranking) -> list[str]:
    return [place.entry for place in ranking.places]


def _screening(inputs: RoundInputs, rankings: Mapping[str, judging.Ranking]) -> dict[str, Any]:
    """Finalists and reserves of each division, and the ties that decide who is one."""
    quotas, reserves = inputs.rules["quotas"], int(inputs.rules.get("reserves") or 0)
    lists = {name: shortlist(_order(ranking), int(quotas[name])) for name, ranking in rankings.items()}
    ties = []
    for name, ranking in rankings.items():
        # The order counts after the last finalist and between the reserves that may move up.
        lines = range(int(quotas[name]), int(quotas[name]) + reserves + 1)
        ties += [tie for tie in ranking.unresolved if _crosses(_order(ranking), tie, lines)]
    return {"shortlists": {name: each.document() for name, each in lists.items()}, "ties": ties}


def _crosses(order: list[str], tie: tuple[str, ...], lines: range) -> bool:
    """Whether one of the lines (after so many places) runs through entries that are tied."""
    places = [order.index(entry) + 1 for entry in tie]
    return any(min(places) <= line < max(places) for line in lines)


def _final(inputs: RoundInputs, ranking: judging.Ranking) -> dict[str, Any]:
    """The awards, and the ties that decide one."""
    theme_of = inputs.rules["themes"]
    facts = {
        entry.code: {"theme": str(theme_of.get(entry.subcategory, "")), "division": entry.division}
        for entry in inputs.entries
    }
    awards = give_awards(_order(ranking), inputs.rules["awards"], facts, dict(inputs.named))
    rules = {str(award["code"]): award for award in inputs.rules["awards"]}
    ties = [
        tie
        for tie in ranking.unresolved
        if any(_decides(rules[award.code], award.entry, tie, facts) for award in awards if award.kind != "special")
    ]
    return {"awards": [award.document() for award in awards], "ties": ties}


def _decides(
    award: Mapping[str, Any], winner: str | None, tie: tuple[str, ...], facts: Mapping[str, Mapping[str, str]]
) -> bool:
    """Whether another entry of the tie could have had the award as well."""
    could = [
        entry
        for entry in tie
        if all(not award.get(fact) or facts[entry][fact] == award[fact] for fact in ("theme", "division"))
    ]
    return winner in could and len(could) > 1


def _comparisons(
    inputs: RoundInputs, scores: list[judging.Score], rubric: judging.Rubric, outcome: Mapping[str, Any]
) -> dict[str, Any]:
    """All methods side by side, the chosen one first, with what would change at the line of each ranking."""
    if _is_joint(inputs):
        winners = {award["entry"] for award in outcome["awards"] if award["entry"]}
        return {"joint": _compared(inputs, scores, rubric, max(len(winners), 1), None)}
    lists = outcome["shortlists"]
    return {name: _compared(inputs, scores, rubric, len(lists[name]["finalists"]), name) for name in lists}


def _compared(
    inputs: RoundInputs, scores: list[judging.Score], rubric: judging.Rubric, line: int, division: str | None
) -> dict[str, Any]:
    chosen = judging.Method(inputs.rules["method"])
    return judging.compare(
        [score for score in scores if division in (None, score.division)],
        rubric,
        [chosen, *(method for method in judging.Method if method != chosen)],
        line=line,
        ties=inputs.rules["ties"],
        joint=division is None,
        decisions=_decisions(inputs),
    ).document()
