"""The frame of small drawings of counts: wide enough for a column of a page, with figures that a phone still shows."""

from __future__ import annotations

from dataclasses import dataclass

from dataferry.server.display.marks import Tick
from dataferry.server.display.scales import ticks
from dataferry.server.display.words import number

WIDTH, HEIGHT = 440.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 8.0, 12.0, 26.0
"""The templates of the drawings say the same."""


@dataclass(frozen=True)
class Scale:
    """An axis of whole counts from zero to `high`."""

    marks: tuple[int, ...]
    high: float

    def y(self, count: float) -> float:
        return round(HEIGHT - BOTTOM - count / self.high * (HEIGHT - TOP - BOTTOM), 1)

    def ticks(self, leaving_out: tuple[int, ...] = ()) -> tuple[Tick, ...]:
        return tuple(Tick(self.y(mark), number(mark)) for mark in self.marks if mark not in leaving_out)


def scale_to(most: int) -> Scale:
    """A scale with round marks that holds `most`; halves of what is counted are no marks."""
    marks = tuple(int(mark) for mark in ticks(0.0, float(max(most, 1)), 4) if mark == int(mark))
    return Scale(marks, float(max(*marks, most, 1)))


def x(share: float) -> float:
    """Where a part of the way from left to right lies."""
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)
