"""Pages as lists of marks: what stands where, in points from the lower left corner. Nothing is drawn yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataferry.server.papers.documents.blocks import Ink
from dataferry.server.papers.documents.lines import Style

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
INKS: Mapping[Ink, str] = {"hong-kong": "#b5304a", "shanghai": "#1f6fa8", "both": "#3b3a52"}
TINTS: Mapping[Ink, str] = {"hong-kong": "#faeef0", "shanghai": "#ebf3f9", "both": "#f0eff4"}
QUIET = "#595866"
HAIRLINE = "#c9c8d2"


@dataclass(frozen=True)
class Words:
    """One line of text; `x` is its left end."""

    x: float
    y: float
    text: str
    style: Style


@dataclass(frozen=True)
class Rule:
    """A horizontal line."""

    x: float
    y: float
    length: float
    colour: str = HAIRLINE
    thickness: float = 0.5


@dataclass(frozen=True)
class Area:
    """A rectangle: filled, or only its edge."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    edge: float = 0.0


@dataclass(frozen=True)
class Code:
    """A QR code of `side` points."""

    x: float
    y: float
    side: float
    address: str


Mark = Words | Rule | Area | Code


@dataclass
class Page:
    """One page. `marks` are drawn in their order."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)


def band(page: Page, ink: Ink, thickness: float) -> None:
    """The city's ink along the upper edge; both inks, one after the other, where it is of both cities."""
    y = page.height - thickness
    if ink != "both":
        page.marks.append(Area(0, y, page.width, thickness, INKS[ink]))
        return
    page.marks.append(Area(0, y, page.width / 2, thickness, INKS["hong-kong"]))
    page.marks.append(Area(page.width / 2, y, page.width / 2, thickness, INKS["shanghai"]))
