"""The course of a thing with a life: the steps it has gone, where it stands or what comes next, what lies ahead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where the thing is with a step; each is drawn with a shape of its own and said in a word."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    AHEAD = "ahead"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Step:
    """One step: its name, when it was or will be (empty: not known), and where the thing is with it."""

    name: str
    when: str
    stage: Stage


def in_order(steps: list[Step]) -> list[Step]:
    """The first step that still lies ahead comes next, unless the thing stands at one or has been stopped."""
    if any(step.stage in (Stage.NOW, Stage.STOPPED) for step in steps):
        return steps
    first = next((index for index, step in enumerate(steps) if step.stage == Stage.AHEAD), None)
    return [Step(each.name, each.when, Stage.NEXT) if index == first else each for index, each in enumerate(steps)]
