"""How far a figure and a place could have fallen otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dataferry.judging.standing import Interval


class Errors(Protocol):
    """Draws of the errors of a group's figures."""

    def intervals(self, figures: Mapping[str, Fraction]) -> Mapping[str, Interval]: ...
