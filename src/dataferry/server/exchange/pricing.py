"""What a plan costs: at once, or by use. Amounts are minor units; every line is rounded once, a total is their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from dataferry.messages import InputError
from dataferry.server.exchange.models import PlanKind
from dataferry.server.exchange.revenue import rounded
from dataferry.server.journal.canonical import LARGEST_INTEGER

BY_USE = frozenset({PlanKind.PER_CALL, PlanKind.PER_ROW, PlanKind.TIERS})
WITHOUT_MONEY = frozenset({PlanKind.FREE, PlanKind.TRIAL})
TIMED = frozenset({PlanKind.PERIOD, PlanKind.TRIAL})
MOST_TIERS = 20


def first_price(plan: Mapping[str, Any], periods: int = 1) -> int | None:
    """What is due before anything is delivered; None where a negotiation must say it."""
    kind = plan["kind"]
    if kind == PlanKind.NEGOTIATED:
        return None
    if kind == PlanKind.ONE_OFF:
        return int(plan["amount"])
    return int(plan["amount"]) * periods if kind == PlanKind.PERIOD else 0


def usage_lines(plan: Mapping[str, Any], units: int) -> list[dict[str, Any]]:
    """Lines of an invoice for so many calls or rows.

    Tiers are counted anew in each period that is billed: the units up to and with a border cost what that tier says,
    only those above it the next.

    Returns:
        [{"what", "quantity", "per", "price", "amount"}]; lines of nothing are left out.
    """
    if plan["kind"] == PlanKind.TIERS:
        return _tier_lines(plan, units)
    what = "calls" if plan["kind"] == PlanKind.PER_CALL else "rows"
    return [_line(what, units, int(plan["per"]), int(plan["amount"]))] if units else []


def _tier_lines(plan: Mapping[str, Any], units: int) -> list[dict[str, Any]]:
    lines, begun = [], 0
    for tier in plan["tiers"]:
        end = units if tier["up_to"] is None else min(units, int(tier["up_to"]))
        if end > begun:
            lines.append(_line("rows", end - begun, int(plan["per"]), int(tier["amount"])))
            begun = end
    return lines


def _line(what: str, quantity: int, per: int, price: int) -> dict[str, Any]:
    amount = rounded(Fraction(quantity * price, per))
    return {"what": what, "quantity": quantity, "per": per, "price": price, "amount": amount}


def checked_tiers(tiers: Sequence[Mapping[str, Any]]) -> list[dict[str, int | None]]:
    """Tiers in rising order, the last without an end.

    Raises:
        InputError: they are not.
    """
    made: list[dict[str, int | None]] = []
    border = 0
    for place, tier in enumerate(tiers, 1):
        up_to, amount = tier.get("up_to"), tier.get("amount")
        is_last = place == len(tiers)
        if not _is_amount(amount) or (up_to is None) != is_last:
            raise InputError("server.exchange.bad_tiers", field="tiers", tier=place)
        if up_to is not None:
            if not _is_amount(up_to) or up_to <= border:
                raise InputError("server.exchange.bad_tiers", field="tiers", tier=place)
            border = up_to
        made.append({"up_to": up_to, "amount": amount})
    if not 0 < len(made) <= MOST_TIERS:
        raise InputError("server.exchange.bad_tiers", field="tiers", tier=len(made))
    return made


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_MONEY


MOST_MONEY = LARGEST_INTEGER // 1_000_000
"""The largest price of a thing, in minor units: a million of them still have an exact place in JSON."""
