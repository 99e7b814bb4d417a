"""Complaints about an agreement: opened by one side, answered by the other, decided by the exchange, or settled."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.agreements import suspend
from dataferry.server.exchange.actions.trade_guards import locked_agreement, require_operator, side_of
from dataferry.server.exchange.models import Agreement, Dispute
from dataferry.server.exchange.states import DISPUTE, AgreementState, DisputeState
from dataferry.server.exchange.texts import MOST_REASON, clean, one_of
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError

S = DisputeState
OPEN = (S.OPENED, S.ANSWERED)
BEFORE_FORCE = (AgreementState.DRAWN_UP, AgreementState.SIGNED, AgreementState.CANCELLED)


class Grounds(TextChoices):
    NOT_DELIVERED = "not-delivered", _("It was not delivered")
    NOT_AS_AGREED = "not-as-agreed", _("It is not what was agreed")
    QUALITY = "quality", _("Its quality is not what the sheet says")
    MONEY = "money", _("The bill or the payment is wrong")
    MISUSE = "misuse", _("It is used for something that was not agreed")
    OTHER = "other", _("Something else")


def open_dispute(user: Any, agreement: Agreement, grounds: str, statement: str) -> Dispute:
    """Somebody of one side complains about an agreement that is or was in force.

    Raises:
        RefusedError: of neither side or of both; it was never in force. InputError: no such ground, no statement.
        ConflictError: a complaint of this side is open.
    """
    side = side_of(user, agreement)
    ground = one_of(grounds, "grounds", Grounds.values)
    said = clean(statement, "statement", MOST_REASON, required=True)
    with transaction.atomic():
        row = locked_agreement(agreement)
        if row.state in BEFORE_FORCE or row.in_force_at is None:
            raise RefusedError("server.exchange.not_delivered", agreement=row.number)
        standing = row.disputes.filter(side=side, state__in=OPEN).first()
        if standing is not None:
            raise ConflictError("server.exchange.dispute_open", dispute=standing.number)
        made = Dispute.objects.create(
            number=journal.next_number("D", clock.now()),
            agreement=row,
            side=side,
            grounds=ground,
            statement=said,
            opened_by=user,
            opened_at=clock.now(),
        )
        payload = {"agreement": row.reference, "side": side, "grounds": ground}
        DISPUTE.begin(made, people.actor(user), "exchange.dispute_opened", payload)
    return made


def answer_dispute(user: Any, dispute: Dispute, answer: str) -> Dispute:
    """The other side answers; it may say more later, which takes the place of what it said.

    Raises:
        RefusedError: not of the other side; it is decided. InputError: no answer.
    """
    side = side_of(user, dispute.agreement)
    said = clean(answer, "answer", MOST_REASON, required=True)
    if side == dispute.side:
        raise RefusedError("server.exchange.own_complaint", dispute=dispute.number)
    with transaction.atomic():
        row = _locked(dispute)
        row.answer = said
        DISPUTE.move(row, S.ANSWERED, people.actor(user), "exchange.dispute_answered", {"side": side}, "answer")
    return row


def decide_dispute(user: Any, dispute: Dispute, upheld: bool, decision: str) -> Dispute:
    """The operator decides. What follows (money back, going on, the end) are acts of their own.

    Raises:
        RefusedError: not the operator, or of a party; it is decided. InputError: no reason.
    """
    require_operator(user, dispute.agreement)
    said = clean(decision, "decision", MOST_REASON, required=True)
    with transaction.atomic():
        row = _locked(dispute)
        row.decision, row.decided_by, row.decided_at = said, user, clock.now()
        fields, actor = ("decision", "decided_by", "decided_at"), people.actor(user)
        if upheld:
            DISPUTE.move(row, S.UPHELD, actor, "exchange.dispute_upheld", {}, *fields)
        else:
            DISPUTE.move(row, S.DISMISSED, actor, "exchange.dispute_dismissed", {}, *fields)
    return row


def suspend_while_open(user: Any, dispute: Dispute, reason: str) -> Agreement:
    """The operator stops delivery while the complaint is open.

    Raises:
        RefusedError: not the operator, or of a party; the complaint is decided; the agreement is not in force.
    """
    require_operator(user, dispute.agreement)
    with transaction.atomic():
        row = _locked(dispute)
        if row.state not in OPEN:
            raise RefusedError("server.exchange.dispute_over", dispute=row.number)
        return suspend(user, row.agreement, reason)


def settle_dispute(user: Any, dispute: Dispute) -> Dispute:
    """Whoever complained says that the two have settled it between them.

    Raises:
        RefusedError: not of the side that complained; it is decided.
    """
    _require_complainant(user, dispute)
    with transaction.atomic():
        row = _locked(dispute)
        if row.state != S.ANSWERED:
            DISPUTE.check(row.state, S.SETTLED)
            raise RefusedError("server.exchange.not_answered", dispute=row.number)
        row.decided_at = clock.now()
        DISPUTE.move(row, S.SETTLED, people.actor(user), "exchange.dispute_settled", {}, "decided_at")
    return row


def withdraw_dispute(user: Any, dispute: Dispute) -> Dispute:
    """Whoever complained takes it back.

    Raises:
        RefusedError: not of the side that complained; it is decided.
    """
    _require_complainant(user, dispute)
    with transaction.atomic():
        row = _locked(dispute)
        row.decided_at = clock.now()
        DISPUTE.move(row, S.WITHDRAWN, people.actor(user), "exchange.dispute_withdrawn", {}, "decided_at")
    return row


def _require_complainant(user: Any, dispute: Dispute) -> None:
    if side_of(user, dispute.agreement) != dispute.side:
        raise RefusedError("server.exchange.not_own_complaint", dispute=dispute.number)


def _locked(dispute: Dispute) -> Dispute:
    """The agreement's row first, then the complaint's."""
    agreement = locked_agreement(dispute.agreement)
    row = Dispute.objects.select_for_update().get(pk=dispute.pk)
    row.agreement = agreement
    return row
