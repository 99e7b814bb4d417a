"""Numbers of bank cards and addresses of e-mail."""

from __future__ import annotations

from typing import Final

import numpy as np

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import DIGITS, LETTERS, Outcome, Rule, Shape, fixed
from dataferry.privacy.texts import Bytes, Mask, Texts, are_digits, number_of

CARD_BEGINS: Final = {
    15: ((3400, 3499), (3700, 3799)),
    16: ((2221, 2720), (3528, 3589), (4000, 4999), (5100, 5599), (6200, 6299), (8100, 8171)),
    17: ((6200, 6299),),
    18: ((6200, 6299),),
    19: ((6200, 6299), (8100, 8171)),
}
"""Length: first four digits. American Express; Mastercard, JCB, Visa, UnionPay (62, and 81 for cards abroad)."""
EMAIL: Final = r"^[A-Z0-9!#$%&'*+/=?^_`{|}~.\-]{1,64}@(?:[A-Z0-9](?:[A-Z0-9\-]{0,61}[A-Z0-9])?\.)+[A-Z]{2,24}$"

PICTURES: Final = r"\.(?:PNG|JPE?G|GIF|SVG|WEBP)$"
"""`icon@2x.png` is a file."""


def bank_card(texts: Texts) -> Outcome:
    """Length, known beginning, and Luhn's check digit."""
    formed, passed = texts.mask(), texts.mask()
    for length, begins in CARD_BEGINS.items():
        rows, text = texts.of_length(length)
        good = are_digits(text)
        rows, text = rows[good], text[good]
        heads = number_of(text[:, :4])
        good = np.logical_or.reduce([(heads >= first) & (heads <= last) for first, last in begins])
        formed[rows[good]] = True
        passed[rows[good]] = luhn(text[good])
    return Outcome(formed, passed)


def luhn(digits: Bytes) -> Mask:
    """ISO/IEC 7812-1: every second digit from the right doubled, digits of the sum, mod 10."""
    numbers = digits.astype(np.int64) - 48
    doubled = numbers[:, -2::-2] * 2
    total = numbers[:, ::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    return np.asarray(total % 10 == 0, dtype=bool)


def email(texts: Texts) -> Outcome:
    """A mailbox and a domain with a top level of letters, as addresses are written in practice."""
    if not texts.matches("@").any():
        return Outcome(texts.mask(), texts.mask())
    passed = texts.matches(EMAIL) & ~texts.matches(PICTURES)
    return Outcome(passed, passed)


RULES: Final = (
    Rule(
        "bank_card",
        "luhn",
        PrivacyClass.SENSITIVE_PERSONAL,
        bank_card,
        Shape((fixed("9" * 15), fixed("9" * 16), fixed("9" * 19))),
        0.0084,
        ("bank card", "card no", "card number", "credit card", "debit card", "pan", "account no", "account number",
         "银行卡", "銀行卡", "卡号", "卡號", "信用卡", "借记卡", "账号", "賬號", "帳號", "帳戶", "账户"),
        "ISO/IEC 7812-1 (Luhn); beginnings as published by the card schemes",
        checked=True,
        integers="alone",
    ),
    Rule(
        "email",
        "mailbox",
        PrivacyClass.PERSONAL,
        email,
        Shape((tuple([LETTERS + DIGITS + "@."] * 12),)),
        0.004,
        ("email", "e mail", "mail", "mailbox", "邮箱", "郵箱", "电邮", "電郵", "邮件", "電子郵件", "电子邮件"),
        "RFC 5322 and RFC 5321, the forms in use",
    ),
)  # fmt: skip
