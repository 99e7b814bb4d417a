"""Judging statistics: who judges what, what the scores say, and in which order: pure functions, no state."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dataferry.judging.assignment_problem import Assessor, Demand, Item, Pair, Problem, Relaxation
from dataferry.judging.ballots import Ballot
from dataferry.judging.comparison import AwardLine, Change, Comparison, compare
from dataferry.judging.methods import Method
from dataferry.judging.outcome import Calibration
from dataferry.judging.pairwise import pairwise
from dataferry.judging.ranking import Place, Ranking, rank
from dataferry.judging.reports import JudgeReport, judge_reports
from dataferry.judging.rubric import Criterion, Rubric
from dataferry.judging.scores import Score
from dataferry.judging.ties import ChairDecision, Decisions, TieRule

if TYPE_CHECKING:
    from dataferry.judging.assignment import Plan, assign, reassign
    from dataferry.judging.assignment_explain import relaxations_of

__all__ = [
    "Assessor",
    "AwardLine",
    "Ballot",
    "Calibration",
    "ChairDecision",
    "Change",
    "Comparison",
    "Criterion",
    "Decisions",
    "Demand",
    "Item",
    "JudgeReport",
    "Method",
    "Pair",
    "Place",
    "Plan",
    "Problem",
    "Ranking",
    "Relaxation",
    "Rubric",
    "Score",
    "TieRule",
    "assign",
    "compare",
    "judge_reports",
    "pairwise",
    "rank",
    "reassign",
    "relaxations_of",
]

# The solver takes longer to import than all the rest: it is loaded with the first of these names.
_OF_THE_SOLVER = {
    "Plan": "assignment",
    "assign": "assignment",
    "reassign": "assignment",
    "relaxations_of": "assignment_explain",
}


def __getattr__(name: str) -> Any:
    if name not in _OF_THE_SOLVER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_OF_THE_SOLVER[name]}"), name)
