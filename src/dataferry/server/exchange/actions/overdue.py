"""Use that is not paid for in its time: nothing more is delivered until it is."""

from __future__ import annotations

from django.db import transaction

from dataferry.server.exchange.actions.trade_guards import locked_agreement
from dataferry.server.exchange.models import Agreement
from dataferry.server.exchange.states import AGREEMENT, AgreementState, InvoiceState
from dataferry.server.journal import clock

UNPAID = "unpaid"


def owes(agreement: Agreement) -> bool:
    """Whether an invoice of the agreement is open past its day."""
    return agreement.invoices.filter(state=InvoiceState.ISSUED, due_at__lte=clock.now()).exists()


def suspend_unpaid() -> int:
    """Suspend agreements in force that owe for what was used. Called by a job; returns how many.

    An operator who resumes one before it is paid finds it suspended again.
    """
    overdue = Agreement.objects.filter(
        state=AgreementState.IN_FORCE, invoices__state=InvoiceState.ISSUED, invoices__due_at__lte=clock.now()
    )
    suspended = 0
    for each in overdue.order_by("pk").distinct():
        with transaction.atomic():
            row = locked_agreement(each)
            if row.state != AgreementState.IN_FORCE or not owes(row):
                continue  # ended or paid in between
            row.reason = UNPAID
            payload = {"because": UNPAID}
            AGREEMENT.move(row, AgreementState.SUSPENDED, "system", "exchange.agreement_suspended", payload, "reason")
            suspended += 1
    return suspended


def resume_paid(row: Agreement) -> None:
    """Let delivery go on that stood still for money alone. The caller has locked the agreement."""
    is_over = row.ends_at is not None and clock.now() >= row.ends_at
    if row.state != AgreementState.SUSPENDED or row.reason != UNPAID or is_over or owes(row):
        return
    row.reason = ""
    AGREEMENT.move(row, AgreementState.IN_FORCE, "system", "exchange.agreement_resumed", {}, "reason")
