"""The life of an entitlement: granted with its agreement, and brought into line whenever something below it changes."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.delivery import serving, standing, versions
from dataferry.server.delivery.actions.notices import give_notice
from dataferry.server.delivery.models import Entitlement
from dataferry.server.delivery.states import ENTITLEMENT, EntitlementState
from dataferry.server.exchange.models import Agreement
from dataferry.server.exchange.states import AgreementState
from dataferry.server.journal import clock
from dataferry.server.people import predicates

S = EntitlementState
LONGEST_REASON = 1000
LONGEST_SHARE = 80
BY_OPERATOR, BY_SUPPLIER = "by_operator", "by_supplier"
BY_HAND = (BY_OPERATOR, BY_SUPPLIER)
SYSTEM = "system"

OVER = frozenset({"agreement_ended"})
GONE = frozenset({"agreement_terminated", "listing_delisted"})
"""Obstacles that do not go away: the first end an entitlement, the second revoke it."""


def grant(agreement: Agreement) -> Entitlement | None:
    """What a buyer may fetch under an agreement in force, made once however often it is asked for.

    Returns:
        the entitlement; None where the agreement is not in force any more and never had one.
    """
    with transaction.atomic():
        row = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
        found = Entitlement.objects.filter(agreement=row).first()
        if found is not None or row.state != AgreementState.IN_FORCE:
            return found
        now = clock.now()
        entitlement = Entitlement.objects.create(
            number=journal.next_number("E", now),
            agreement=row,
            recipient=row.buyer,
            share=_share_of(row),
            granted_at=now,
        )
        payload = {"agreement": row.reference, "recipient": row.buyer.reference, "digest": row.digest}
        ENTITLEMENT.begin(entitlement, SYSTEM, "delivery.entitlement_granted", payload)
        give_notice(entitlement, "granted")
        serving.ask_for(entitlement.pk)
    return entitlement


def _share_of(agreement: Agreement) -> str:
    """Unique, because an agreement's number is; and it says what it is."""
    number = agreement.number.lower()
    return f"{agreement.release.product.slug[: LONGEST_SHARE - len(number) - 1]}-{number}"


def bring_into_line(entitlement_id: int) -> Entitlement:
    """Suspend, resume, revoke or end an entitlement, as all that it rests on says now. Changes nothing when it agrees.

    What a person stopped by hand is not resumed here.
    """
    with transaction.atomic():
        row = locked(entitlement_id)
        if row.state in (S.REVOKED, S.ENDED):
            return row
        obstacle = _obstacle(row)
        if obstacle in OVER:
            _end(row, obstacle)
        elif obstacle in GONE:
            _revoke(row, SYSTEM, obstacle, "")
        elif row.reason in BY_HAND:
            return row
        elif obstacle and row.state == S.GRANTED:
            _suspend(row, SYSTEM, obstacle, "")
        elif not obstacle and row.state == S.SUSPENDED:
            _resume(row, SYSTEM)
    return row


def _obstacle(row: Entitlement) -> str:
    """What stands in the way of the newest version that is included, as a code without its room."""
    code = standing.trade_obstacle(row, clock.now())
    if not code:
        try:
            code, _verdict = standing.border_obstacle(row, versions.newest(row).release)
        except RefusedError as error:
            code = error.code
    return code.rpartition(".")[2]


def revoke(user: Any, entitlement: Entitlement, reason: str) -> Entitlement:
    """End delivery for good: by a manager of the supplier, or the operator of its city.

    Raises:
        RefusedError: somebody else; one who belongs to both sides; it is over. InputError: no reason.
    """
    cause, reason = _by_hand(user, entitlement), reason_of(reason)
    with transaction.atomic():
        row = locked(entitlement.pk)
        _revoke(row, people.actor(user), cause, reason)
    return row


def suspend(user: Any, entitlement: Entitlement, reason: str) -> Entitlement:
    """Stop delivery for a while: by a manager of the supplier, or the operator of its city.

    Raises:
        RefusedError: as `revoke`; it is suspended already. InputError: no reason.
    """
    cause, reason = _by_hand(user, entitlement), reason_of(reason)
    with transaction.atomic():
        row = locked(entitlement.pk)
        _suspend(row, people.actor(user), cause, reason)
    return row


def resume(user: Any, entitlement: Entitlement) -> Entitlement:
    """Let delivery go on that was stopped by hand, as far as nothing else stands in its way.

    Raises:
        RefusedError: somebody else; `server.delivery.stopped_by_operator` for the supplier; something else is in the
            way; it is not suspended.
    """
    cause = _by_hand(user, entitlement)
    with transaction.atomic():
        row = locked(entitlement.pk)
        ENTITLEMENT.check(row.state, S.GRANTED)
        if row.reason == BY_OPERATOR and cause != BY_OPERATOR:
            raise RefusedError("server.delivery.stopped_by_operator")
        obstacle = _obstacle(row)
        if obstacle:
            raise standing.refusal(f"server.delivery.{obstacle}")
        _resume(row, people.actor(user))
    return row


def _by_hand(user: Any, entitlement: Entitlement) -> str:
    """In which role the person stops or resumes."""
    people.require(user, "delivery.revoke", entitlement)
    is_supplier = predicates.manages_organisation(user, entitlement.agreement.supplier)
    return BY_SUPPLIER if is_supplier else BY_OPERATOR


def reason_of(text: str) -> str:
    """A reason that both parties will read.

    Raises:
        InputError: `server.delivery.reason_missing` or `server.delivery.reason_too_long`.
    """
    reason = " ".join(text.split())
    if not reason or not reason.isprintable():
        raise InputError("server.delivery.reason_missing", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InputError("server.delivery.reason_too_long", field="reason", most=LONGEST_REASON)
    return reason


def locked(entitlement_id: int) -> Entitlement:
    """The entitlement with what its standing needs; its own row is locked until the transaction ends."""
    rows = Entitlement.objects.select_for_update(of=("self",)).select_related(*standing.NEEDED)
    return rows.get(pk=entitlement_id)


def _suspend(row: Entitlement, actor: str, cause: str, reason: str) -> None:
    row.reason = cause
    ENTITLEMENT.move(row, S.SUSPENDED, actor, "delivery.entitlement_suspended", {"cause": cause}, "reason")
    give_notice(row, "suspended", reason)


def _resume(row: Entitlement, actor: str) -> None:
    row.reason = ""
    ENTITLEMENT.move(row, S.GRANTED, actor, "delivery.entitlement_resumed", {}, "reason")
    give_notice(row, "resumed")


def _revoke(row: Entitlement, actor: str, cause: str, reason: str) -> None:
    row.reason, row.ended_at = cause, clock.now()
    ENTITLEMENT.move(row, S.REVOKED, actor, "delivery.entitlement_revoked", {"cause": cause}, "reason", "ended_at")
    give_notice(row, "revoked", reason)


def _end(row: Entitlement, cause: str) -> None:
    row.reason, row.ended_at = cause, clock.now()
    ENTITLEMENT.move(row, S.ENDED, SYSTEM, "delivery.entitlement_ended", {"cause": cause}, "reason", "ended_at")
    give_notice(row, "ended")
