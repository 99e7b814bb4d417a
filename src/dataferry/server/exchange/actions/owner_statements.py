"""Statements for owners upstream who are no merchants: their parts of every payment of a period, to the cent.

Merchants find theirs in their own statements. These are made by the operator who pays the owners out, for the exchange
of one city and one currency: nothing is converted, since each part is paid in what came in.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.statements import check_period, instants
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import OwnerStatement, RevenueShare
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.merchants.queries import places_in
from dataferry.server.people import City
from dataferry.server.web.problems import ConflictError

FORMAT, SERIES = "dataferry-owner-statement/1", "OS"
UPSTREAM = "upstream"


def make_owner_statement(user: Any, city: str, owner: str, currency: str, first: date, last: date) -> OwnerStatement:
    """Write the statement of a period that is over. Asked for again, it is the same one.

    Args:
        city: whose exchange paid: of the suppliers that its operator looks after.
        owner: as the shares name them.
        first, last: days of both cities' zone, both included.

    Raises:
        RefusedError: not the operator of the city; the owner is a merchant; nothing was earned in these days.
        InputError: no such city, currency or period, or one that is not over. ConflictError: a part of the period is
            stated already.
    """
    if city not in City.values:
        raise InputError(
            "server.exchange.unknown_choice", field="city", given=city[:60], allowed=", ".join(City.values)
        )
    people.require(user, "exchange.operate", OwnerStatement(city=city))
    check_period(currency, first, last)
    if Merchant.objects.filter(number=owner.partition(":")[2] or owner).exists():
        raise RefusedError("server.exchange.owner_is_merchant", owner=owner)
    standing = _overlapping(city, owner, currency, first, last)
    if standing is not None and (standing.period_from, standing.period_until) == (first, last):
        return standing
    with transaction.atomic():
        # The number first: whoever makes one at the same instant waits here, and then sees the other's.
        number, now = journal.next_number(SERIES, clock.now()), clock.now()
        standing = _overlapping(city, owner, currency, first, last)
        if standing is not None:
            raise ConflictError("server.exchange.period_stated", statement=standing.number)
        document = _document(city, owner, currency, first, last)
        document |= {"number": number, "made_at": now.isoformat()}
        return _written(user, document, first, last, now)


def _overlapping(city: str, owner: str, currency: str, first: date, last: date) -> OwnerStatement | None:
    rows = OwnerStatement.objects.filter(city=city, owner=owner, currency=currency)
    return rows.filter(period_from__lte=last, period_until__gte=first).order_by("period_from").first()


def _written(user: Any, document: dict[str, Any], first: date, last: date, now: datetime) -> OwnerStatement:
    made = OwnerStatement.objects.create(
        **{name: document[name] for name in ("number", "city", "owner", "currency")},
        period_from=first,
        period_until=last,
        total=document["totals"]["balance"],
        document=document,
        digest=digest_of(document),
        made_by=user,
        made_at=now,
    )
    payload = {"city": made.city, "currency": made.currency, "digest": made.digest, "total": made.total}
    journal.append(people.actor(user), "exchange.owner_statement_made", made.reference, payload)
    return made


def _document(city: str, owner: str, currency: str, first: date, last: date) -> dict[str, Any]:
    """The statement but for its number and its instant."""
    lines = [_line(share) for share in _shares(city, owner, currency, first, last)]
    if not lines:
        raise RefusedError("server.exchange.nothing_earned", owner=owner, currency=currency)
    totals = {kind: sum(line["amount"] for line in lines if line["kind"] == kind) for kind in ("share", "returned")}
    return {
        "format": FORMAT,
        "city": city,
        "owner": owner,
        "currency": currency,
        "from": first.isoformat(),
        "until": last.isoformat(),
        "lines": lines,
        "totals": {**totals, "balance": totals["share"] + totals["returned"]},
    }


def _shares(city: str, owner: str, currency: str, first: date, last: date) -> list[RevenueShare]:
    begin, end = instants(first, last)
    paid_here = Q(payment__invoice__supplier__place__in=places_in([city]))
    rows = RevenueShare.objects.filter(paid_here, kind=UPSTREAM, beneficiary=owner, currency=currency)
    rows = rows.filter(at__gte=begin, at__lt=end).order_by("at", "pk")
    return list(rows.select_related("refund", "payment__invoice__agreement__listing"))


def _line(share: RevenueShare) -> dict[str, Any]:
    """One part of a payment or, negative, of a refund. Who bought, and for how much in all, is the parties' own."""
    agreement = share.payment.invoice.agreement
    return {
        "kind": "share" if share.refund is None else "returned",
        "source": share.payment.number if share.refund is None else share.refund.number,
        "listing": agreement.listing.number,
        "release": agreement.terms["release"],
        "at": share.at.astimezone(BOTH_CITIES).isoformat(timespec="seconds"),
        "amount": share.amount,
    }
