"""Judging statistics: who judges what, what the scores say, and in which order: pure functions, no state."""

from dataferry.judging.methods import Method
from dataferry.judging.ranking import Place, Ranking, rank
from dataferry.judging.rubric import Criterion, Rubric
from dataferry.judging.scores import Score
from dataferry.judging.standing import Calibration
from dataferry.judging.ties import Ballot, ChairDecision, Decisions, TieRule

__all__ = [
    "Ballot",
    "Calibration",
    "ChairDecision",
    "Criterion",
    "Decisions",
    "Method",
    "Place",
    "Ranking",
    "Rubric",
    "Score",
    "TieRule",
    "rank",
]
