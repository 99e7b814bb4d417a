"""From scores to places: one figure for each entry by the chosen method, ties by the declared chain, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dataferry.judging.averages import criterion_means
from dataferry.judging.exact import decimal_of, written
from dataferry.judging.linkage import check_linked
from dataferry.judging.methods import Method
from dataferry.judging.outcome import Calibration, Interval
from dataferry.judging.rubric import Rubric
from dataferry.judging.scores import Group, Score, groups_of
from dataferry.judging.standing import Standing, stand
from dataferry.judging.ties import Decisions, TieBreaker, TieRule, chain_of, parted
from dataferry.messages import Finding, InputError, State


@dataclass(frozen=True)
class Place:
    """Where one entry stands.

    Attributes:
        place: 1 for the best of its group; entries that nothing told apart share the smaller number.
        score: exact for means (rounded at six decimals only where a fraction never ends), six decimals where fitted.
        low, high: 95 % interval of the score; `None` where the scores are too few to tell.
        rank_low, rank_high: 95 % interval of the place (best and worst); `None` likewise.
        judges: how many scored it.
        tied_with: entries that share its place after the whole chain.
        decided_by: the tie rule that set it apart from entries of the same score; `None` where the score did.
        below_floor: criteria whose mean is under the rubric's floor.
    """

    entry: str
    division: str
    place: int
    score: Decimal
    low: Decimal | None
    high: Decimal | None
    rank_low: int | None
    rank_high: int | None
    judges: int
    tied_with: tuple[str, ...] = ()
    decided_by: str | None = None
    below_floor: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        return {
            "entry": self.entry,
            "division": self.division,
            "place": self.place,
            "score": written(self.score),
            "interval": None if self.low is None else [written(self.low), written(self.high)],
            "place_interval": None if self.rank_low is None else [self.rank_low, self.rank_high],
            "judges": self.judges,
            "tied_with": list(self.tied_with),
            "decided_by": self.decided_by,
            "below_floor": list(self.below_floor),
        }


@dataclass(frozen=True)
class Ranking:
    """Places in order, entries without one, and everything a reader has to know about them.

    `places` are ordered by group (division, or all when joint), place and id; blocked findings say why others are not.
    """

    method: str
    joint: bool
    places: tuple[Place, ...]
    unranked: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    ties: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """`blocked` where an entry could not be ranked, `attention` where a person should look, otherwise `clear`."""
        severities = {finding.severity for finding in self.findings}
        return "blocked" if "blocked" in severities else "attention" if "attention" in severities else "clear"

    @property
    def unresolved(self) -> tuple[tuple[str, ...], ...]:
        """Groups of entries that still share a place."""
        return tuple(sorted({tuple(sorted((p.entry, *p.tied_with))) for p in self.places if p.tied_with}))

    def of(self, division: str) -> tuple[Place, ...]:
        """The places of one division, in order (of a joint ranking: with their joint places)."""
        return tuple(place for place in self.places if place.division == division)

    def place(self, entry: str) -> Place | None:
        return next((place for place in self.places if place.entry == entry), None)

    def document(self) -> dict[str, Any]:
        """Plain JSON values, decimals as text; the same for the same scores in any row order."""
        return {
            "format": 1,
            "method": str(self.method),
            "joint": self.joint,
            "ties": list(self.ties),
            "places": [place.document() for place in self.places],
            "unranked": list(self.unranked),
            "calibrations": [calibration.document() for calibration in self.calibrations],
            "findings": [finding.to_json() for finding in self.findings],
        }


@dataclass(frozen=True)
class Ranked:
    """One group, ranked."""

    places: tuple[Place, ...]
    standing: Standing
    findings: tuple[Finding, ...]


def rank(
    scores: Iterable[Score],
    rubric: Rubric | None,
    *,
    method: Method | str,
    ties: Sequence[TieRule | str] = (),
    joint: bool = False,
    decisions: Decisions | None = None,
    entries: Mapping[str, str] | None = None,
) -> Ranking:
    """Rank entries within each division, or all together.

    Args:
        scores: signed sheets, in any order.
        rubric: checks and recomputes every total; `None` where only totals are known.
        method: see `Method`.
        ties: the chain declared before the round: `criterion:<code>`, `pairwise`, `chair`.
        joint: rank all divisions in one list instead of each by itself.
        decisions: ballots and the chair's word, for ties.
        entries: every entry that should have a place, with its division; those without any score are reported.

    Raises:
        RefusedError: `judging.panels_not_linked` (panels without a common entry), `judging.panels_not_crossed` (panel
            means where most entries were not seen by every panel).
        InputError: a faulty sheet, rule or decision.
    """
    method, chain, decisions = Method(method), chain_of(ties), decisions or Decisions()
    check_chain(chain, rubric)
    groups = [group for group in groups_of(scores, rubric, entries, joint=joint) if group.entries]
    ranked = [rank_group(group, rubric, method, chain, decisions) for group in groups]
    unranked = {e for g, r in zip(groups, ranked, strict=True) for e in g.entries if e not in r.standing.figures}
    return Ranking(
        method=method,
        joint=joint,
        places=tuple(place for part in ranked for place in part.places),
        unranked=tuple(sorted(unranked)),
        findings=tuple(finding for part in ranked for finding in part.findings),
        calibrations=tuple(part.standing.calibration for part in ranked if part.standing.calibration),
        ties=tuple(str(rule) for rule in chain),
    )


def check_chain(chain: Sequence[TieRule], rubric: Rubric | None) -> None:
    """Every criterion of the chain is one of the rubric's."""
    if rubric is None:
        return
    known = {criterion.code for criterion in rubric.criteria}
    for rule in chain:
        if rule.kind == "criterion" and rule.criterion not in known:
            raise InputError("judging.tie_rule_unknown", rule=str(rule)[:80])


