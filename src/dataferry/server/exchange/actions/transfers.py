"""Transfers that fit no payment: recorded when they come in, repaid, and never anything else.

Money that arrives after its order lapsed buys nothing: stock and price were given back. It is no payment, has no
shares and is in nobody's statement; it stays on the money desk until it is repaid.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.money import checked_reference
from dataferry.server.exchange.actions.trade_guards import require_operator
from dataferry.server.exchange.models import Currency, Payment, PaymentReceipt, UnmatchedTransfer
from dataferry.server.exchange.money import BankTransfer
from dataferry.server.exchange.pricing import MOST_MONEY
from dataferry.server.exchange.states import TRANSFER, PaymentState, TransferState
from dataferry.server.exchange.texts import MOST_REASON, clean
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.people import City
from dataferry.server.web.problems import ConflictError

MOST_PAYER = 200
PROVIDER = BankTransfer.name


def record_transfer(
    user: Any,
    *,
    city: str,
    currency: str,
    amount: int,
    reference: str,
    payer: str,
    received_on: date,
    payment: Payment | None = None,
    remark: str = "",
) -> UnmatchedTransfer:
    """The operator has found money on the account that fits no payment.

    Args:
        city: whose exchange it came to; that of the payment, where one is named.
        reference: what the bank's statement calls the transfer. payer: who sent it, as the bank says.
        payment: the one that the payer quoted, if they quoted one.

    Raises:
        RefusedError: not the operator of the city, or of a party; the payment waits for exactly this amount, so it is
            to be confirmed. ConflictError: the transfer is recorded, or confirmed a payment, already. InputError: an
            amount, currency, day, reference or payer that cannot be.
    """
    given = UnmatchedTransfer(
        city=_city(user, city, payment), provider=PROVIDER, currency=currency, amount=amount, received_on=received_on
    )
    given.bank_reference, given.payer = checked_reference(reference), clean(payer, "payer", MOST_PAYER, required=True)
    given.remark, given.payment = clean(remark, "remark", MOST_REASON), payment
    _check(given)
    try:
        with transaction.atomic():
            given.number, given.recorded_at = journal.next_number("U", clock.now()), clock.now()
            given.recorded_by = user
            given.save(force_insert=True)
            payload = {"city": given.city, "amount": amount, "currency": currency}
            payload |= {"payment": payment.reference} if payment is not None else {}
            TRANSFER.begin(given, people.actor(user), "exchange.transfer_recorded", payload)
            # Asked last, when the journal is held: whoever confirms a payment by it at this instant waits, or is seen.
            if PaymentReceipt.objects.filter(provider=PROVIDER, reference=given.bank_reference).exists():
                raise ConflictError("server.exchange.reference_used", reference=given.bank_reference)
    except IntegrityError:
        standing = UnmatchedTransfer.objects.filter(provider=PROVIDER, bank_reference=given.bank_reference).first()
        if standing is None:
            raise
        raise ConflictError("server.exchange.transfer_known", transfer=standing.number) from None
    return given


def _city(user: Any, city: str, payment: Payment | None) -> str:
    if payment is not None:
        require_operator(user, payment.invoice.agreement)
        return payment.invoice.agreement.city
    if city not in City.values:
        raise InputError(
            "server.exchange.unknown_choice", field="city", given=city[:60], allowed=", ".join(City.values)
        )
    people.require(user, "exchange.operate", UnmatchedTransfer(city=city))
    return city


def _check(given: UnmatchedTransfer) -> None:
    if given.currency not in Currency.values:
        raise InputError("server.exchange.bad_currencies", field="currency")
    if isinstance(given.amount, bool) or not 0 < given.amount <= MOST_MONEY:
        raise InputError("server.exchange.bad_amount", field="amount")
    if given.received_on > clock.now().astimezone(BOTH_CITIES).date():
        raise InputError("server.exchange.received_to_come", field="received_on")
    quoted = given.payment
    if quoted is None or quoted.state != PaymentState.STARTED:
        return
    if (quoted.amount, quoted.currency) == (given.amount, given.currency):
        raise RefusedError("server.exchange.payment_waits", payment=quoted.number)


def repay_transfer(user: Any, transfer: UnmatchedTransfer, reference: str, remark: str = "") -> UnmatchedTransfer:
    """The operator has sent the whole of it back. The same message again changes nothing.

    Args:
        reference: what the bank calls the transfer back.

    Raises:
        RefusedError: not the operator of the city, or of a party. ConflictError: it was repaid under another reference,
            or the reference is another repayment's. InputError: no reference.
    """
    people.require(user, "exchange.operate", transfer)
    if transfer.payment is not None:
        require_operator(user, transfer.payment.invoice.agreement)
    back, said = checked_reference(reference), clean(remark, "remark", MOST_REASON)
    with transaction.atomic():
        row = UnmatchedTransfer.objects.select_for_update().filter(pk=transfer.pk).first()
        if row is None:
            raise MissingError("server.exchange.no_transfer", number=transfer.number)
        if row.state == TransferState.REPAID:
            if row.repaid_reference == back:
                return row
            raise ConflictError("server.exchange.repaid_already", transfer=row.number)
        row.repaid_reference, row.repaid_remark = back, said
        row.repaid_by, row.repaid_at = user, clock.now()
        fields = ("repaid_reference", "repaid_remark", "repaid_by", "repaid_at")
        payload = {"amount": row.amount, "currency": row.currency}
        try:
            with transaction.atomic():
                TRANSFER.move(
                    row, TransferState.REPAID, people.actor(user), "exchange.transfer_repaid", payload, *fields
                )
        except IntegrityError:
            raise ConflictError("server.exchange.reference_used", reference=back) from None
    return row
