"""Invoices: numbered per supplier and year without gaps, for what is due first and for what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal
from dataferry.server.exchange.actions.trade_guards import locked_agreement
from dataferry.server.exchange.models import Agreement, Invoice
from dataferry.server.exchange.pricing import BY_USE, usage_lines
from dataferry.server.exchange.states import INVOICE, PAYMENT, AgreementState, InvoiceState, PaymentState
from dataferry.server.journal import clock
from dataferry.server.journal.canonical import LARGEST_INTEGER
from dataferry.server.web.problems import ConflictError

PAY_WITHIN = timedelta(days=14)
BILLABLE = (AgreementState.IN_FORCE, AgreementState.SUSPENDED, AgreementState.ENDED, AgreementState.TERMINATED)


def write_invoice(
    agreement: Agreement,
    lines: Sequence[Mapping[str, Any]],
    period: tuple[datetime, datetime] | None = None,
) -> Invoice:
    """The row of an invoice under an agreement that the caller has locked; the caller journals it when all is locked.

    The number is the supplier's next of the year: taken in the same transaction, so a failure leaves no gap.
    """
    now = clock.now()
    supplier = agreement.supplier
    year, sequence = journal.next_in_series(f"invoice:{supplier.number}", now)
    return Invoice(
        number=f"{supplier.number}-{year}-{sequence:05d}",
        agreement=agreement,
        supplier=supplier,
        year=year,
        sequence=sequence,
        currency=agreement.terms["price"]["currency"],
        lines=[dict(line) for line in lines],
        total=sum(int(line["amount"]) for line in lines),
        period_from=period[0] if period else None,
        period_until=period[1] if period else None,
        issued_at=now,
        due_at=now + PAY_WITHIN,
    )


def issue_invoice(actor: str, invoice: Invoice) -> Invoice:
    """Save and journal an invoice that `write_invoice` made, in the same transaction."""
    invoice.save(force_insert=True)
    payload = {
        "agreement": invoice.agreement.reference,
        "currency": invoice.currency,
        "total": invoice.total,
    }
    INVOICE.begin(invoice, actor, "exchange.invoice_issued", payload)
    return invoice


def first_lines(agreement: Agreement) -> list[dict[str, Any]]:
    """What is due before delivery begins; nothing where nothing is."""
    amount = int(agreement.terms["price"]["amount"] or 0)
    plan = agreement.terms["plan"]["code"]
    return (
        [{"what": "plan", "plan": plan, "quantity": 1, "per": 1, "price": amount, "amount": amount}] if amount else []
    )


def bill_usage(agreement: Agreement, period_from: datetime, period_until: datetime, units: int) -> Invoice | None:
    """Bill the calls or rows that were counted in a period. The same period again gives the same invoice.

    Args:
        period_from, period_until: instants; from the first, and before the second.
        units: calls of a plan by call, rows of a plan by row or in tiers.

    Returns:
        the invoice; None where nothing is due.

    Raises:
        RefusedError: the plan is not by use; the agreement was never in force. ConflictError: a part of the period is
        billed already. InputError: a period or number that cannot be.
    """
    if not 0 <= units <= LARGEST_INTEGER or period_until <= period_from:
        raise InputError("server.exchange.bad_usage", field="units")
    with transaction.atomic():
        row = locked_agreement(agreement)
        if row.terms["plan"]["kind"] not in BY_USE or row.state not in BILLABLE:
            raise RefusedError("server.exchange.not_by_use", agreement=row.number)
        billed = row.invoices.filter(period_from__lt=period_until, period_until__gt=period_from).first()
        if billed is not None:
            if (billed.period_from, billed.period_until) != (period_from, period_until):
                raise ConflictError("server.exchange.period_billed", invoice=billed.number)
            return billed
        lines = usage_lines(row.terms["plan"], units)
        if sum(line["amount"] for line in lines) == 0:
            return None
        return issue_invoice("system", write_invoice(row, lines, (period_from, period_until)))


def void_open(agreement: Agreement, actor: str) -> None:
    """Nothing is to be paid any more of what was due first: the open invoice is void, its open payment failed.

    The caller has locked the agreement.
    """
    invoices = list(agreement.invoices.select_for_update().filter(state=InvoiceState.ISSUED, period_from=None))
    for invoice in invoices:
        payments = list(invoice.payments.select_for_update().filter(state=PaymentState.STARTED))
        for payment in payments:
            PAYMENT.move(payment, PaymentState.FAILED, actor, "exchange.payment_failed")
        INVOICE.move(invoice, InvoiceState.VOID, actor, "exchange.invoice_voided")
