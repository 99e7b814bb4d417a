"""Numbers of identity: Hong Kong identity card, Mainland resident identity, Mainland unified social credit code."""

from __future__ import annotations

from typing import Final

import numpy as np

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import DIGITS, LETTERS, Outcome, Rule, Shape, fixed
from dataferry.privacy.texts import Bytes, Mask, Texts, are_capitals, are_digits, number_of, values_of

HKID_VALUES: Final = DIGITS + LETTERS + " "
"""Place = value: digits are themselves, A is 10, and so on; the blank before a single letter is 36."""
HKID_WEIGHTS: Final = np.array([9, 8, 7, 6, 5, 4, 3, 2])
RESIDENT_WEIGHTS: Final = np.array([2 ** (17 - place) % 11 for place in range(17)])
RESIDENT_CHECKS: Final = "10X98765432"
USCC_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = np.array([3**place % 31 for place in range(17)])
PROVINCES: Final = (
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82, 83,
)  # fmt: skip
"""GB/T 2260; 81, 82 and 83 also open residence permits of people of Hong Kong, Macao and Taiwan."""
_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def hkid(texts: Texts) -> Outcome:
    """One or two letters, six digits, check digit 0-9 or A; brackets and spaces are gone by now."""
    formed, passed = texts.mask(), texts.mask()
    for letters in (1, 2):
        rows, text = texts.of_length(letters + 7)
        good = are_capitals(text[:, :letters]) & are_digits(text[:, letters:-1])
        rows, text = rows[good], text[good]
        checks = values_of(text[:, -1:], DIGITS + "A")[:, 0]
        rows, text, checks = rows[checks >= 0], text[checks >= 0], checks[checks >= 0]
        if letters == 1:
            text = np.concatenate([np.full((len(text), 1), ord(" "), np.uint8), text], axis=1)
        total = values_of(text[:, :-1], HKID_VALUES) @ HKID_WEIGHTS + checks
        formed[rows] = True
        passed[rows] = total % 11 == 0
    return Outcome(formed, passed)


def resident(texts: Texts) -> Outcome:
    """GB 11643: region, real date of birth, three digits, check digit ISO 7064 mod 11-2."""
    formed, passed = texts.mask(), texts.mask()
    rows, text = texts.of_length(18)
    good = are_digits(text[:, :17]) & (values_of(text[:, 17:], RESIDENT_CHECKS)[:, 0] >= 0)
    rows, text = rows[good], text[good]
    good = are_regions(text[:, :6]) & are_dates(text[:, 6:14])
    rows, text = rows[good], text[good]
    remainder = ((text[:, :17].astype(np.int64) - 48) @ RESIDENT_WEIGHTS) % 11
    expected = np.frombuffer(RESIDENT_CHECKS.encode(), np.uint8)[remainder]
    formed[rows] = True
    passed[rows] = expected == text[:, 17]
    return Outcome(formed, passed)


def uscc(texts: Texts) -> Outcome:
    """GB 32100: department, kind, region, nine letters of the organisation, check letter mod 31."""
    formed, passed = texts.mask(), texts.mask()
    rows, text = texts.of_length(18)
    good = (values_of(text, USCC_LETTERS) >= 0).all(axis=1) & are_digits(text[:, 2:8])
    rows, text = rows[good], text[good]
    good = (values_of(text[:, 0], "123456789AGNY") >= 0) & (values_of(text[:, 1], "1234569") >= 0)
    good &= np.isin(number_of(text[:, 2:4]), (*PROVINCES, 10))
    rows, text = rows[good], text[good]
    numbers = values_of(text, USCC_LETTERS)
    formed[rows] = True
    passed[rows] = (numbers[:, :17] @ USCC_WEIGHTS + numbers[:, 17]) % 31 == 0
    return Outcome(formed, passed)


def are_regions(digits: Bytes) -> Mask:
    """GB/T 2260 as to form: a province; a city 01-70 or 90; a county 01-99; or a province alone, as on permits."""
    provinces, cities, counties = (number_of(digits[:, at : at + 2]) for at in (0, 2, 4))
    within = ((cities >= 1) & (cities <= 70)) | (cities == 90)
    permits = (provinces >= 81) & (cities == 0) & (counties == 0)
    return np.asarray(np.isin(provinces, PROVINCES) & ((within & (counties >= 1)) | permits), dtype=bool)


def are_dates(digits: Bytes) -> Mask:
    """Eight digits that are a real day of the years 1900 to 2099."""
    years, months, days = (number_of(digits[:, start:end]) for start, end in ((0, 4), (4, 6), (6, 8)))
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    good = (years >= 1900) & (years <= 2099) & (months >= 1) & (months <= 12) & (days >= 1)
    good &= days <= _DAYS[np.where(good, months, 0)]
    return np.asarray(good & (leap | (months != 2) | (days != 29)), dtype=bool)


_CARD: Final = (
    "identity card", "id card", "id no", "id number", "identity number", "identity no", "identity document",
    "identification number", "id document", "身份證", "身份证", "證件", "证件", "身份號碼", "身份号码", "身分證",
)  # fmt: skip

RULES: Final = (
    Rule(
        "hkid",
        "letters-digits-check",
        PrivacyClass.SENSITIVE_PERSONAL,
        hkid,
        Shape((fixed("A999999", DIGITS + "A"), fixed("AA999999", DIGITS + "A"))),
        1 / 11,
        ("hkid", "hkic", "hk id", "hkid no", *_CARD),
        "Immigration Department of Hong Kong; weights 9 to 2, mod 11",
        checked=True,
    ),
    Rule(
        "resident_id",
        "gb-11643",
        PrivacyClass.SENSITIVE_PERSONAL,
        resident,
        Shape((fixed("9" * 17, DIGITS + "X"),)),
        1.65e-5,
        ("resident id", "resident identity", "citizen id", "公民", "居民身份", "sfz", "sfzh", *_CARD),
        "GB 11643-1999; regions by GB/T 2260; check digit ISO 7064 mod 11-2",
        checked=True,
        integers="alone",
    ),
    Rule(
        "uscc",
        "gb-32100",
        PrivacyClass.NONE,
        uscc,
        Shape((fixed("9" * 18), tuple([USCC_LETTERS] * 2 + [DIGITS] * 6 + [USCC_LETTERS] * 10))),
        0.0042,
        (
            "uscc",
            "social credit",
            "credit code",
            "統一社會信用",
            "统一社会信用",
            "信用代码",
            "信用代碼",
            "税号",
            "稅號",
        ),
        "GB 32100-2015; mod 31",
        checked=True,
        integers="alone",
    ),
)
