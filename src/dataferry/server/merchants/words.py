"""Merchants in words."""

from __future__ import annotations

from dataferry.server.merchants.models import Merchant, MerchantClass


def class_words(merchant: Merchant) -> list[str]:
    """The classes of a merchant, in the page's language."""
    return [str(MerchantClass(value).label) for value in merchant.classes if value in MerchantClass.values]
