"""Statements: what a merchant earned and paid over a period, as a canonical document with its digest.

Earned are its parts of payments that came in, as supplier or as an owner upstream; what was refunded is taken off. What
came in in another currency is left out, or (asked for) converted at the recorded rate of its own day, line by line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import (
    Currency,
    ExchangeRate,
    Payment,
    PaymentReceipt,
    Refund,
    RevenueShare,
    Statement,
)
from dataferry.server.exchange.revenue import converted
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant

FORMAT = "dataferry-statement/1"
MOST_DAYS = 366
FIRST_YEAR = 2000
"""No statement is of a time before this market; the first days of the calendar are none in another zone."""


def make_statement(
    party: Merchant, currency: str, first: date, last: date, *, convert: bool = False, actor: str = "system"
) -> Statement:
    """Write the statement of a period that is over.

    Args:
        first, last: days of both cities' zone, both included.
        convert: also tell what was in the other currency, at the recorded rate of each line's day.

    Raises:
        InputError: no such currency, a period that cannot be or is not over. RefusedError: `server.exchange.no_rate`.
    """
    check_period(currency, first, last)
    with transaction.atomic():
        number, now = journal.next_number("S", clock.now()), clock.now()
        document = _document(party, currency, first, last, convert)
        document |= {"number": number, "made_at": now.isoformat()}
        made = Statement.objects.create(
            number=number,
            party=party,
            currency=currency,
            period_from=first,
            period_until=last,
            total=document["totals"]["balance"],
            document=document,
            digest=digest_of(document),
            made_at=now,
        )
        payload = {"party": party.reference, "currency": currency, "digest": made.digest, "total": made.total}
        journal.append(actor, "exchange.statement_made", made.reference, payload)
    return made


def _document(party: Merchant, currency: str, first: date, last: date, convert: bool) -> dict[str, Any]:
    """The statement but for its number and its instant."""
    lines = sorted(_lines(party, first, last), key=lambda line: (line["at"], line["source"], line["kind"]))
    lines = [line for line in lines if convert or line["currency"] == currency]
    rates: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        line["amount_here"] = _here(line, currency, rates)
    totals = {kind: sum(line["amount_here"] for line in lines if line["kind"] == kind) for kind in ("earned", "paid")}
    return {
        "format": FORMAT,
        "party": party.number,
        "currency": currency,
        "from": first.isoformat(),
        "until": last.isoformat(),
        "lines": lines,
        "rates": [rates[key] for key in sorted(rates)],
        "totals": {**totals, "balance": totals["earned"] - totals["paid"]},
    }


def check_period(currency: str, first: date, last: date) -> None:
    """Raises InputError for no currency of ours, and for days that cannot be, are too many or are not over."""
    if currency not in Currency.values:
        raise InputError("server.exchange.bad_currencies", field="currency")
    today = clock.now().astimezone(BOTH_CITIES).date()
    if first.year < FIRST_YEAR or last < first or (last - first).days >= MOST_DAYS or last >= today:
        raise InputError("server.exchange.bad_statement_period", field="last", most=MOST_DAYS)


def instants(first: date, last: date) -> tuple[datetime, datetime]:
    """When the first day begins and the last one ends, in both cities' zone."""
    midnight = time(0, 0, tzinfo=BOTH_CITIES)
    return datetime.combine(first, midnight), datetime.combine(last + timedelta(days=1), midnight)


def _lines(party: Merchant, first: date, last: date) -> Iterable[dict[str, Any]]:
    """Everything that came in or went out for a merchant between two days."""
    begin, end = instants(first, last)
    shares = RevenueShare.objects.filter(at__gte=begin, at__lt=end, beneficiary__in=names_of(party))
    for share in shares.select_related("payment__invoice", "refund"):
        source = share.refund.number if share.refund is not None else share.payment.number
        yield _line("earned", source, share.payment, share.amount, share.at)
    bought = Q(invoice__agreement__buyer=party)
    paid = PaymentReceipt.objects.filter(payment__in=Payment.objects.filter(bought), at__gte=begin, at__lt=end)
    for receipt in paid.select_related("payment__invoice"):
        yield _line("paid", receipt.payment.number, receipt.payment, receipt.payment.amount, receipt.at)
    back = Refund.objects.filter(payment__in=Payment.objects.filter(bought), at__gte=begin, at__lt=end)
    for refund in back.select_related("payment__invoice"):
        yield _line("paid", refund.number, refund.payment, -refund.amount, refund.at)


def names_of(party: Merchant) -> tuple[str, str]:
    """Under which names a merchant is a beneficiary: as supplier by its reference, upstream by its number."""
    return party.reference, party.number


def _line(kind: str, source: str, payment: Payment, amount: int, at: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "source": source,
        "invoice": payment.invoice.number,
        "at": at.astimezone(BOTH_CITIES).isoformat(timespec="seconds"),
        "currency": payment.currency,
        "amount": amount,
    }


def _here(line: dict[str, Any], currency: str, rates: dict[tuple[str, str], dict[str, Any]]) -> int:
    """The line's amount in the statement's currency; the rate that was needed is noted."""
    amount: int = line["amount"]
    if line["currency"] == currency:
        return amount
    day = datetime.fromisoformat(line["at"]).date()
    rate = rate_of(line["currency"], currency, day)
    inverse = rate.base != line["currency"]
    numerator, denominator = (rate.denominator, rate.numerator) if inverse else (rate.numerator, rate.denominator)
    rates[(day.isoformat(), line["currency"])] = {
        "day": day.isoformat(),
        "from": line["currency"],
        "to": currency,
        "numerator": numerator,
        "denominator": denominator,
        "source": rate.source,
    }
    return converted(amount, numerator, denominator)


def rate_of(base: str, quote: str, day: date) -> ExchangeRate:
    """The rate recorded last for a day, whichever way round.

    Raises:
        RefusedError: `server.exchange.no_rate`: none is recorded for that day.
    """
    pair = Q(base=base, quote=quote) | Q(base=quote, quote=base)
    found = ExchangeRate.objects.filter(pair, day=day).order_by("-pk").first()
    if found is None:
        raise RefusedError("server.exchange.no_rate", day=day.isoformat(), base=base, quote=quote)
    return found


def make_monthly() -> int:
    """Statements of the month before this one, for every merchant with a movement, once. Called by a job."""
    today = clock.now().astimezone(BOTH_CITIES).date()
    last = today.replace(day=1) - timedelta(days=1)
    first, made = last.replace(day=1), 0
    for party in Merchant.objects.order_by("pk"):
        known = set(
            Statement.objects.filter(party=party, period_from=first, period_until=last).values_list(
                "currency", flat=True
            )
        )
        for currency in sorted({line["currency"] for line in _lines(party, first, last)} - known):
            make_statement(party, currency, first, last)
            made += 1
    return made
