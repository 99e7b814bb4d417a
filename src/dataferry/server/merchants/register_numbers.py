"""Numbers of company registers: what arithmetic can say of them. Where no rule is known, a person looks the number up.

Mainland: unified social credit code (GB 32100-2015), 18 characters, the last a check character modulo 31. Hong Kong's
business registration number has eight digits and no public check digit.
"""

from __future__ import annotations

import re
from typing import Literal

from dataferry.messages import InputError
from dataferry.server.merchants.models import Place

_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(rf"[{_LETTERS}]{{2}}\d{{6}}[{_LETTERS}]{{10}}")
_PLAIN = re.compile(r"[0-9A-Z][0-9A-Z ./-]{2,39}")
_MAINLAND = frozenset({Place.SHANGHAI, Place.GBA, Place.MAINLAND})


def cleaned(place: str, number: str) -> str:
    """The number in the form in which it is kept.

    Raises:
        InputError: `server.merchants.register_number_form`, or `server.merchants.register_number_sum` where arithmetic
            shows that it cannot be right.
    """
    text = number.strip().upper()
    if place in _MAINLAND:
        text = re.sub(r"[\s-]", "", text)
    if not _PLAIN.fullmatch(text):
        raise InputError("server.merchants.register_number_form", field="register_number")
    if place in _MAINLAND and not is_social_credit_code(text):
        raise InputError("server.merchants.register_number_sum", field="register_number")
    return text


def arithmetic(place: str, number: str) -> Literal["clear", "blocked", "unknown"]:
    """What the check character says: right, wrong, or nothing, because no rule is known for the place."""
    if place not in _MAINLAND:
        return "unknown"
    return "clear" if is_social_credit_code(number) else "blocked"


def is_social_credit_code(text: str) -> bool:
    """Whether 18 characters are a unified social credit code: GB 32100-2015, weights 3^i modulo 31."""
    if not _USCC.fullmatch(text):
        return False
    total = sum(_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(text[:17]))
    return (total + _LETTERS.index(text[17])) % 31 == 0
