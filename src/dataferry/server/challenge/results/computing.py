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
    outcome, lines = _outcome(inputs, rankings)
    open_ties = {name: ranking.unresolved_at(lines[name]) for name, ranking in rankings.items()}
    unresolved = sorted(sorted(tie) for ties in open_ties.values() for tie in ties)
    document = {
        "format": FORMAT,
        "inputs": inputs.document(),
        "rankings": {name: ranking.document() for name, ranking in rankings.items()},
        "comparisons": _comparisons(inputs, scores, rubric, lines),
        "outcome": {**outcome, "unresolved": unresolved},
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


def _rankings(inputs: RoundInputs, scores: list[judging.Score], rubric: judging.Rubric) -> dict[str, judging.Ranking]:
    method = judging.Method(inputs.rules["method"])
    ties = [judging.TieRule(rule) for rule in inputs.rules["ties"]]
    decisions = judging.Decisions(ballots=inputs.ballots, chair=inputs.chair)

    def rank(part: list[judging.Score], joint: bool) -> judging.Ranking:
        return judging.rank(part, rubric, method=method, ties=ties, joint=joint, decisions=decisions)

    if _is_joint(inputs):
        return {"joint": rank(scores, joint=True)}
    divisions = sorted({entry.division for entry in inputs.entries})
    return {each: rank([score for score in scores if score.division == each], joint=False) for each in divisions}


def _outcome(
    inputs: RoundInputs, rankings: Mapping[str, judging.Ranking]
) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """What the rankings mean, and the places after which a line runs, by ranking."""
    if _is_joint(inputs):
        order = list(rankings["joint"].order)
        theme_of = inputs.rules["themes"]
        facts = {
            entry.code: {"theme": str(theme_of.get(entry.subcategory, "")), "division": entry.division}
            for entry in inputs.entries
        }
        awards = give_awards(order, inputs.rules["awards"], facts, dict(inputs.named))
        lines = sorted({order.index(award.entry) + 1 for award in awards if award.entry})
        return {"awards": [award.document() for award in awards]}, {"joint": lines}
    quotas = inputs.rules["quotas"]
    lists = {name: shortlist(list(ranking.order), int(quotas[name])) for name, ranking in rankings.items()}
    # A line runs after the last finalist, and between reserves, whose order counts when one moves up.
    return {"shortlists": {name: each.document() for name, each in lists.items()}}, {
        name: [int(quotas[name])] for name in rankings
    }


def _comparisons(
    inputs: RoundInputs, scores: list[judging.Score], rubric: judging.Rubric, lines: Mapping[str, list[int]]
) -> dict[str, Any]:
    """All methods side by side, with what would change at the lines."""
    if _is_joint(inputs):
        return {"joint": judging.compare(scores, rubric, lines=lines["joint"], joint=True).document()}
    return {
        name: judging.compare(
            [score for score in scores if score.division == name], rubric, lines=line, joint=False
        ).document()
        for name, line in lines.items()
    }
