"""Merchants in words."""

from __future__ import annotations

from collections.abc import Iterable

from dataferry.server.merchants.models import Merchant, MerchantClass


def class_words(merchant: Merchant) -> list[str]:
    """The classes of a merchant, in the page's language."""
    return words_of(merchant.classes)


def words_of(classes: Iterable[str]) -> list[str]:
    """Classes in the page's language."""
    return [str(MerchantClass(value).label) for value in classes if value in MerchantClass.values]
