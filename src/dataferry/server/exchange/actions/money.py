"""Payments: begun by the buyer, confirmed by the exchange or a provider, shared out; rates with their source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange import money, revenue
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions.agreements import bring_in_force
from dataferry.server.exchange.actions.invoices import bill_usage
from dataferry.server.exchange.actions.overdue import resume_paid
from dataferry.server.exchange.actions.refunds import refund
from dataferry.server.exchange.actions.trade_guards import (
    locked_agreement,
    locked_invoice,
    locked_payment,
    refuse_both_sides,
    require_operator,
)
from dataferry.server.exchange.models import (
    Agreement,
    Currency,
    ExchangeRate,
    Invoice,
    Payment,
    PaymentReceipt,
    RevenueShare,
    UnmatchedTransfer,
)
from dataferry.server.exchange.states import (
    INVOICE,
    PAYMENT,
    AgreementState,
    InvoiceState,
    PaymentState,
)
from dataferry.server.journal import clock
from dataferry.server.journal.canonical import LARGEST_INTEGER
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.web.problems import ConflictError

__all__ = ["bill_usage", "confirm_payment", "fail_payment", "record_rate", "refund", "settle_test", "start_payment"]
LONGEST_REFERENCE = 120


def start_payment(user: Any, invoice: Invoice, provider: str) -> Payment:
    """Somebody of the buyer says how they pay. Begun the same way again, it is the same payment.

    Raises:
        RefusedError: not of the buyer; nothing is to be paid. InputError: no such provider.
    """
    agreement = invoice.agreement
    people.require(user, "exchange.use_agreement", agreement)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    chosen = money.provider(provider)
    with transaction.atomic():
        row = locked_invoice(invoice.pk)
        if row.state != InvoiceState.ISSUED:
            raise RefusedError("server.exchange.nothing_to_pay", invoice=row.number)
        standing = row.payments.select_for_update().filter(state=PaymentState.STARTED).first()
        if standing is not None and standing.provider == chosen.name:
            return standing
        number = journal.next_number("P", clock.now())
        payment = Payment.objects.create(
            number=number,
            invoice=row,
            provider=chosen.name,
            provider_reference=chosen.quote(number),
            currency=row.currency,
            amount=row.total,
            started_at=clock.now(),
        )
        actor = people.actor(user)
        if standing is not None:
            PAYMENT.move(standing, PaymentState.FAILED, actor, "exchange.payment_failed")
        payload = {"invoice": row.reference, "provider": chosen.name, "amount": row.total, "currency": row.currency}
        PAYMENT.begin(payment, actor, "exchange.payment_started", payload)
    return payment


def confirm_payment(user: Any, payment: Payment, provider_reference: str, amount: int | None = None) -> Payment:
    """The operator has seen the money on the account. The same message again changes nothing.

    Args:
        provider_reference: what the bank's statement calls this transfer.
        amount: what came in, in minor units; it must be what was asked for.

    Raises:
        RefusedError: not the operator, or of a party; another amount; a payment that failed. ConflictError: the
            reference is another payment's or an unmatched transfer's, or the payment was confirmed with another one.
        InputError: no reference.
    """
    require_operator(user, payment.invoice.agreement)
    if not money.provider(payment.provider).confirmed_by_operator:
        raise RefusedError("server.exchange.not_by_operator", payment=payment.number)
    return _confirm(user, payment, provider_reference, amount)


def settle_test(user: Any, payment: Payment) -> Payment:
    """The buyer pretends to have paid; only where the settings of the house allow it.

    Raises:
        RefusedError: not of the buyer; a real payment. InputError: the settings do not allow it.
    """
    agreement = payment.invoice.agreement
    people.require(user, "exchange.use_agreement", agreement)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    if money.provider(payment.provider).confirmed_by_operator:
        raise RefusedError("server.exchange.not_by_payer", payment=payment.number)
    return _confirm(user, payment, payment.provider_reference, None)


def _confirm(user: Any, payment: Payment, provider_reference: str, amount: int | None) -> Payment:
    reference = checked_reference(provider_reference)
    with transaction.atomic():
        agreement = locked_agreement(payment.invoice.agreement)
        invoice = locked_invoice(payment.invoice_id)
        row = locked_payment(payment.pk)
        known = PaymentReceipt.objects.filter(provider=row.provider, reference=reference).first()
        if known is not None and known.payment_id == row.pk:
            return row
        if known is not None:
            raise ConflictError("server.exchange.reference_used", reference=reference)
        if PaymentReceipt.objects.filter(payment=row).exists():
            raise ConflictError("server.exchange.paid_already", payment=row.number)
        if row.state == PaymentState.FAILED:
            raise RefusedError("server.exchange.payment_given_up", payment=row.number)
        PAYMENT.check(row.state, PaymentState.CONFIRMED)
        if amount is not None and amount != row.amount:
            due, came = (revenue.in_major(each, row.currency) for each in (row.amount, amount))
            raise RefusedError("server.exchange.other_amount", payment=row.number, due=due, came=came)
        _settle(user, agreement, invoice, row, reference)
        # Asked last, when the journal is held: whoever records the same transfer at this instant waits, or is seen.
        if UnmatchedTransfer.objects.filter(provider=row.provider, bank_reference=reference).exists():
            raise ConflictError("server.exchange.reference_used", reference=reference)
    return row


def _settle(user: Any, agreement: Agreement, invoice: Invoice, row: Payment, reference: str) -> None:
    """All rows are locked; what the money means is written in the same transaction."""
    now, actor = clock.now(), people.actor(user)
    PaymentReceipt.objects.create(payment=row, provider=row.provider, reference=reference, at=now)
    row.confirmed_by, row.confirmed_at = user, now
    share_out(row, agreement)
    payload = {"invoice": invoice.reference, "amount": row.amount, "currency": row.currency}
    PAYMENT.move(
        row, PaymentState.CONFIRMED, actor, "exchange.payment_confirmed", payload, "confirmed_by", "confirmed_at"
    )
    INVOICE.move(invoice, InvoiceState.PAID, actor, "exchange.invoice_paid", {"payment": row.reference})
    if agreement.state == AgreementState.SIGNED and invoice.period_from is None:
        bring_in_force(agreement, "system")
    resume_paid(agreement)


def checked_reference(text: str) -> str:
    """What a bank calls a transfer, as it is kept.

    Raises:
        InputError: nothing, too long, or what cannot be shown.
    """
    reference = " ".join(text.split())
    if not reference or len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise InputError("server.exchange.bad_reference", field="provider_reference", most=LONGEST_REFERENCE)
    return reference


def share_out(payment: Payment, agreement: Agreement) -> Sequence[RevenueShare]:
    """Write who gets what of a payment, by the weights and the fee that both sides signed."""
    shares, fee = terms_of.split_of(agreement)
    house = f"exchange:{agreement.city}"
    parts = revenue.parts_of(payment.amount, agreement.supplier.reference, house, shares, fee)
    made = [
        RevenueShare(
            payment=payment,
            beneficiary=part.beneficiary,
            kind=part.kind,
            weight=part.weight,
            amount=part.amount,
            currency=payment.currency,
            at=clock.now(),
        )
        for part in parts
    ]
    return RevenueShare.objects.bulk_create(made)


def fail_payment(user: Any, payment: Payment) -> Payment:
    """The operator gives a payment up that never came in; the invoice may be paid another way.

    Raises:
        RefusedError: not the operator, or of a party; it was confirmed.
    """
    require_operator(user, payment.invoice.agreement)
    with transaction.atomic():
        row = locked_payment(payment.pk)
        PAYMENT.move(row, PaymentState.FAILED, people.actor(user), "exchange.payment_failed")
    return row


def record_rate(
    user: Any, base: str, quote: str, numerator: int, denominator: int, day: date, source: str
) -> ExchangeRate:
    """Record what one unit of `base` was worth in `quote` on a day, as an exact fraction, and where that stands.

    A correction is another row: the newest of a day counts.

    Raises:
        RefusedError: not an operator. InputError: the same currency twice, a number that cannot be, a day to come, no
        source.
    """
    people.require(user, "exchange.operate")
    said = " ".join(source.split())
    _check_rate(base, quote, numerator, denominator, day, said)
    with transaction.atomic():
        row = ExchangeRate.objects.create(
            base=base,
            quote=quote,
            numerator=numerator,
            denominator=denominator,
            day=day,
            source=said,
            recorded_by=user,
            recorded_at=clock.now(),
        )
        payload = {
            "base": base,
            "quote": quote,
            "numerator": numerator,
            "denominator": denominator,
            "day": day.isoformat(),
        }
        journal.append(people.actor(user), "exchange.rate_recorded", f"exchange_rate:{row.pk}", payload)
    return row


def _check_rate(base: str, quote: str, numerator: int, denominator: int, day: date, said: str) -> None:
    if base not in Currency.values or quote not in Currency.values or base == quote:
        raise InputError("server.exchange.bad_currencies", field="quote")
    if not (0 < numerator <= LARGEST_INTEGER and 0 < denominator <= LARGEST_INTEGER):
        raise InputError("server.exchange.bad_rate", field="rate")
    if day > clock.now().astimezone(BOTH_CITIES).date():
        raise InputError("server.exchange.rate_to_come", field="day")
    if not said or len(said) > 300 or not said.isprintable():
        raise InputError("server.exchange.source_needed", field="source")
