"""Addresses: words of streets, houses and flats in the two cities' ways of writing."""

from __future__ import annotations

from typing import Final

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import DIGITS, LETTERS, Outcome, Rule, Shape, every_bit
from dataferry.privacy.texts import Texts

_ROAD: Final = (
    r"(?:ROAD|RD|STREET|ST|AVENUE|AVE|LANE|DRIVE|TERRACE|PATH|HIGHWAY|CRESCENT|"
    r"COURT|ESTATE|VILLAGE|SQUARE|PRAYA|CLOSE)\b"
)
_NUMBER: Final = r"(?:\bNO\.?\s*)?\d{1,4}[A-Z]?(?:\s*[\-–/]\s*\d{1,4}[A-Z]?)?"
_UNIT: Final = r"\b(?:FLAT|FLT|RM|ROOM|UNIT|APT|APARTMENT|SUITE|SHOP)\b\.?\s*[A-Z0-9]"
ENGLISH: Final = rf"{_NUMBER}[\s,]+(?:[A-Z'\-.]+[\s,]+){{1,6}}{_ROAD}|\b{_ROAD}.*\d"
_HOUSE: Final = r"[\d零〇一二三四五六七八九十百]+[\-–之]?\d*\s*[号號弄幢座栋棟]"
CHINESE: Final = (
    rf"(?:[路街道里巷弄村邨苑徑径圍围][^\s]{{0,12}}?{_HOUSE}|"
    rf"[区區市縣县鎮镇].{{1,12}}[路街道邨村苑弄巷里].{{0,8}}\d)"
)
ENGLISH_HOME: Final = rf"{_UNIT}.*(?:\b{_ROAD}|\d+\s*/\s*F|FLOOR|BLOCK|HOUSE|BUILDING|MANSION)"
CHINESE_HOME: Final = (
    r"(?:[路街道里巷弄村邨苑號号座幢栋棟楼樓层層F].{0,16}?[A-Z0-9零〇一二三四五六七八九十]+\s*[室房]|[室房]\s*$)"
)


def street(texts: Texts) -> Outcome:
    """A road with a number of a house."""
    return every_bit(texts, f"{ENGLISH}|{CHINESE}") if texts.has_words else Outcome(texts.mask(), texts.mask())


def home(texts: Texts) -> Outcome:
    """A flat, room or unit within a house: near enough to a household."""
    if not texts.has_words:
        return Outcome(texts.mask(), texts.mask())
    return every_bit(texts, f"{ENGLISH_HOME}|{CHINESE_HOME}")


_ADDRESS: Final = ("address", "addr", "location", "地址", "位置", "门牌", "門牌")
_HOME: Final = (
    "home address", "residential address", "residence", "mailing address", "correspondence address", "postal address",
    "delivery address", "shipping address", "billing address", "住址", "家庭地址", "通訊地址", "通讯地址", "收货地址",
    "收貨地址", "户籍地址", "戶籍地址", "居住地址",
)  # fmt: skip
_RANDOM: Final = LETTERS + DIGITS + "        ,路街室号區大来人天地中心一二三"

RULES: Final = (
    Rule(
        "home_address",
        "with-unit",
        PrivacyClass.PERSONAL,
        home,
        Shape((tuple([_RANDOM] * 24),)),
        0.133,
        (*_HOME, *_ADDRESS),
        "own dictionary of words of addresses",
    ),
    Rule(
        "home_address",
        "by-header",
        PrivacyClass.PERSONAL,
        street,
        Shape((tuple([_RANDOM] * 24),)),
        0.0686,
        _HOME,
        "own dictionary of words of addresses",
        header_needed=True,
    ),
    Rule(
        "street_address",
        "with-number",
        PrivacyClass.NONE,
        street,
        Shape((tuple([_RANDOM] * 24),)),
        0.0686,
        _ADDRESS,
        "own dictionary of words of addresses",
    ),
)
