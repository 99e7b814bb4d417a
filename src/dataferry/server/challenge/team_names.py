"""Names of teams: what may stand in one, and the form in which two names count as the same."""

from __future__ import annotations

import hashlib
import unicodedata

from dataferry.messages import InputError
from dataferry.server.catalogue.analyser import fold
from dataferry.server.people.texts import one_line

LONGEST = 100
_LONGEST_FOLDED = 400
# Letters and marks by their category that nobody can see; the last are variation selectors.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(map(chr, range(0xFE00, 0xFE10)))
_JOINTS = frozenset(".,'`\u2018\u2019\u00b7\u30fb\u2027")


def checked_name(text: str) -> str:
    """The name on one line, with single spaces.

    Raises:
        InputError: as `people.texts.one_line`; or nothing in it can be seen.
    """
    name = " ".join(one_line(text, "name", LONGEST).split())
    if not any(_is_visible(letter) for letter in name):
        raise InputError("server.challenge.team_name_invisible", field="name")
    return name


def folded_name(name: str) -> str:
    """The name without what only looks different: script, width, case, accents, spaces, dashes, dots, hidden marks."""
    folded = fold(name)
    same = "".join(letter for letter in folded if _is_told(letter)) or folded
    if len(same) > _LONGEST_FOLDED:
        return same[:300] + hashlib.sha256(same.encode()).hexdigest()
    return same


def _is_told(letter: str) -> bool:
    return _is_visible(letter) and letter not in _JOINTS and unicodedata.category(letter) not in {"Pd", "Pc"}


def _is_visible(letter: str) -> bool:
    return letter not in _BLANK and not letter.isspace() and unicodedata.category(letter)[0] not in "CZ"
