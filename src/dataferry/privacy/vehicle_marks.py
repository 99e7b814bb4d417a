"""Marks of vehicles: plates of the Mainland, of Hong Kong and across the border, and vehicle identification numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow.compute as pc

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import DIGITS, LETTERS, Outcome, Rule, Shape, every_bit, fixed
from dataferry.privacy.texts import Texts, are_digits, values_of

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_TRADITIONAL: Final = dict(zip("滬雲遼魯蘇贛晉陝閩貴粵寧瓊學掛", "沪云辽鲁苏赣晋陕闽贵粤宁琼学挂", strict=True))
_PLATE_LETTER: Final = "A-HJ-NP-Z"
_GAP: Final = r"[\s.\-\x{00b7}\x{2022}\x{30fb}]?"
_FOUR: Final = f"[{_PLATE_LETTER}0-9]{{4}}"
MAINLAND: Final = (
    rf"^[{PROVINCES}][{_PLATE_LETTER}]{_GAP}"
    rf"(?:{_FOUR}[{_PLATE_LETTER}0-9挂学警]|[A-HJK][{_PLATE_LETTER}0-9]\d{{4}}|\d{{5}}[A-HJK])$"
)
"""GA 36: province, letter, five; new energy: six, the kind's letter first (small) or last (large)."""
CROSS_BORDER: Final = rf"^粤Z{_GAP}{_FOUR}[港澳]$"
HONG_KONG: Final = r"^[A-HJ-NPR-Z]{1,2}\s?[1-9]\d{0,3}$"
VIN_LETTERS: Final = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
VIN_VALUES: Final = dict(zip(LETTERS, map(int, "12345678012345070923456789"), strict=True))
VIN_WEIGHTS: Final = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
_VIN_TABLE: Final = np.array([int(c) if c.isdigit() else VIN_VALUES[c] for c in VIN_LETTERS])


def mainland(texts: Texts) -> Outcome:
    """Province, letter and five or six; a dot, space or hyphen after the letter; either script."""
    return _in_simplified(texts, MAINLAND)


def cross_border(texts: Texts) -> Outcome:
    """粤Z, four letters or digits, 港 or 澳."""
    return _in_simplified(texts, CROSS_BORDER)


def hong_kong(texts: Texts) -> Outcome:
    """One or two letters (no I, O, Q) and one to four digits: the form that flats and lots share."""
    return every_bit(texts, HONG_KONG) if texts.has_letters else Outcome(texts.mask(), texts.mask())


def vin(texts: Texts) -> Outcome:
    """ISO 3779 form and the check digit of GB 16735 and 49 CFR 565: 17 letters and digits without I, O, Q."""
    formed, passed = texts.mask(), texts.mask()
    rows, text = texts.of_length(17)
    good = (values_of(text, VIN_LETTERS) >= 0).all(axis=1) & (text >= ord("A")).any(axis=1)
    rows, text = rows[good], text[good]
    remainder = (_VIN_TABLE[values_of(text, VIN_LETTERS)] @ VIN_WEIGHTS) % 11
    formed[rows] = True
    passed[rows] = np.frombuffer(b"0123456789X", np.uint8)[remainder] == text[:, 8]
    return Outcome(formed, passed)


def vin_form(texts: Texts) -> Outcome:
    """ISO 3779 form alone, three digits last: vehicles of makers who give no check digit."""
    passed = texts.mask()
    rows, text = texts.of_length(17)
    good = (values_of(text, VIN_LETTERS) >= 0).all(axis=1) & are_digits(text[:, -3:])
    passed[rows[good & (text[:, :3] >= ord("A")).any(axis=1)]] = True
    return Outcome(passed, passed)


def _in_simplified(texts: Texts, pattern: str) -> Outcome:
    if not texts.has_chinese:
        return Outcome(texts.mask(), texts.mask())
    text = texts.folded
    for traditional, simplified in _TRADITIONAL.items():
        text = pc.replace_substring(text, traditional, simplified)
    return every_bit(texts, pattern, text)


_PLATE: Final = (
    "plate", "plates", "plate no", "plate number", "licence plate", "license plate", "number plate", "car plate",
    "registration mark", "vehicle registration", "reg no", "reg mark", "vrm", "car no", "vehicle no", "vehicle number",
    "车牌", "車牌", "号牌", "號牌", "车号", "車號", "登記號碼", "登记号码",
)  # fmt: skip
_VIN: Final = ("vin", "chassis", "chassis no", "frame no", "frame number", "车架", "車架", "底盘", "底盤", "识别代号")
_CHINESE: Final = PROVINCES + "".join(chr(code) for code in range(0x4E00, 0x4E00 + 20_992, 7))

RULES: Final = (
    Rule(
        "plate_mainland",
        "ga-36",
        PrivacyClass.PERSONAL,
        mainland,
        Shape(((_CHINESE, *fixed("A"), *[DIGITS + LETTERS] * 5), (_CHINESE, *fixed("A"), *[DIGITS + LETTERS] * 6))),
        0.0042,
        _PLATE,
        "GA 36-2018",
    ),
    Rule(
        "plate_cross_border",
        "guangdong-z",
        PrivacyClass.PERSONAL,
        cross_border,
        Shape((("粤粵沪滬", *fixed("A"), *[DIGITS + LETTERS] * 4, "港澳挂学"),)),
        0.0077,
        _PLATE,
        "GA 36-2018: vehicles of Hong Kong and Macao that enter the Mainland",
    ),
    Rule(
        "plate_hk",
        "mark",
        PrivacyClass.PERSONAL,
        hong_kong,
        Shape(tuple(fixed("A" * letters + "9" * digits) for letters in (1, 2) for digits in (1, 2, 3, 4))),
        0.75,
        _PLATE,
        "Road Traffic (Registration and Licensing of Vehicles) Regulations, Cap. 374E",
        header_needed=True,
    ),
    Rule(
        "vin",
        "check-digit",
        PrivacyClass.PERSONAL,
        vin,
        Shape((tuple([VIN_LETTERS] * 17),)),
        1 / 33,
        _VIN,
        "ISO 3779; check digit by GB 16735 and 49 CFR 565",
        checked=True,
    ),
    Rule(
        "vin",
        "form",
        PrivacyClass.PERSONAL,
        vin_form,
        Shape((tuple([VIN_LETTERS] * 17),)),
        0.027,
        _VIN,
        "ISO 3779",
        header_needed=True,
    ),
)
