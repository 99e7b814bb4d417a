"""The terms of an agreement: one canonical document, its digest, and what of it may be bargained about.

Both sides sign the digest. The document names the product by its digest, so whoever signs it signs the data too; it
names who gets what of each payment, so that no later change of a listing divides money that was agreed on otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings

from dataferry.messages import InputError
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Agreement, Offer, Plan, Policy
from dataferry.server.exchange.pricing import BY_USE, MOST_MONEY, TIMED, first_price
from dataferry.server.journal.canonical import LARGEST_INTEGER, canonical

__all__ = [
    "BARGAINED",
    "FORMAT",
    "bargained",
    "changed",
    "checked_digest",
    "checked_term",
    "differences",
    "digest_of",
    "drawn",
    "split_of",
]
FORMAT = "dataferry-terms/2"
"""The first edition named no shares: see `split_of`."""
MOST_DAYS = 36_500
MOST_PERIODS = 120
MOST_ITEMS = 200
BEGINS = (2000, 2199)
"""First and last year in which an agreement may begin."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def plan_terms(plan: Plan) -> dict[str, Any]:
    """A plan as terms say it."""
    names = ("code", "kind", "currency", "amount", "per", "period_days", "tiers")
    return {name: getattr(plan, name) for name in names}


def policy_terms(policy: Policy) -> dict[str, Any]:
    """A policy as terms say it."""
    names = ("code", "purposes", "regions", "days", "onward_transfer", "columns", "rows")
    caps = ("most_rows", "calls_a_day", "rows_a_day")
    return {name: getattr(policy, name) for name in (*names, *caps)}


def drawn(offer: Offer, buyer: str, purpose: str, scenario: str, periods: int = 1) -> dict[str, Any]:
    """The terms of an offer for one buyer.

    Args:
        buyer: number of the merchant.
        periods: how many periods are bought of a plan by period.

    Raises:
        InputError: periods that cannot be.
    """
    if not 1 <= periods <= MOST_PERIODS:
        raise InputError("server.exchange.bad_periods", field="periods", most=MOST_PERIODS)
    listing, plan, policy = offer.listing, plan_terms(offer.plan), policy_terms(offer.policy)
    release = listing.release
    return {
        "format": FORMAT,
        "offer": offer.number,
        "listing": listing.number,
        "release": f"{release.product.slug}@{release.version}",
        "release_digest": release.digest,
        "later_releases": offer.later_releases,
        "plan": plan,
        "policy": policy,
        "purpose": purpose,
        "scenario": scenario,
        "supplier": listing.supplier.number,
        "buyer": buyer,
        "price": {"currency": plan["currency"], "amount": first_price(plan, periods), "by_use": plan["kind"] in BY_USE},
        "starts": None,
        "days": _days(plan, policy, periods),
        "shares": _declared(listing.shares, listing.supplier.number),
        "fee": settings.EXCHANGE_FEE,
    }


def _declared(shares: Sequence[Mapping[str, Any]], supplier: str) -> list[dict[str, Any]]:
    """The weights that a listing declares; the supplier gets all where it declares none."""
    rows = [{"owner": str(each["owner"]), "weight": int(each["weight"])} for each in shares]
    return rows or [{"owner": supplier, "weight": 1}]


def split_of(agreement: Agreement) -> tuple[list[dict[str, Any]], int]:
    """Who gets what of each payment under an agreement: weights, and the exchange's fee in hundredths of a percent.

    As signed. Terms of the first edition name neither: there what the listing declares holds, and the fee of the house.
    """
    if "shares" in agreement.terms:
        return list(agreement.terms["shares"]), int(agreement.terms["fee"])
    return list(agreement.listing.shares), int(settings.EXCHANGE_FEE)


def _days(plan: Mapping[str, Any], policy: Mapping[str, Any], periods: int) -> int | None:
    """How long the agreement runs: the shorter of what was bought and what the policy allows; None: open."""
    bought = plan["period_days"] * periods if plan["kind"] in TIMED and plan["period_days"] else None
    known = [days for days in (bought, policy["days"]) if days is not None]
    return min(known) if known else None


def _amount(value: Any) -> int:
    return _whole(value, 0, MOST_MONEY)


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(value)
    return value


def _cap(value: Any) -> int | None:
    return None if value is None else _whole(value, 1, LARGEST_INTEGER)


