"""Finding a name in a text whatever its script, case, order, spaces and hyphens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_LATIN = re.compile(r"[a-z0-9]+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LEGAL = re.compile(
    r"(?:\b(?:co|company|limited|ltd|inc|corp|corporation|llc|plc|group|holdings)\b\.?|股份有限公司|有限责任公司|有限公司|公司|集团)"
)
_GLUED = 8
"""Letters from which a name is also looked for without any space."""
_SHORTEST = 4


@cache
def _simplified() -> dict[int, str]:
    """Each Traditional character and its Simplified form."""
    from opencc import OpenCC

    every = [chr(point) for point in range(0x4E00, 0xA000)]
    others = OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {ord(c): other for c, other in zip(every, others, strict=True) if c != other}


def folded(text: str) -> str:
    """A text in one width, case and script, without accents."""
    wide = unicodedata.normalize("NFKC", text).casefold().translate(_simplified())
    parted = unicodedata.normalize("NFKD", wide)
    return unicodedata.normalize("NFC", "".join(c for c in parted if unicodedata.category(c) not in ("Mn", "Cf")))


@dataclass(frozen=True)
class Haystack:
    """A text made ready to be searched."""

    words: str
    glued: str
    han: str

    @classmethod
    def of(cls, text: str) -> Haystack:
        """Of any text."""
        plain = folded(text)
        words = _LATIN.findall(plain)
        joined = "".join(c for c in plain if not c.isspace() and (c.isalnum()))
        return cls(f" {' '.join(words)} ", joined, re.sub(r"\s+", "", plain))

    def holds(self, needle: Needle) -> bool:
        """Whether any form of the name is in the text."""
        return (
            any(f" {form} " in self.words for form in needle.words)
            or any(form in self.glued for form in needle.glued)
            or any(form in self.han for form in needle.han)
        )


@dataclass(frozen=True)
class Needle:
    """A name in the forms that it may take. A name too short to mean anybody has none."""

    kind: str
    shown: str
    words: frozenset[str]
    glued: frozenset[str]
    han: frozenset[str]

    @classmethod
    def of(cls, kind: str, name: str) -> Needle:
        """Of a name as its owner writes it."""
        plain = folded(name)
        if kind == "organisation" and len(core := _LEGAL.sub(" ", plain).strip()) >= _SHORTEST:
            plain = core
        tokens, chinese = _LATIN.findall(plain), _HAN.findall(plain)
        words, glued, han = _latin_forms(tokens, kind), set(), set()
        if tokens and chinese:
            glued.add("".join(c for c in plain if c.isalnum()))
            words = {form for form in words if len(form) >= _GLUED}
        else:
            glued |= {form.replace(" ", "") for form in words if len(form.replace(" ", "")) >= _GLUED}
        least = 3 if tokens else 2
        han |= {part for part in chinese if len(part) >= least}
        if len(chinese) > 1 and not tokens:
            han.add("".join(chinese))
        return cls(kind, masked(name), frozenset(words), frozenset(glued), frozenset(han))


def _latin_forms(tokens: list[str], kind: str) -> set[str]:
    """The name as it stands, and for a person also with the family name at the other end."""
    if not tokens or len("".join(tokens)) < _SHORTEST:
        return set()
    forms = {" ".join(tokens)}
    if kind == "person" and 1 < len(tokens) <= 5:
        forms |= {" ".join(tokens[at:] + tokens[:at]) for at in (1, len(tokens) - 1)}
        if len(tokens) == 3:
            # Two given names are often written as one.
            first, second, third = tokens
            forms |= {
                f"{first} {second}{third}",
                f"{second}{third} {first}",
                f"{first}{second} {third}",
                f"{third} {first}{second}",
            }
    return forms


def needles(kinds: dict[str, Iterable[str]]) -> list[Needle]:
    """All names that are looked for."""
    found = [Needle.of(kind, name) for kind, names in kinds.items() for name in names if name.strip()]
    return [needle for needle in found if needle.words or needle.glued or needle.han]


def masked(text: str) -> str:
    """Enough of a text to know it again, and no more: the first character of each word."""
    words = " ".join(text.split())[:80].split(" ")
    return " ".join(word[:1] + "•" * (len(word) - 1) for word in words)


def masked_address(address: str) -> str:
    """An e-mail address or web address, masked."""
    return re.sub(r"(?<=[\w])[\w-]+", lambda part: "•" * len(part[0]), address[:80])
