"""Which written languages a text is in, by the evidence of its characters.

Simplified and Traditional share most characters; only those that one of the two scripts writes and the other does not
are evidence. They are taken from OpenCC's tables, and checked against the national character sets, because a table
that maps 后 to 後 does not make 后 (an empress, in both scripts) a Simplified character.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

PRESENT = 0.15
"""A language with this share of the text is there."""
MUCH = 0.35
"""With this share it is a main language, and must be among those that are demanded."""
LEAST_EVIDENCE = 12
"""Characters of one script only, below which the script is not told."""
CLEAR = 0.85
LEAST_WORDS = 60
HAN_PER_WORD = 1.6
"""Characters of Chinese that say as much as one word of English."""
_SMALL = """
    the of and to in a is for on with that as by are be from at this an or it we our can will which was not has"""
_FUNCTION_WORDS = frozenset(_SMALL.split())
_LEAST_FUNCTION_WORDS = 0.03
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")
_FIRST, _LAST = 0x4E00, 0x9FFF


@dataclass(frozen=True)
class Writing:
    """The languages of a text.

    Args:
        shares: `en`, `zh-Hans`, `zh-Hant`, `zh` (script not told or mixed), `other`; they sum to 1.
        simplified, traditional: characters that only this script writes.
        words: as much text as there is, in words of English.
    """

    shares: dict[str, float] = field(default_factory=dict)
    words: float = 0.0
    simplified: int = 0
    traditional: int = 0

    @property
    def enough(self) -> bool:
        """Whether there is enough text to tell anything."""
        return self.words >= LEAST_WORDS

    @property
    def mixed(self) -> bool:
        """Whether both scripts are there in earnest."""
        return self.simplified + self.traditional >= LEAST_EVIDENCE and "zh" in self.shares


def writing_of(text: str) -> Writing:
    """The languages of a text by its characters."""
    han = Counter(c for c in text if _FIRST <= ord(c) <= _LAST)
    only_simplified, only_traditional = _evidence()
    simplified = sum(count for c, count in han.items() if c in only_simplified)
    traditional = sum(count for c, count in han.items() if c in only_traditional)
    latin = [word.lower() for word in _WORD.findall(text)]
    chinese = sum(han.values()) / HAN_PER_WORD
    total = len(latin) + chinese
    if not total:
        return Writing()
    shares = {_script(simplified, traditional): chinese / total, _latin_language(latin): len(latin) / total}
    present = {name: round(share, 3) for name, share in shares.items() if share > 0}
    return Writing(present, total, simplified, traditional)


def _script(simplified: int, traditional: int) -> str:
    evidence = simplified + traditional
    if evidence < LEAST_EVIDENCE:
        return "zh"
    if simplified / evidence >= CLEAR:
        return "zh-Hans"
    return "zh-Hant" if traditional / evidence >= CLEAR else "zh"


def _latin_language(words: list[str]) -> str:
    """Slides are terse, and names of datasets are no sentences; a longer text without any small word is not English."""
    if len(words) < LEAST_WORDS:
        return "en"
    small = sum(word in _FUNCTION_WORDS for word in words)
    return "en" if small / len(words) >= _LEAST_FUNCTION_WORDS else "other"


@cache
def _evidence() -> tuple[frozenset[str], frozenset[str]]:
    """Characters that only Simplified writes, and those that only Traditional does."""
    from opencc import OpenCC

    every = [chr(point) for point in range(_FIRST, _LAST + 1)]
    to_simplified = OpenCC("t2s").convert("\n".join(every)).split("\n")
    to_traditional = OpenCC("s2t").convert("\n".join(every)).split("\n")
    simplified = {c for c, other in zip(every, to_traditional, strict=True) if c != other}
    traditional = {c for c, other in zip(every, to_simplified, strict=True) if c != other}
    return (
        frozenset(c for c in simplified if _in_mainland_set(c) and not _in_common_big5(c)),
        frozenset(c for c in traditional if not _in_mainland_set(c)),
    )


def _in_mainland_set(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _in_common_big5(character: str) -> bool:
    """Among the 5,401 common characters of Big5; its rare ones hold some that look like Simplified."""
    try:
        code = character.encode("big5")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xA440 <= int.from_bytes(code, "big") <= 0xC67E


def fits(writing: Writing, wanted: frozenset[str]) -> bool:
    """Whether a text is in these languages: each of them is there, and no other is a main one."""
    shares = _as_wanted(writing.shares, wanted)
    there = all(shares.get(language, 0.0) >= PRESENT for language in wanted)
    return there and all(share < MUCH for language, share in shares.items() if language not in wanted)


def _as_wanted(shares: dict[str, float], wanted: frozenset[str]) -> dict[str, float]:
    """Where Chinese is wanted in either script, all Chinese counts as that."""
    if "zh" not in wanted:
        return shares
    chinese = sum(share for language, share in shares.items() if language.startswith("zh"))
    return {**{k: v for k, v in shares.items() if not k.startswith("zh")}, "zh": chinese}
