"""Lineage as a drawing from left to right: publishers, inputs, what was done on the way, columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import Language
from dataferry.server.display.maps import text_width
from dataferry.server.display.words import INKS, datum_word, number, spoken

NODE_GAP = 14.0
LINE_HEIGHT = 17.0
BOX_PADDING = 11.0
MOST_COLUMNS = 60
ROWS = "rows"
_LAYERS = ((4.0, 190.0), (258.0, 222.0), (546.0, 178.0), (790.0, 206.0))
WIDTH = 1000.0


@dataclass(frozen=True)
class Node:
    """A box: its lines of text, place and size, and the ink of its city."""

    key: str
    lines: tuple[str, ...]
    small: str
    ink: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    tag: str = ""

    @property
    def text_x(self) -> float:
        return self.x + BOX_PADDING + 3

    @property
    def rows(self) -> list[tuple[float, str]]:
        return [(self.y + BOX_PADDING + 11 + LINE_HEIGHT * i, line) for i, line in enumerate(self.lines)]

    @property
    def small_y(self) -> float:
        return self.y + self.height - BOX_PADDING + 1

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Edge:
    """A line between two boxes."""

    path: str
    ink: str


@dataclass(frozen=True)
class Step:
    """One row of the table twin: a column, where it comes from, through what."""

    column: str
    title: str
    tag: str
    sources: tuple[str, ...]
    through: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """The drawing, and its table twin."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    height: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Draft:
    key: str
    text: str
    small: str
    ink: str
    kind: str
    tag: str = ""


def lineage_drawing(document: Mapping[str, Any], language: Language) -> Lineage | None:
    """The lineage of a release, or None where its record has none."""
    lineage = document.get("lineage") or {}
    columns = lineage.get("columns") or []
    if not columns or not document["inputs"]:
        return None
    inputs = {each["name"]: each for each in document["inputs"]}
    conversions = [each for each in lineage.get("conversions") or [] if each.get("input") in inputs]
    changes = [each for each in conversions if _short(each.get("from")) != _short(each.get("to"))]
    layers, links = _graph(document, inputs, changes, columns, language)
    nodes, height = _placed(layers, links)
    edges = [_edge(nodes[a], nodes[b]) for a, b in links if a in nodes and b in nodes]
    return Lineage(tuple(nodes.values()), tuple(edges), height, tuple(_steps(document, columns, language)))


def _graph(
    document: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, Any]],
    conversions: Sequence[Mapping[str, Any]],
    columns: Sequence[Mapping[str, Any]],
    language: Language,
) -> tuple[list[list[_Draft]], list[tuple[str, str]]]:
    """Boxes of the four layers, and which are linked."""
    publishers: dict[str, _Draft] = {}
    sources: list[_Draft] = []
    links: list[tuple[str, str]] = []
    for name, each in inputs.items():
        publisher = str(each.get("publisher") or "?")
        ink = INKS.get(str(each.get("city")), "both")
        key = f"publisher {publisher}"
        known = publishers.get(key)
        publishers[key] = _Draft(key, publisher, "", ink if known is None or known.ink == ink else "both", "publisher")
        title = spoken(each.get("title"), language)
        small = ", ".join(part for part in (name, _rows(each.get("rows"))) if part)
        sources.append(_Draft(f"input {name}", title.text or name, small, ink, "input", title.tag))
        links.append((key, f"input {name}"))
    done = [_conversion(each, inputs) for each in conversions]
    done = list({draft.key: draft for draft in done}.values())
    links += [(f"input {each['input']}", _conversion(each, inputs).key) for each in conversions]
    results = []
    for each in columns[:MOST_COLUMNS]:
        name = each["column"]
        title = spoken(_declared(document, name).get("title"), language)
        results.append(_Draft(f"column {name}", title.text or name, name, _ink_of(each, inputs), "column", title.tag))
        links += _links_of(each, conversions, inputs)
    only_rows = _only_rows(document, inputs, links)
    if only_rows:
        results.append(_Draft(ROWS, _("Which rows there are"), "", "both", "column"))
        links += [(f"input {name}", ROWS) for name in only_rows]
    return [list(publishers.values()), sources, done, results], list(dict.fromkeys(links))


def _only_rows(
    document: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]], links: Sequence[tuple[str, str]]
) -> list[str]:
    """Inputs whose values end in no column, but which decide which rows there are, or how many are counted."""
    ahead: dict[str, set[str]] = {}
    for start, end in links:
        ahead.setdefault(start, set()).add(end)

    def ends_in_column(key: str) -> bool:
        return key.startswith("column ") or any(ends_in_column(each) for each in ahead.get(key, ()))

    deciding = {str(each.get("input")) for each in (document.get("lineage") or {}).get("rows") or []}
    return [name for name in inputs if name in deciding and not ends_in_column(f"input {name}")]


def _rows(count: Any) -> str:
    if not isinstance(count, int):
        return ""
    return ngettext("%(shown)s row", "%(shown)s rows", count) % {"shown": number(count)}


def _conversion(each: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]) -> _Draft:
    ink = INKS.get(str(inputs[each["input"]].get("city")), "both")
    text = f"{_short(each.get('from'))} → {_short(each.get('to'))}"
    return _Draft(f"conversion {each['input']} {each.get('function')}", text, str(each.get("function")), ink, "step")