def rank_group(
    group: Group, rubric: Rubric | None, method: Method, chain: Sequence[TieRule], decisions: Decisions
) -> Ranked:
    """Rank entries against each other."""
    findings = []
    if silent := sorted(set(group.entries) - set(group.scored)):
        data = {"entries": silent, "count": len(silent), "division": group.name}
        findings.append(Finding("judging.entry_without_score", "blocked", data))
    if not group.cells:
        return Ranked((), Standing({}), tuple(findings))
    findings += check_linked(group)
    standing = stand(group, method)
    breaker = TieBreaker(group, chain, decisions, by_panels=method.by_panels)
    intervals = standing.intervals()
    floors = floors_missed(group, rubric, method)
    places: list[Place] = []
    for equal in parted(standing.figures):
        for settled in breaker.settle(equal):
            first = len(places) + 1
            for entry in settled.entries:
                others = tuple(other for other in settled.entries if other != entry)
                score, interval = standing.figures[entry], intervals.get(entry)
                place = placed(group, entry, first, score, interval)
                places.append(
                    Place(**place, tied_with=others, decided_by=settled.decided_by, below_floor=floors.get(entry, ()))
                )
    return Ranked(tuple(places), standing, (*findings, *standing.findings, *breaker.findings))


def placed(group: Group, entry: str, place: int, score: Fraction, interval: Interval | None) -> dict[str, Any]:
    """The figures of one place."""
    return {
        "entry": entry,
        "division": group.entries[entry],
        "place": place,
        "score": decimal_of(score),
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "rank_low": interval.rank_low if interval else None,
        "rank_high": interval.rank_high if interval else None,
        "judges": len(group.scored[entry]),
    }


def floors_missed(group: Group, rubric: Rubric | None, method: Method) -> dict[str, tuple[str, ...]]:
    """Criteria under their floor, by entry, from the exact means of the criterion's values."""
    if rubric is None:
        return {}
    missed: dict[str, tuple[str, ...]] = {}
    for criterion in rubric.criteria:
        if criterion.floor is None:
            continue
        for entry, value in criterion_means(group, criterion.code, by_panels=method.by_panels).items():
            missed[entry] = missed.get(entry, ()) + rubric.below_floor({criterion.code: value})
    return missed