def _small_cap(value: Any) -> int | None:
    return None if value is None else _whole(value, 1, 2**31 - 1)


def _duration(value: Any) -> int | None:
    return None if value is None else _whole(value, 1, MOST_DAYS)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _day(value: Any) -> str | None:
    """A day on which an agreement may begin: however long it runs then, its end is a date too."""
    if value is None:
        return None
    day = date.fromisoformat(value)
    _whole(day.year, *BEGINS)
    return day.isoformat()


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise ValueError(value)
    if not all(isinstance(item, str) and 0 < len(item) <= 200 and item.isprintable() for item in value):
        raise ValueError(value)
    return sorted(set(value))


def _row_filter(value: Any) -> dict[str, list[Any]]:
    if not isinstance(value, Mapping) or len(value) > MOST_ITEMS:
        raise ValueError(value)
    made = {}
    for column, wanted in value.items():
        fits = isinstance(wanted, list) and 0 < len(wanted) <= MOST_ITEMS
        if not fits or not all(isinstance(item, str | bool) or _is_exact(item) for item in wanted):
            raise ValueError(value)
        made[_names([column])[0]] = list(wanted)
    return made


def _is_exact(item: Any) -> bool:
    return isinstance(item, int) and abs(item) <= LARGEST_INTEGER


BARGAINED: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "amount": (("price", "amount"), _amount),
    "days": (("days",), _duration),
    "starts": (("starts",), _day),
    "later_releases": (("later_releases",), _yes_or_no),
    "onward_transfer": (("policy", "onward_transfer"), _yes_or_no),
    "columns": (("policy", "columns"), _names),
    "rows": (("policy", "rows"), _row_filter),
    "most_rows": (("policy", "most_rows"), _cap),
    "calls_a_day": (("policy", "calls_a_day"), _small_cap),
    "rows_a_day": (("policy", "rows_a_day"), _cap),
}
"""What may be bargained about: where it stands in the terms, and how a value is checked. All else is the offer's."""


def checked_term(name: str, value: Any) -> Any:
    """A value that may stand in terms under this name of `BARGAINED`.

    Raises:
        InputError: it may not.
    """
    try:
        return BARGAINED[name][1](value)
    except (ValueError, TypeError):
        raise InputError("server.exchange.bad_term", field=name, term=name) from None


def changed(terms: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with other values of what may be bargained about.

    Args:
        changes: by the names of `BARGAINED`; or a whole terms document that differs from `terms` in nothing else.

    Raises:
        InputError: a name that may not change, a value that cannot be.
    """
    if "format" in changes:
        return _whole_document(terms, changes)
    made: dict[str, Any] = {**terms, "price": dict(terms["price"]), "policy": dict(terms["policy"])}
    for name, value in changes.items():
        if name not in BARGAINED:
            raise InputError(
                "server.exchange.term_is_fixed", field=name, term=str(name)[:60], allowed=", ".join(sorted(BARGAINED))
            )
        place: Any = made
        *way, last = BARGAINED[name][0]
        for step in way:
            place = place[step]
        place[last] = checked_term(name, value)
    return made


def bargained(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What these terms say of all that may be bargained about."""
    found = {}
    for name, (way, _check) in BARGAINED.items():
        value: Any = terms
        for step in way:
            value = value[step]
        found[name] = value
    return found


def _whole_document(terms: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        wanted = bargained(given)
    except (KeyError, TypeError):
        raise InputError("server.exchange.terms_incomplete") from None
    if wanted["amount"] is None:
        del wanted["amount"]
    made = changed(terms, wanted)
    try:
        same = canonical(made) == canonical(dict(given))
    except (TypeError, ValueError):
        same = False
    if not same:
        raise InputError("server.exchange.term_is_fixed", field="terms", term="-", allowed=", ".join(sorted(BARGAINED)))
    return made


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What was bargained about and is not the same: name, before, after."""
    old, new = bargained(before), bargained(after)
    return [(name, old[name], new[name]) for name in BARGAINED if old[name] != new[name]]


def checked_digest(text: str) -> str:
    """A digest as somebody hands it in.

    Raises:
        InputError: it is none.
    """
    if not _DIGEST.fullmatch(text):
        raise InputError("server.exchange.bad_digest", field="digest")
    return text
