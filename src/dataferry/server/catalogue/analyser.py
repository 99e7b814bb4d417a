"""How texts become the tokens of search: one script, one width, lower case; CJK in ones and twos, Latin in words.

The same function makes the tokens of datasets and of questions, on both databases. Tokens hold letters and digits only,
so they can stand in a query of either without quoting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

from dataferry.server.catalogue.words import converter

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"(?P<cjk>[{_CJK}]+)|(?P<word>[^\\W_{_CJK}]+)")
# Lookalikes and variants that conversion of the script leaves as they are.
_VARIANTS = str.maketrans({"巿": "市", "綫": "线", "裏": "里", "裡": "里", "着": "著", "衞": "卫"})
_LONGEST_TOKEN = 40
_LONGEST_TEXT = 20_000
_MOST_TERMS = 12
_SHORTEST_BEGINNING = 3


def fold(text: str) -> str:
    """The text in Simplified script, half width and lower case."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).casefold()
    simplified = str(converter("hk2s").convert(plain.replace("\x00", " ")))
    # Accents are left out, so that Zurich finds Zürich.
    decomposed = unicodedata.normalize("NFKD", simplified)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_VARIANTS)


def tokens(text: str) -> list[str]:
    """All tokens of a text of a dataset, in order, with repetitions."""
    found: list[str] = []
    for match in _RUN.finditer(fold(text)):
        if word := match["word"]:
            found.append(word[:_LONGEST_TOKEN])
        else:
            run = match["cjk"]
            found += run
            found += _pairs(run)
    return found


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


class Term(tuple[tuple[str, ...], ...]):
    """One word or run of characters of a question: alternatives, each a set of tokens that all must be there.

    A token that ends in `*` stands for every token that begins so.
    """


def terms(question: str) -> list[Term]:
    """What a question asks for, at most 12 terms; every term must be met."""
    found: list[Term] = []
    for match in _RUN.finditer(fold(question[:500])):
        if word := match["word"]:
            found.append(Term([(_beginning(word[:_LONGEST_TOKEN]),)]))
        else:
            found.append(Term(dict.fromkeys(tuple(_pairs(run)) or (run,) for run in _said_otherwise(match["cjk"]))))
        if len(found) == _MOST_TERMS:
            break
    return found


def _beginning(word: str) -> str:
    """A word of letters also finds longer ones (stop: stops); a number is meant as it is."""
    return word if len(word) < _SHORTEST_BEGINNING or not word.isalpha() else word + "*"


def _said_otherwise(run: str) -> Iterator[str]:
    """A run of characters, and the same with a word of one city replaced by that of the other."""
    yield run
    for names in vocabulary():
        for name in names:
            if name in run:
                yield from (run.replace(name, other) for other in names if other != name)
                break


def loose_tokens(question: str) -> list[str]:
    """Tokens any of which may be met, for when nothing meets all: words, and characters in ones and twos."""
    found = dict.fromkeys(token for run in _said_otherwise_words(question) for token in tokens(run))
    return list(found)[:60]


def _said_otherwise_words(question: str) -> Iterator[str]:
    for match in _RUN.finditer(fold(question[:500])):
        yield from _said_otherwise(match["cjk"]) if match["cjk"] else (match["word"],)


@cache
def vocabulary() -> tuple[tuple[str, ...], ...]:
    """Groups of words that name the same thing in the two cities, folded; the longest first."""
    text = resources.files(__package__).joinpath("vocabulary.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(tuple(sorted(map(fold, names), key=len, reverse=True)) for names in lines if names)
