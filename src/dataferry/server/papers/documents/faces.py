"""Which font has which character, how wide text is, and what stands in for characters that no font has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from dataferry.messages import Language

MARK = "\u274f"
"""❏ of ZapfDingbats, which every reader of PDF has."""

_HANT, _HANS, _KOREAN = "MSung-Light", "STSong-Light", "HYSMyeongJo-Medium"
_MORE_LATIN, _MORE_LATIN_BOLD = "Vera", "VeraBd"
# The character collections behind the three faces are those of these encodings.
_CODECS = {_HANT: "big5hkscs", _HANS: "gbk", _KOREAN: "cp949"}
_LATIN, _LATIN_BOLD, _MARKS = "Helvetica", "Helvetica-Bold", "ZapfDingbats"
_WINDOWS = "cp1252"
_FIRST_LETTER_BEYOND_ASCII = 0xC0
_LAST_LATIN_1 = 0xFF
_LAST_OF_BASIC_PLANE = 0xFFFF
_PRIVATE = range(0xE000, 0xF900)


@cache
def register() -> frozenset[str]:
    """Make the faces known to reportlab, once a process. Returns the characters of the embedded Latin face."""
    for name in _CODECS:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    found: set[str] | None = None
    for name in (_MORE_LATIN, _MORE_LATIN_BOLD):
        font = TTFont(name, f"{name}.ttf")
        pdfmetrics.registerFont(font)
        has = {chr(code) for code in font.face.charToGlyph}
        found = has if found is None else found & has
    return frozenset(found or ())


def _encodes(codec: str, character: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def face_of(character: str, language: Language, bold: bool = False) -> str:
    """The face that has this character: the language's own first; that of the marks where none has it."""
    more_latin = register()
    code = ord(character)
    if character == MARK or code > _LAST_OF_BASIC_PLANE or code in _PRIVATE:
        return _MARKS
    # Chinese has no bold face here, and bold Latin beside it would shout.
    bold = bold and language == "en"
    latin, rare_latin = (_LATIN_BOLD, _MORE_LATIN_BOLD) if bold else (_LATIN, _MORE_LATIN)
    chinese = (_HANS, _HANT, _KOREAN) if language == "zh-Hans" else (_HANT, _HANS, _KOREAN)
    # Quotes, dashes and the middle dot are as wide as a character in Chinese, and are in Helvetica too.
    plain = code < 0x7F or _FIRST_LETTER_BEYOND_ASCII <= code <= _LAST_LATIN_1
    if plain or (language == "en" and _encodes(_WINDOWS, character)):
        return latin
    if language == "en" and character in more_latin:
        return rare_latin
    for face in chinese:
        if _encodes(_CODECS[face], character):
            return face
    if _encodes(_WINDOWS, character):
        return latin
    return rare_latin if character in more_latin else _MARKS


def drawable(text: str, language: Language, missing: set[str]) -> str:
    """The text with a stand-in for each character that no face has; what was replaced is added to `missing`.

    Marks that only join, hide or turn the direction of writing have no shape of their own and go without a trace.
    """
    kept = []
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")):
        category = unicodedata.category(character)
        if character == "\n":
            kept.append(character)
        elif category == "Cf" or character in "\ufe0e\ufe0f":
            continue
        elif category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif category in {"Zs"}:
            kept.append(" " if character != "\u3000" or language == "en" else character)
        elif category in {"Mn", "Me"}:
            missing.add(character)
        elif face_of(character, language) == _MARKS and character != MARK:
            missing.add(character)
            kept.append(_stand_in(character, language))
        else:
            kept.append(character)
    return "".join(kept)


def _stand_in(character: str, language: Language) -> str:
    """A Latin letter without its accent, as passports write it; else the mark."""
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() and base.isalpha() and face_of(base, language) != _MARKS else MARK


def runs(text: str, language: Language, bold: bool = False) -> Iterator[tuple[str, str]]:
    """The text cut where the face changes: face and text of each part."""
    for face, characters in groupby(text, key=lambda character: face_of(character, language, bold)):
        yield face, "".join(characters)


@cache
def _unit_width(character: str, language: Language, bold: bool) -> float:
    return pdfmetrics.stringWidth(character, face_of(character, language, bold), 1)


def width(text: str, size: float, language: Language, bold: bool = False) -> float:
    """Width in points."""
    return size * sum(_unit_width(character, language, bold) for character in text)
