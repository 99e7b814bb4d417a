"""Texts of a team without what names the team, in both scripts: 海港隊 is found where 海港队 stands too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from dataferry.server.catalogue.analyser import fold

HIDDEN = "▮▮▮"
LEAST_LATIN = 3
LEAST_CJK = 2


@lru_cache(maxsize=8192)
def _folded(letter: str) -> str:
    return "".join(fold(letter).split())


def _with_places(text: str) -> tuple[str, list[int]]:
    """The folded text without white space, and where each of its letters stands in the original."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":
            # Zero-width joiners and the like: a name with one inside is still the name.
            continue
        for each in _folded(letter):
            letters.append(each)
            places.append(place)
    return "".join(letters), places


def needles(names: Iterable[str]) -> list[str]:
    """Names as they are looked for: folded, longest first, without those too short to say anything."""
    found = {_with_places(name)[0] for name in names}
    return sorted((each for each in found if _says_something(each)), key=lambda each: (-len(each), each))


def _says_something(folded: str) -> bool:
    return len(folded) >= (LEAST_LATIN if folded.isascii() else LEAST_CJK)


def redacted(text: str, wanted: list[str]) -> str:
    """The text with every occurrence of the needles replaced by `HIDDEN`; Latin ones only as whole words."""
    if not wanted or not text:
        return text
    hay, places = _with_places(text)
    spans: list[tuple[int, int]] = []
    for needle in wanted:
        at = hay.find(needle)
        while at >= 0:
            first, last = places[at], places[at + len(needle) - 1]
            if _stands_alone(text, first, last, needle):
                spans.append((first, last + 1))
            at = hay.find(needle, at + 1)
    return _covered(text, spans)


def _stands_alone(text: str, first: int, last: int, needle: str) -> bool:
    before = text[first - 1] if first else " "
    after = text[last + 1] if last + 1 < len(text) else " "
    return not (_joins(needle[0], before) or _joins(needle[-1], after))


def _joins(edge: str, beside: str) -> bool:
    """Whether two letters belong to one word of Latin letters or digits."""
    plain = unicodedata.normalize("NFKD", beside)[:1]
    return edge.isascii() and edge.isalnum() and plain.isascii() and plain.isalnum()


def _covered(text: str, spans: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    end = 0
    for first, after in sorted(spans):
        if after <= end:
            continue
        if first >= end:
            pieces += [text[end:first], HIDDEN]
        end = after
    return "".join([*pieces, text[end:]])
