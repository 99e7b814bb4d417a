"""Tables and lines of `dataferry market`. Every text in them comes from a server: it is text, never markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from dataferry.cli.output import console, word
from dataferry.client.errors import plain_words
from dataferry.client.market_records import Agreement, Delivery, Listing, Offer, Usage
from dataferry.client.records import words

LONGEST_CELL = 400
DEEPEST = 4


def cell(value: object, style: str = "", most: int = LONGEST_CELL) -> Text:
    """A text from outside as one cell or line: without control characters, without line breaks."""
    return Text(" ".join(plain_words(value, most).split()), style=style)


def tell(name: str, /, **data: Any) -> None:
    """One line of the command line's own words, with data from outside in it."""
    line = word(name, **data)
    console.print(cell(line, most=len(line)), soft_wrap=True)


def table_of(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose first column is never broken; the others fold, so that 80 columns are enough."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    for place, head in enumerate(heads):
        table.add_column(word(f"market_{head}"), no_wrap=place == 0, overflow="fold")
    for row in rows:
        table.add_row(*(each if isinstance(each, Text) else cell(each) for each in row))
    return table


def price(plan: Mapping[str, Any]) -> str:
    """What a plan asks: `HKD 1,200.01`, with what it is for."""
    kind, amount = str(plan.get("kind", "")), plan.get("amount")
    if kind in {"free", "trial", "negotiated"} or not isinstance(amount, int):
        return word(f"market_plan_{kind}") if kind in {"free", "trial", "negotiated", "tiers"} else kind
    sum_ = money(amount, plan.get("currency", ""))
    if kind == "period":
        return word("market_plan_period", sum=sum_, days=plan.get("period_days") or "?")
    if kind in {"per_call", "per_row"}:
        return word(f"market_plan_{kind}", sum=sum_, per=plan.get("per") or 1)
    return word("market_plan_tiers") if kind == "tiers" else sum_


def money(amount: int, currency: object) -> str:
    """An amount of minor units."""
    sign = "-" if amount < 0 else ""
    return f"{currency} {sign}{abs(amount) // 100:,}.{abs(amount) % 100:02}".strip()


def listed(value: object) -> str:
    """A list as words with commas; what is no list, as it is."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "–"
    return "–" if value is None or value == "" else str(value)


def day(value: object) -> str:
    """The day of an instant, as the server writes it."""
    return str(value)[:10] if value else "–"


def show_listings(found: Sequence[Listing]) -> None:
    if not found:
        tell("market_nothing_listed")
        return
    rows = [(each.number, words(each.title), words(each.supplier_name), each.board, each.level) for each in found]
    console.print(table_of(("number", "product", "supplier", "board", "level"), rows))


def show_listing(found: Listing, offers: Sequence[Offer]) -> None:
    console.print(cell(f"{found.number}  {words(found.title)}", "bold"))
    purpose = words(found.details.get("purpose"))
    lines = (
        ("supplier", f"{words(found.supplier_name)} ({found.supplier})"),
        ("state", found.state),
        ("release", found.release),
        ("modes", listed(found.delivery_modes)),
        ("about", purpose),
    )
    pairs(lines)
    _digest_line(found.digest)
    scenarios = [each for each in found.scenarios if isinstance(each, Mapping)]
    if scenarios:
        console.print()
        rows = [(each.get("code"), _scenario(each.get("words")), listed(each.get("purposes"))) for each in scenarios]
        console.print(table_of(("scenario", "about", "purposes"), rows))
    console.print()
    if not offers:
        tell("market_no_offers")
        return
    console.print(table_of(("offer", "price", "purposes", "regions", "left"), [_offer(each) for each in offers]))
    tell("market_order_next", offer=offers[0].number)


def _scenario(said: object) -> str:
    inner = said.get("title") if isinstance(said, Mapping) else None
    return words(inner if isinstance(inner, Mapping) else said)


def _offer(each: Offer) -> tuple[str, ...]:
    asked = price(each.plan) + (f" ({word('market_negotiable')})" if each.negotiable else "")
    left = "–" if each.left is None else str(each.left)
    return each.number, asked, listed(each.policy.get("purposes")), listed(each.policy.get("regions")), left


def pairs(lines: Iterable[tuple[str, str]]) -> None:
    """Facts, one a line; those without a value are left out."""
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        if value:
            table.add_row(Text(word(f"market_{name}"), style="dim"), cell(value))
    console.print(table)


def _digest_line(digest: str) -> None:
    """On one line however narrow the screen is: it is copied."""
    console.print(Text.assemble((word("market_digest") + "  ", "dim"), cell(digest)), soft_wrap=True)


def show_agreement(found: Agreement) -> None:
    """The terms whole: what is signed is what is read."""
    console.print(cell(f"{found.number}  {found.state}", "bold"))
    for line in term_lines(found.terms):
        console.print(cell(line, most=len(line)), soft_wrap=True)
    signed = [side for side in ("buyer", "supplier") if side in found.signed]
    told = ", ".join(word(f"market_{side}") for side in signed) or "–"
    _digest_line(found.digest)
    pairs((("signed", told), ("ends", day(found.ends_at)), ("reason", found.reason)))


def term_lines(terms: Mapping[str, Any], before: str = "", depth: int = 0) -> list[str]:
    """Every term on a line of its own, by the name that the document has for it: `policy.purposes: research`."""
    lines: list[str] = []
    for name, value in terms.items():
        called = f"{before}{name}"
        if isinstance(value, Mapping) and depth < DEEPEST:
            lines += term_lines(value, f"{called}.", depth + 1)
        else:
            lines.append(f"{called}: {_term(value)}")
    return lines


def _term(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return "–" if value is None else json.dumps(value, ensure_ascii=False)


def show_agreements(found: Sequence[Agreement]) -> None:
    if not found:
        tell("market_no_agreements")
        return
    rows = [
        (each.number, each.terms.get("release") or each.listing, each.state, _price_of(each), day(each.ends_at))
        for each in found
    ]
    console.print(table_of(("agreement", "release", "state", "price", "ends"), rows))


def _price_of(found: Agreement) -> str:
    asked = found.terms.get("price")
    amount = asked.get("amount") if isinstance(asked, Mapping) else None
    return money(amount, asked.get("currency", "")) if isinstance(asked, Mapping) and isinstance(amount, int) else "–"


def show_deliveries(found: Sequence[tuple[Delivery, Usage]]) -> None:
    if not found:
        tell("market_no_deliveries")
        return
    rows = [
        (each.number, each.product, each.state, f"{used.calls:,}", f"{used.rows:,}", day(each.ends_at))
        for each, used in found
    ]
    console.print(table_of(("delivery", "product", "state", "calls", "rows", "ends"), rows))
    for each, _used in found:
        if each.cause:
            console.print(cell(f"{each.number}: {each.cause}"))
