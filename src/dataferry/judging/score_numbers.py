"""A score as people write it, as an exact decimal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from dataferry.judging.exact import plain, readable

_PLAIN = re.compile(r"[-+]?\d{1,13}(?:\.\d{1,12})?|[-+]?\.\d{1,12}")
_COMMA = re.compile(r"([-+]?\d{1,3}),(\d{1,2})")
_UNIT = re.compile(r"\s*(?:分|点|點|points?|pts?\.?|marks?)$", re.IGNORECASE)
_MISSING = frozenset(
    {"", "-", "--", "—", "–", "/", "n/a", "na", "n.a.", "none", "null", "nil", "absent", "recused"}
    | {"缺席", "缺", "無", "无", "迴避", "回避", "棄權", "弃权", "未評", "未评", "不適用", "不适用"}
)


@dataclass(frozen=True)
class Number:
    """What a cell says: a `value`, or nothing (`is_missing`), or something unreadable (neither); `is_repaired` when the
    writing was not plain."""

    value: Decimal | None
    is_missing: bool = False
    is_repaired: bool = False


def read_number(text: str) -> Number:
    """Read `85`, `8.5`, `8,5`, `85 分`, `８５`; a formula, a share, NaN and all else is unreadable, never guessed."""
    written = unicodedata.normalize("NFKC", text).strip()
    if written.casefold() in _MISSING:
        return Number(None, is_missing=True)
    bare = _UNIT.sub("", written)
    comma = _COMMA.fullmatch(bare)
    if comma is not None:
        bare = f"{comma[1]}.{comma[2]}"
    if not _PLAIN.fullmatch(bare) or not readable(Decimal(bare)):
        return Number(None)
    return Number(plain(Decimal(bare)), is_repaired=bare != text)
