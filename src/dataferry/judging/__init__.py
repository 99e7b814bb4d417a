"""Judging statistics: who judges what, what the scores say, and in which order: pure functions, no state."""

from dataferry.judging.assignment import Plan, assign, reassign
from dataferry.judging.assignment_explain import relaxations_of
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
