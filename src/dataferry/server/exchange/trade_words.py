"""Plans, policies and terms in words of the page's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.server.display.words import day, money, number
from dataferry.server.exchange.models import PlanKind
from dataferry.server.exchange.purposes import Purpose
from dataferry.server.merchants.models import Place


def purpose_word(code: str) -> str:
    return str(Purpose(code).label) if code in Purpose.values else code


def place_word(code: str) -> str:
    return str(Place(code).label) if code in Place.values else code


def purposes_words(codes: Sequence[str]) -> str:
    return " · ".join(purpose_word(code) for code in codes)


def places_words(codes: Sequence[str]) -> str:
    return " · ".join(place_word(code) for code in codes)


def days_words(days: int | None) -> str:
    if days is None:
        return _("without an end")
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number(days)}


def price_words(plan: Mapping[str, Any]) -> str:
    """What a plan costs, in one line."""
    kind, price = plan["kind"], money(int(plan["amount"]), plan["currency"])
    if kind == PlanKind.ONE_OFF:
        return _("%(price)s once") % {"price": price}
    if kind == PlanKind.PERIOD:
        return _("%(price)s for %(days)s") % {"price": price, "days": days_words(plan["period_days"])}
    if kind in (PlanKind.PER_CALL, PlanKind.PER_ROW):
        return _by_use(kind, price, int(plan["per"]))
    if kind == PlanKind.TIERS:
        return _("by rows, in tiers")
    if kind == PlanKind.TRIAL:
        return _("free for %(days)s, once") % {"days": days_words(plan["period_days"])}
    return _("by negotiation") if kind == PlanKind.NEGOTIATED else _("free")


def _by_use(kind: str, price: str, per: int) -> str:
    if kind == PlanKind.PER_CALL:
        told = ngettext("%(price)s per call", "%(price)s per %(n)s calls", per)
    else:
        told = ngettext("%(price)s per row", "%(price)s per %(n)s rows", per)
    return told % {"price": price, "n": number(per)}


def tier_rows(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tiers of a plan: up to how many rows, at what price."""
    rows, begun = [], 0
    for tier in plan["tiers"]:
        price = _by_use(PlanKind.PER_ROW, money(int(tier["amount"]), plan["currency"]), int(plan["per"]))
        if tier["up_to"] is None:
            rows.append((_("from row %(n)s on") % {"n": number(begun + 1)}, price))
        else:
            span = {"first": number(begun + 1), "last": number(int(tier["up_to"]))}
            rows.append((_("rows %(first)s to %(last)s") % span, price))
            begun = int(tier["up_to"])
    return rows


def due_words(terms: Mapping[str, Any]) -> str:
    """What is to be paid before delivery begins."""
    price = terms["price"]
    if price["amount"] is None:
        return _("still open")
    if price["by_use"]:
        return _("nothing at first; what is used is billed")
    return money(int(price["amount"]), price["currency"]) if price["amount"] else _("nothing")


def terms_rows(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The terms for people, one row a term."""
    policy = terms["policy"]
    rows = [
        (_("Price"), price_words(terms["plan"])),
        (_("Due first"), due_words(terms)),
        (_("Purpose"), purpose_word(terms["purpose"])),
        (_("May be used in"), places_words(policy["regions"])),
        (_("Handed on to others"), _("allowed") if policy["onward_transfer"] else _("not allowed")),
        (_("Runs"), days_words(terms["days"])),
        (_("Begins"), day(terms["starts"]) if terms["starts"] else _("when both have signed and what is due is paid")),
        (_("Later releases"), _("included") if terms["later_releases"] else _("not included")),
    ]
    rows += [row for row in _cut_rows(policy) if row[1]]
    return rows


def share_rows(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who gets what of each payment as the terms say; nothing where they are of the first edition, which did not.

    Each row is a beneficiary (other people's text) and its part: the exchange's in percent of the payment, an owner's
    as weight of all weights, of what is left.
    """
    if "shares" not in terms:
        return []
    whole = sum(int(each["weight"]) for each in terms["shares"])
    fee = int(terms["fee"])
    house = [(_("The exchange, first"), f"{fee // 100}.{fee % 100:02d}%")] if fee else []
    return house + [(str(each["owner"]), f"{each['weight']} / {whole}") for each in terms["shares"]]


def _cut_rows(policy: Mapping[str, Any]) -> list[tuple[str, str]]:
    caps = [
        (_("At most rows in all"), policy["most_rows"]),
        (_("Calls a day"), policy["calls_a_day"]),
        (_("Rows a day"), policy["rows_a_day"]),
    ]
    filters = [f"{column} = {', '.join(str(each) for each in wanted)}" for column, wanted in policy["rows"].items()]
    rows = [(_("Columns"), ", ".join(policy["columns"])), (_("Only rows where"), "; ".join(filters))]
    return rows + [(label, number(cap) if cap is not None else "") for label, cap in caps]


def term_word(name: str) -> str:
    """A term that may be bargained about."""
    return {
        "amount": _("Due first"),
        "days": _("Runs"),
        "starts": _("Begins"),
        "later_releases": _("Later releases"),
        "onward_transfer": _("Handed on to others"),
        "columns": _("Columns"),
        "rows": _("Only rows where"),
        "most_rows": _("At most rows in all"),
        "calls_a_day": _("Calls a day"),
        "rows_a_day": _("Rows a day"),
    }[name]


def changed_rows(changes: Sequence[tuple[str, Any, Any]], currency: str) -> list[tuple[str, str, str]]:
    """What one word of a negotiation changed: term, before, after."""
    return [(term_word(name), _value(name, old, currency), _value(name, new, currency)) for name, old, new in changes]


def _value(name: str, value: Any, currency: str) -> str:
    if value is None or value in ([], {}):
        return _("open") if name in ("amount", "starts") else _("no limit")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "amount":
        return money(int(value), currency)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return number(value) if isinstance(value, int) else str(value)


def line_words(line: Mapping[str, Any], currency: str) -> tuple[str, str, str, str]:
    """A line of an invoice: what, how many, at what price, amount."""
    price, per = money(int(line["price"]), currency), int(line["per"])
    what = {"calls": _("Calls"), "rows": _("Rows")}.get(line["what"]) or _("Plan %(code)s") % {"code": line["plan"]}
    each = price if per == 1 else _("%(price)s per %(n)s") % {"price": price, "n": number(per)}
    return what, number(int(line["quantity"])), each, money(int(line["amount"]), currency)


CHIPS: Mapping[str, str] = {
    "drawn_up": "attention",
    "signed": "attention",
    "in_force": "clear",
    "suspended": "blocked",
    "ended": "unknown",
    "terminated": "blocked",
    "cancelled": "unknown",
    "issued": "attention",
    "paid": "clear",
    "credited": "unknown",
    "void": "unknown",
    "started": "attention",
    "confirmed": "clear",
    "failed": "blocked",
    "partly_refunded": "unknown",
    "refunded": "unknown",
    "requested": "attention",
    "offered": "attention",
    "agreed": "clear",
    "opened": "attention",
    "answered": "attention",
    "upheld": "clear",
    "dismissed": "blocked",
    "settled": "clear",
    "withdrawn": "unknown",
    "received": "attention",
    "repaid": "clear",
    "open": "clear",
    "sold_out": "blocked",
}
"""States of trade on the house's scale of four; beside each stands its word."""
