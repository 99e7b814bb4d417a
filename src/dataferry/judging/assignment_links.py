"""Whether chains of common entries join all judges, and the cuts that make a plan do so.

Strictness of two judges can be told apart from quality of their entries only along such chains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dataferry.judging.assignment_candidates import Candidates, Flags, Ints
from dataferry.judging.assignment_loads import joined_panels
from dataferry.judging.assignment_problem import Problem


@dataclass(frozen=True)
class Cut:
    """Candidates of which at least `least` must be chosen."""

    columns: Ints
    least: int


class Links:
    """The judge-entry graph of a plan. Nodes are judges, then entries; who scores nothing is left out.

    Judges who may never meet by design (panels that share neither a division nor an anchor) are in different circles
    and need not be linked.
    """

    def __init__(self, problem: Problem, found: Candidates) -> None:
        self._found = found
        circle = joined_panels(problem, found)
        if problem.anchors:
            circle = dict.fromkeys(circle, 0)
        judges = [circle["panel", judge.panel] for judge in found.judges]
        entries = [circle["division", item.division] for item in found.entries]
        self._circle = np.array(judges + entries)

    def pieces(self, chosen: Flags) -> list[list[Flags]]:
        """For each circle that falls apart: its pieces, each as flags over the nodes."""
        found, size = self._found, len(self._circle)
        ends = found.judge[chosen], found.entry[chosen] + len(found.judges)
        graph = sparse.coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
        label = connected_components(graph, directed=False)[1]
        is_active = np.zeros(size, dtype=bool)
        is_active[np.concatenate(ends)] = True
        out = []
        for circle in np.unique(self._circle):
            inside = is_active & (self._circle == circle)
            names = np.unique(label[inside])
            if len(names) > 1:
                out.append([inside & (label == name) for name in names])
        return out

    def cuts(self, chosen: Flags) -> list[Cut]:
        """What a linked plan holds and this one does not: a way out of each piece, and as many pairs between c pieces
        as it takes to join them, c - 1."""
        found, cuts = self._found, []
        for pieces in self.pieces(chosen):
            number = np.full(len(self._circle), -1)
            for index, piece in enumerate(pieces):
                number[piece] = index
                leads_out = piece[found.judge] != piece[found.entry + len(found.judges)]
                if len(pieces) > 2:
                    cuts.append(Cut(np.flatnonzero(leads_out), 1))
            between = number[found.judge] != number[found.entry + len(found.judges)]
            inside = self._circle[found.entry + len(found.judges)] == self._circle[np.flatnonzero(pieces[0])[0]]
            cuts.append(Cut(np.flatnonzero(between & inside), len(pieces) - 1))
        return cuts

    def shortfall(self, scores: Ints, least: Ints) -> int:
        """How many scores are missing at least to link all entries and every judge who must score something: a graph
        of n nodes in c pieces has n - c edges or more."""
        nodes = int((scores > 0).sum()) + int((least > 0).sum())
        pairs = int(scores.sum()) + int(self._found.anchor.sum())
        return nodes - len(np.unique(self._circle)) - pairs
