"""Promise: whoever tries whatever, in any order and at any instant, either moves things along the tables of states with
the journal as witness, or is told in three languages why not, and nothing has changed. Nothing else is ever raised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dataferry.server.challenge import clock
from dataferry.server.challenge.rehearsal.cast import Size
from dataferry.server.challenge.rehearsal.playing import Rehearsal, Step
from server.challenge.editions import WHEN, edition_text
from server.challenge.forbidden import World, walk
from server.challenge.forbidden_acts import ACTS

pytestmark = pytest.mark.django_db

STEPS = 30
"""Tries at each stand of the play. All that is done in them is taken back, and the play goes on."""
TRIED_AT_LEAST = 0.9
"""Share of all acts that come to be tried in one play."""
DONE_AT_LEAST = 0.4
"""Share of all acts that succeed at least once."""


class Walked(Rehearsal):
    """The miniature, with a walk at each of its stands."""

    def __init__(self, seed: int) -> None:
        text = edition_text().replace("anchors: 1", "anchors: 0").replace("quota: 3", "quota: 2")
        super().__init__(text, Size({"hk": 3, "sh": 3}, {"hong-kong": 2, "shanghai": 2}, members=1), seed)
        self.world = World(seed, ACTS)

    def inspect(self, job: int) -> None:
        """Nothing: a file that waits for its inspection holds nobody up."""

    def walked(self, phase: str = "") -> None:
        around = datetime.fromisoformat(WHEN[phase]) if phase else clock.now()
        for _ in walk(self.world, around, STEPS):
            pass

    def before_screening(self) -> None:
        self.walked()

    def before_scoring(self, round_: Any) -> None:
        if round_.code != "screening-sh":
            self.walked()


STANDS: dict[str, str] = {
    "announce": "registration",
    "register": "registration",
    "hand_in": "submission",
    "decide_eligibility": "eligibility",
    "screen": "screening",
    "shortlist": "shortlist",
    "judge_the_final": "appeals",
    "seal": "nomination",
    "honour": "nomination",
    "nominate": "nomination",
}
"""After which step of the play a walk begins, and around which instant."""


@pytest.mark.parametrize("seed", [1])
def test_random_walks_by_everybody(home: Path, db: None, seed: int) -> None:
    play = Walked(seed)
    steps: tuple[Callable[[], Step], ...] = play.steps
    for step in steps:
        step()
        if step.__name__ in STANDS:
            play.walked(STANDS[step.__name__])
    tried = play.world.done.keys() | play.world.refused.keys()
    assert len(tried) >= TRIED_AT_LEAST * len(ACTS), sorted(ACTS.keys() - tried)
    assert len(play.world.done) >= DONE_AT_LEAST * len(ACTS), "too many walks into walls"
