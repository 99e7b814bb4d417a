"""Text broken into lines: between words, between Chinese characters, and inside a word only where it fills a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dataferry.messages import Language
from dataferry.server.papers.documents.faces import width

LEADING = 1.45
"""Distance of two baselines, in sizes."""

ELLIPSIS = "…"
SHRINK = 0.88

_WIDE = "\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u274f"
_OPENING = "“‘《〈「『【〔〖（［｛(\\["
_CLOSING = "，。、；：？！…—”’》〉」』】〕〗）］｝,.;:?!)\\]％%‧·"
# A piece never begins with a closing mark and never ends with an opening one, as rules of typesetting ask.
_PIECE = re.compile(
    rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}]+(?:[(\[][^\s{_WIDE}]*)*|[{_OPENING}])[{_CLOSING}]*\s*|\s+"
)


@dataclass(frozen=True)
class Style:
    """How text looks: size in points, colour as #rrggbb."""

    size: float
    colour: str = "#1a1a24"
    bold: bool = False

    @property
    def leading(self) -> float:
        return self.size * LEADING


def broken(text: str, measure: float, style: Style, language: Language) -> list[str]:
    """The lines of a text that may be `measure` points wide. At least one, which may be empty."""
    lines = []
    for part in text.split("\n"):
        lines += _filled(part, measure, style, language)
    return lines


def _filled(text: str, measure: float, style: Style, language: Language) -> list[str]:
    lines, line, used = [], "", 0.0
    for piece in _small_enough(text, measure, style, language):
        wide = width(piece.rstrip(), style.size, language, style.bold)
        if line and used + wide > measure:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line += piece
        used += width(piece, style.size, language, style.bold)
    return [*lines, line.rstrip()]


def _small_enough(text: str, measure: float, style: Style, language: Language) -> Iterator[str]:
    """Pieces none of which is wider than a line."""
    for match in _PIECE.finditer(text.strip()):
        piece = match[0]
        if width(piece.rstrip(), style.size, language, style.bold) <= measure:
            yield piece
            continue
        part, used = "", 0.0
        for character in piece:
            wide = width(character, style.size, language, style.bold)
            if part and used + wide > measure:
                yield part
                part, used = "", 0.0
            part += character
            used += wide
        yield part


@dataclass(frozen=True)
class Fitted:
    """Lines in the size that they fit in; `cut` where even the smallest size was too large."""

    lines: list[str]
    style: Style
    cut: bool = False

    @property
    def height(self) -> float:
        return len(self.lines) * self.style.leading


def fitted(text: str, measure: float, height: float, style: Style, smallest: float, language: Language) -> Fitted:
    """The text in the largest size, from that of `style` down, in which it fits; else cut with an ellipsis."""
    size, area = style.size, width(text, 1, language, style.bold) * LEADING
    # Where not even the bare area fits, there is no need to break lines.
    while size > smallest and area * size * size > measure * height:
        size = max(smallest, size * SHRINK)
    while True:
        tried = Style(size, style.colour, style.bold)
        lines = broken(text, measure, tried, language)
        if len(lines) * tried.leading <= height:
            return Fitted(lines, tried)
        if size <= smallest:
            return _cut(lines, measure, height, tried, language)
        size = max(smallest, size * SHRINK)


def _cut(lines: list[str], measure: float, height: float, style: Style, language: Language) -> Fitted:
    kept = lines[: max(1, int(height // style.leading))]
    last = kept[-1]
    while last and width(last + ELLIPSIS, style.size, language, style.bold) > measure:
        last = last[:-1]
    return Fitted([*kept[:-1], last + ELLIPSIS], style, cut=True)
