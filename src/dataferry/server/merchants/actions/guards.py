"""Checks that several acts on merchants share."""

from __future__ import annotations

from typing import Any

from dataferry.messages import InputError, RefusedError
from dataferry.server import people
from dataferry.server.merchants.models import Merchant
from dataferry.server.people import predicates

MOST_REASON = 2_000


def locked(merchant: Merchant) -> Merchant:
    """The row, held until the caller's transaction ends."""
    return Merchant.objects.select_for_update().select_related("organisation").get(pk=merchant.pk)


def reason_of(text: str, field: str = "reason") -> str:
    """
    Raises:
        InputError: `server.merchants.reason_missing`, `server.merchants.reason_too_long`.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        raise InputError("server.merchants.reason_missing", field=field)
    if len(text) > MOST_REASON:
        raise InputError("server.merchants.reason_too_long", field=field, most=MOST_REASON)
    return text


def require_operator(user: Any, merchant: Merchant) -> None:
    """The exchange operator of the merchant's city, and none of the merchant's own people.

    Raises:
        RefusedError: not an operator there; `server.merchants.own_merchant`.
    """
    people.require(user, "merchants.decide", merchant)
    if predicates.belongs_to_organisation(user, merchant):
        raise RefusedError("server.merchants.own_merchant")
