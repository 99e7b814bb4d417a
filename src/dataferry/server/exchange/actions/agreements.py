"""The life of an agreement: signed by both under one digest, in force, suspended, ended."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions import certificates
from dataferry.server.exchange.actions.invoices import first_lines, issue_invoice, void_open, write_invoice
from dataferry.server.exchange.actions.orders import SIGN_WITHIN
from dataferry.server.exchange.actions.stock import give_back
from dataferry.server.exchange.actions.trade_guards import (
    locked_agreement,
    locked_plan,
    merchant_at,
    refuse_both_sides,
    require_active_buyer,
    require_for_sale,
    require_operator,
)
from dataferry.server.exchange.models import Acceptance, Agreement, AgreementSignature, Plan
from dataferry.server.exchange.states import AGREEMENT, AgreementState
from dataferry.server.exchange.texts import MOST_REASON, clean, reason_of
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.web.problems import ConflictError

S = AgreementState
MIDNIGHT = time(0, 0, tzinfo=BOTH_CITIES)


def sign(user: Any, agreement: Agreement, side: str, digest: str) -> Agreement:
    """A manager signs for one side under the digest of the terms. With both signatures it comes in force, or waits for
    what is to be paid first.

    Args:
        side: `buyer` or `supplier`.
        digest: of the terms that the person has read.

    Raises:
        RefusedError: no manager of that side; of both sides; it lapsed; the product is no longer for sale; a state in
            which nobody signs. ConflictError: the terms are others than those read; this side has signed.
    """
    signer = merchant_at(agreement, side)
    people.require(user, "exchange.sign_for", signer)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    terms_of.checked_digest(digest)
    with transaction.atomic():
        plan = locked_plan(agreement.offer.plan_id)
        row = locked_agreement(agreement)
        AGREEMENT.check(row.state, S.SIGNED)
        _require_signable(row, digest)
        if row.signatures.filter(side=side).exists():
            raise ConflictError("server.exchange.signed_already", agreement=row.number)
        AgreementSignature.objects.create(agreement=row, side=side, person=user, digest=digest, signed_at=clock.now())
        payload = {"side": side, "digest": digest, "plan": plan.code}
        if row.signatures.count() == 1:
            AGREEMENT.move(row, S.DRAWN_UP, people.actor(user), "exchange.agreement_signed_by_one", payload)
            return row
        lines = first_lines(row)
        invoice = write_invoice(row, lines) if lines else None
        AGREEMENT.move(row, S.SIGNED, people.actor(user), "exchange.agreement_signed", payload)
        if invoice is None:
            bring_in_force(row, "system")
        else:
            issue_invoice("system", invoice)
    return row


def _require_signable(row: Agreement, digest: str) -> None:
    if clock.now() >= row.drawn_up_at + SIGN_WITHIN:
        raise RefusedError("server.exchange.order_lapsed", agreement=row.number)
    if digest != row.digest or terms_of.digest_of(row.terms) != row.digest:
        raise ConflictError("server.exchange.terms_differ", agreement=row.number)
    require_for_sale(row.listing)
    require_active_buyer(row.buyer)


def bring_in_force(row: Agreement, actor: str) -> None:
    """The agreement begins: at once, or on the day that its terms name. The caller has locked it."""
    now = clock.now()
    begins = row.terms["starts"]
    row.in_force_at = now
    row.starts_at = max(now, datetime.combine(datetime.fromisoformat(begins), MIDNIGHT)) if begins else now
    days = row.terms["days"]
    row.ends_at = row.starts_at + timedelta(days=days) if days else None
    payload = {
        "listing": row.listing.reference,
        "buyer": row.buyer.reference,
        "supplier": row.supplier.reference,
        "digest": row.digest,
    }
    fields = ("in_force_at", "starts_at", "ends_at")
    AGREEMENT.move(row, S.IN_FORCE, actor, "exchange.agreement_in_force", payload, *fields)


def suspend(user: Any, agreement: Agreement, reason: str) -> Agreement:
    """The operator stops delivery for a while; both parties read why.

    Raises:
        RefusedError: not the operator of its city, or of a party; not in force. InputError: no reason.
    """
    require_operator(user, agreement)
    reason = reason_of(reason)
    with transaction.atomic():
        row = locked_agreement(agreement)
        row.reason = reason
        AGREEMENT.move(row, S.SUSPENDED, people.actor(user), "exchange.agreement_suspended", {}, "reason")
    return row


def resume(user: Any, agreement: Agreement) -> Agreement:
    """The operator lets delivery go on.

    Raises:
        RefusedError: not the operator, or of a party; it is not suspended; its time is over.
    """
    require_operator(user, agreement)
    with transaction.atomic():
        row = locked_agreement(agreement)
        if row.state == S.SIGNED:
            raise RefusedError("server.exchange.not_paid_yet", agreement=row.number)
        if row.ends_at is not None and clock.now() >= row.ends_at:
            raise RefusedError("server.exchange.agreement_over", agreement=row.number)
        row.reason = ""
        AGREEMENT.move(row, S.IN_FORCE, people.actor(user), "exchange.agreement_resumed", {}, "reason")
    return row


def terminate(user: Any, agreement: Agreement, reason: str) -> Agreement:
    """Ended before its time: by a manager of the buyer, or by the operator. What was not paid is not owed any more,
    and goes back into the stock.

    Raises:
        RefusedError: somebody else; it is not signed, or over already. InputError: no reason.
    """
    if people.can(user, "exchange.oversee_agreement", agreement):
        require_operator(user, agreement)
    else:
        people.require(user, "exchange.sign_for", agreement.buyer)
        refuse_both_sides(user, agreement.buyer, agreement.supplier)
    reason = reason_of(reason)
    with transaction.atomic():
        row, plan = _locked_with_plan(agreement)
        _terminate(row, plan, people.actor(user), reason)
    agreement.refresh_from_db()
    return agreement


def _locked_with_plan(agreement: Agreement) -> tuple[Agreement, Plan]:
    plan = locked_plan(agreement.offer.plan_id)
    return locked_agreement(agreement), plan


def _terminate(row: Agreement, plan: Plan, actor: str, reason: str) -> None:
    AGREEMENT.check(row.state, S.TERMINATED)
    reopen = give_back(plan) if row.state == S.SIGNED else None
    void_open(row, actor)
    row.reason = reason
    AGREEMENT.move(row, S.TERMINATED, actor, "exchange.agreement_terminated", {}, "reason")
    if reopen is not None:
        reopen(actor)


def cancel(user: Any, agreement: Agreement) -> Agreement:
    """Either side's manager, or whoever may order for the buyer, drops an agreement that is not signed by both.

    Raises:
        RefusedError: somebody else; it is signed by both.
    """
    if not people.can(user, "exchange.use_agreement", agreement):
        people.require(user, "exchange.sign_for", agreement.supplier)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    with transaction.atomic():
        row, plan = _locked_with_plan(agreement)
        _cancel(row, plan, people.actor(user), "withdrawn")
    agreement.refresh_from_db()
    return agreement


def _cancel(row: Agreement, plan: Plan, actor: str, cause: str) -> None:
    AGREEMENT.check(row.state, S.CANCELLED)
    reopen = give_back(plan)
    AGREEMENT.move(row, S.CANCELLED, actor, "exchange.agreement_cancelled", {"cause": cause})
    reopen(actor)


def end_due() -> int:
    """End what has run out. Called by a job; the delivery gate looks at the end itself and waits for nobody."""
    now, ended = clock.now(), 0
    for each in Agreement.objects.filter(state__in=(S.IN_FORCE, S.SUSPENDED), ends_at__lte=now).order_by("pk"):
        with transaction.atomic():
            row = locked_agreement(each)
            if row.state in (S.IN_FORCE, S.SUSPENDED) and row.ends_at is not None and row.ends_at <= now:
                AGREEMENT.move(row, S.ENDED, "system", "exchange.agreement_ended")
                ended += 1
    return ended


def lapse_due() -> int:
    """What nobody signed, or paid, in its time gives back what it took. Called by a job."""
    now, lapsed = clock.now(), 0
    unsigned = Agreement.objects.filter(state=S.DRAWN_UP, drawn_up_at__lte=now - SIGN_WITHIN)
    unpaid = Agreement.objects.filter(state=S.SIGNED, invoices__state="issued", invoices__due_at__lte=now)
    for each in [*unsigned.select_related("offer"), *unpaid.select_related("offer").distinct()]:
        with transaction.atomic():
            row, plan = _locked_with_plan(each)
            if row.state != each.state:
                continue  # signed, paid or cancelled in between
            if row.state == S.DRAWN_UP:
                _cancel(row, plan, "system", "lapsed")
            else:
                _terminate(row, plan, "system", "unpaid")
        lapsed += 1
    return lapsed


def accept_delivery(user: Any, agreement: Agreement, accepted: bool, remark: str = "") -> Acceptance:
    """The buyer says whether what was delivered is what was agreed. It may be said again: the last word counts.
    The first yes brings the certificate of the trade.

    Raises:
        RefusedError: not of the buyer; never in force. InputError: not accepted and no remark.
    """
    people.require(user, "exchange.use_agreement", agreement)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    text = clean(remark, "remark", MOST_REASON, required=not accepted)
    with transaction.atomic():
        row = locked_agreement(agreement)
        if row.in_force_at is None:
            raise RefusedError("server.exchange.not_delivered", agreement=row.number)
        made = Acceptance.objects.create(
            agreement=row,
            accepted=accepted,
            release_digest=row.terms["release_digest"],
            remark=text,
            person=user,
            at=clock.now(),
        )
        if accepted and not row.certificates.exists():
            certificates.issue("trade", actor=people.actor(user), agreement=row)
        payload = {"accepted": accepted, "release": row.terms["release_digest"]}
        journal.append(people.actor(user), "exchange.delivery_accepted", row.reference, payload)
    return made
