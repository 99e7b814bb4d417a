"""Telephone numbers of Hong Kong and mobile numbers of the Mainland, with and without the code of the country."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import Outcome, Rule, Shape, fixed
from dataferry.privacy.texts import Mask, Texts, are_digits, number_of

HONG_KONG: Final = ("852", "+852", "00852")
MAINLAND: Final = ("86", "+86", "0086")
_FEW: Final = 20
_DENSE: Final = 0.05
_LEADING: Final = 5


def _begins(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros(1000, bool)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


HONG_KONG_BEGINS: Final = _begins(
    (210, 299), (310, 399), (440, 499), (510, 599), (600, 699), (700, 749), (810, 829), (840, 898), (900, 989)
)
"""First three of eight digits: fixed lines 2 and 3, mobiles 4 to 9, without the short codes 99x."""
MAINLAND_BEGINS: Final = _begins(
    (130, 139), (145, 149), (150, 153), (155, 159), (162, 162), (165, 167), (170, 178), (180, 189), (190, 193),
    (195, 199),
)  # fmt: skip
"""First three of eleven digits in use for mobiles."""


def _numbers(texts: Texts, codes: Iterable[str], length: int, begins: NDArray[np.bool_]) -> Outcome:
    formed, passed = texts.mask(), texts.mask()
    for code in codes:
        rows, text = texts.of_length(len(code) + length)
        head = np.frombuffer(code.encode(), np.uint8)
        good = (text[:, : len(code)] == head).all(axis=1) & are_digits(text[:, len(code) :])
        rows, text = rows[good], text[good]
        formed[rows] = True
        passed[rows] = begins[number_of(text[:, len(code) : len(code) + 3])]
    return Outcome(formed, passed)


def hong_kong(texts: Texts) -> Outcome:
    """Eight digits alone."""
    return _numbers(texts, ("",), 8, HONG_KONG_BEGINS)


def hong_kong_full(texts: Texts) -> Outcome:
    """Eight digits after 852, +852 or 00852."""
    return _numbers(texts, HONG_KONG, 8, HONG_KONG_BEGINS)


def mainland(texts: Texts) -> Outcome:
    """Eleven digits alone."""
    return _numbers(texts, ("",), 11, MAINLAND_BEGINS)


def mainland_full(texts: Texts) -> Outcome:
    """Eleven digits after 86, +86 or 0086."""
    return _numbers(texts, MAINLAND, 11, MAINLAND_BEGINS)


def look_counted(texts: Texts, passed: Mask) -> bool:
    """Whether the numbers that pass lie close together or begin alike, as numbers of orders and meters do.

    People's numbers are spread: a thousand of them over a hundred million, with many beginnings.
    """
    for length in (8, 11):
        rows, text = texts.of_length(length)
        text = text[passed[rows]]
        if len(text) < _FEW:
            continue
        numbers = number_of(text)
        span = int(numbers.max() - numbers.min()) + 1
        if len(numbers) / span > _DENSE or len(np.unique(number_of(text[:, :3]))) < _LEADING:
            return True
    return False


_PHONE: Final = (
    "phone", "phones", "telephone", "tel", "mobile", "mobiles", "cellphone", "fax", "whatsapp", "msisdn",
    "contact no", "contact number", "hotline", "电话", "電話", "手机", "手機", "手提", "流動電話", "联系方式",
    "聯絡方式", "聯絡號碼", "联系号码", "移动电话", "傳真", "传真", "热线", "熱線",
)  # fmt: skip

RULES: Final = (
    Rule(
        "hk_phone",
        "eight-digits",
        PrivacyClass.PERSONAL,
        hong_kong,
        Shape((fixed("9" * 8),)),
        0.649,
        _PHONE,
        "numbering plan of the Communications Authority of Hong Kong",
        integers="header",
        counted=look_counted,
    ),
    Rule(
        "hk_phone",
        "with-852",
        PrivacyClass.PERSONAL,
        hong_kong_full,
        Shape((fixed("9" * 11), fixed("+", "9" * 11))),
        0.000649,
        _PHONE,
        "numbering plan of the Communications Authority of Hong Kong; ITU-T E.164",
        integers="alone",
    ),
    Rule(
        "mainland_mobile",
        "eleven-digits",
        PrivacyClass.PERSONAL,
        mainland,
        Shape((fixed("9" * 11),)),
        0.056,
        _PHONE,
        "numbering plan of the Ministry of Industry and Information Technology",
        integers="alone",
        counted=look_counted,
    ),
    Rule(
        "mainland_mobile",
        "with-86",
        PrivacyClass.PERSONAL,
        mainland_full,
        Shape((fixed("9" * 13), fixed("+", "9" * 13))),
        0.00056,
        _PHONE,
        "numbering plan of the Ministry of Industry and Information Technology; ITU-T E.164",
        integers="alone",
    ),
)