def _short(crs: Any) -> str:
    return datum_word(str(crs) if crs else None).partition(" (")[0]


def _links_of(
    each: Mapping[str, Any], conversions: Sequence[Mapping[str, Any]], inputs: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, str]]:
    """From each source to the column; by way of the conversion where the source was converted."""
    target = f"column {each['column']}"
    for source in each.get("from") or []:
        through = [
            f"conversion {done['input']} {done.get('function')}"
            for done in conversions
            if done["input"] == source.get("input") and done.get("column") == source.get("column")
        ]
        yield (through[0] if through else f"input {source.get('input')}", target)


def _ink_of(each: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]) -> str:
    cities = {inputs.get(source.get("input"), {}).get("city") for source in each.get("from") or []}
    return INKS.get(str(next(iter(cities))), "both") if len(cities) == 1 else "both"


def _declared(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((column for column in document["output"]["columns"] if column["name"] == name), {})


def _placed(layers: Sequence[Sequence[_Draft]], links: Sequence[tuple[str, str]]) -> tuple[dict[str, Node], float]:
    """Boxes stacked in their layers, and the height of it all.

    Inputs and columns are centred as they come; publishers and steps stand beside the inputs they belong to.
    """
    sized = [
        [(draft, _wrapped(draft.text, width - 2 * BOX_PADDING)) for draft in layer]
        for layer, (_x, width) in zip(layers, _LAYERS, strict=True)
    ]
    heights = [sum(_box_height(draft, lines) + NODE_GAP for draft, lines in layer) - NODE_GAP for layer in sized]
    total = max(heights) + 8
    nodes: dict[str, Node] = {}
    for index in (1, 0, 2, 3):
        x, width = _LAYERS[index]
        wanted = [(_beside(draft.key, links, nodes), draft, lines) for draft, lines in sized[index]]
        free = index in {1, 3} or any(middle is None for middle, _draft, _lines in wanted)
        if not free:
            wanted.sort(key=lambda each: each[0] or 0.0)
        y, left = (total - heights[index]) / 2 if free else 4.0, heights[index]
        for middle, draft, lines in wanted:
            box = _box_height(draft, lines)
            if not free and middle is not None:
                # As near to its inputs as the boxes above and the room needed below allow.
                y = min(max(y, middle - box / 2), total - 4 - left)
            nodes[draft.key] = Node(
                draft.key, tuple(lines), draft.small, draft.ink, draft.kind, x, round(y, 1), width, box, draft.tag
            )
            y, left = y + box + NODE_GAP, left - box - NODE_GAP
    return nodes, round(total, 1)


def _beside(key: str, links: Sequence[tuple[str, str]], nodes: Mapping[str, Node]) -> float | None:
    """The middle of the inputs that a box is linked with, once they have their place."""
    others = [b if a == key else a for a, b in links if key in {a, b}]
    middles = [nodes[other].middle for other in others if other in nodes]
    return sum(middles) / len(middles) if middles else None


def _box_height(draft: _Draft, lines: Sequence[str]) -> float:
    return 2 * BOX_PADDING + LINE_HEIGHT * len(lines) + (LINE_HEIGHT if draft.small else 0) - 4


def _wrapped(text: str, width: float, most: int = 2) -> list[str]:
    """`text` in at most `most` lines that fit; the last one is cut with an ellipsis."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and text_width(line + piece) * 1.08 > width:
            lines.append(line.strip())
            line = piece
        else:
            line += piece
    lines.append(line.strip())
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + "…"]
    return [_cut(line, width) for line in lines]


def _pieces(text: str) -> Iterable[str]:
    """Where a line may break: after a space, and beside ideographs."""
    piece = ""
    for character in text:
        if ord(character) > 0x2E7F:
            if piece:
                yield piece
            yield character
            piece = ""
        elif character.isspace():
            yield piece + " "
            piece = ""
        else:
            piece += character
    if piece:
        yield piece


def _cut(line: str, width: float) -> str:
    while len(line) > 2 and text_width(line) > width:
        line = line.rstrip("…")[:-1] + "…"
    return line


def _edge(start: Node, end: Node) -> Edge:
    half = (end.x - start.right) / 2
    curve = (
        f"M{start.right:.1f} {start.middle:.1f}C{start.right + half:.1f} {start.middle:.1f} "
        f"{end.x - half:.1f} {end.middle:.1f} {end.x:.1f} {end.middle:.1f}"
    )
    return Edge(curve, start.ink)


def _steps(document: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], language: Language) -> Iterable[Step]:
    for each in columns:
        title = spoken(_declared(document, each["column"]).get("title"), language)
        sources = tuple(f"{source.get('input')}.{source.get('column')}" for source in each.get("from") or [])
        yield Step(each["column"], title.text, title.tag, sources, tuple(str(t) for t in each.get("through") or []))
    deciding = [f"{each.get('input')}.{each.get('column')}" for each in document["lineage"].get("rows") or []]
    if deciding:
        yield Step("", _("Which rows there are"), "", tuple(deciding), ())
