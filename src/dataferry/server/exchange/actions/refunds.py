"""Money that goes back: whole or in parts, never more than was paid, and every share taken back with it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Sum

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.trade_guards import (
    locked_invoice,
    locked_payment,
    require_operator,
)
from dataferry.server.exchange.models import Payment, Refund, RevenueShare
from dataferry.server.exchange.revenue import in_major, take_back
from dataferry.server.exchange.states import INVOICE, PAYMENT, InvoiceState, PaymentState
from dataferry.server.exchange.texts import reason_of
from dataferry.server.journal import clock


def refundable(payment: Payment) -> int:
    """What of a payment has not gone back yet, in minor units."""
    if payment.state not in (PaymentState.CONFIRMED, PaymentState.PARTLY_REFUNDED):
        return 0
    gone: int = payment.refunds.aggregate(total=Sum("amount"))["total"] or 0
    return payment.amount - gone


def refund(user: Any, payment: Payment, amount: int, reason: str) -> Refund:
    """The operator has sent money back to the buyer.

    Args:
        amount: minor units, at most what is left of the payment.

    Raises:
        RefusedError: not the operator, or of a party; more than is left; a payment that never came in.
        InputError: no amount or no reason.
    """
    require_operator(user, payment.invoice.agreement)
    said = reason_of(reason)
    if isinstance(amount, bool) or amount < 1:
        raise InputError("server.exchange.bad_amount", field="amount")
    with transaction.atomic():
        invoice = locked_invoice(payment.invoice_id)
        row = locked_payment(payment.pk)
        left = refundable(row)
        after = PaymentState.REFUNDED if amount == left else PaymentState.PARTLY_REFUNDED
        PAYMENT.check(row.state, after)
        if amount > left:
            raise RefusedError("server.exchange.more_than_paid", payment=row.number, left=in_major(left, row.currency))
        now, actor = clock.now(), people.actor(user)
        made = Refund.objects.create(
            number=journal.next_number("RF", now), payment=row, amount=amount, reason=said, by=user, at=now
        )
        _take_shares_back(row, made)
        payload = {"refund": f"refund:{made.number}", "amount": amount, "currency": row.currency}
        PAYMENT.move(row, after, actor, "exchange.payment_refunded", payload)
        INVOICE.move(invoice, InvoiceState.CREDITED, actor, "exchange.invoice_credited", {"amount": amount})
    return made


def _take_shares_back(payment: Payment, refund: Refund) -> None:
    shares = list(payment.shares.filter(refund=None).order_by("pk"))
    left = [share.amount for share in shares]
    for earlier in payment.refunds.exclude(pk=refund.pk):
        for place, taken in enumerate(earlier.shares.order_by("pk")):
            left[place] += taken.amount
    back = take_back(refund.amount, left)
    RevenueShare.objects.bulk_create(
        RevenueShare(
            payment=payment,
            refund=refund,
            beneficiary=share.beneficiary,
            kind=share.kind,
            weight=share.weight,
            amount=-part,
            currency=share.currency,
            at=refund.at,
        )
        for share, part in zip(shares, back, strict=True)
    )
