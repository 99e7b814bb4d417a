"""Objections to a registration: filed while its notice runs, decided by the registrar, or taken back."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.registrations import locked
from dataferry.server.exchange.models import Objection, Registration
from dataferry.server.exchange.states import OBJECTION, REGISTRATION, ObjectionState, RegistrationState
from dataferry.server.exchange.texts import clean, one_of, reason_of
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError

GROUNDS = ("ownership", "source", "personal", "secrets", "accuracy", "other")
"""Whose data it is; where it comes from; personal data in it; secrets in it; that it is wrong; anything else."""
MOST_STATEMENT = 4_000
UPHELD, DISMISSED = str(ObjectionState.UPHELD), str(ObjectionState.DISMISSED)


def file_objection(user: Any, registration: Registration, grounds: str, statement: str) -> Objection:
    """Object to a registration on notice, saying what one's interest in it is.

    Raises:
        RefusedError: nobody signed in, one of the supplier's own people, or no notice runs.
        ConflictError: this person's objection is open already. InputError: no statement, or an unknown ground.
    """
    people.require(user, "exchange.file_objection", registration)
    code = one_of(grounds, "grounds", GROUNDS)
    words = clean(statement, "statement", MOST_STATEMENT, required=True)
    with transaction.atomic():
        found = locked(registration)
        _require_notice(found)
        if found.objections.filter(filed_by=user, state=ObjectionState.FILED).exists():
            raise ConflictError("server.exchange.objection_there", number=found.number)
        made = Objection.objects.create(
            number=journal.next_number("O", clock.now()),
            registration=found,
            filed_by=user,
            filed_at=clock.now(),
            grounds=code,
            statement=words,
        )
        actor = people.actor(user)
        payload = {"registration": found.reference, "grounds": code}
        OBJECTION.begin(made, actor, "exchange.objection_filed", payload)
        if found.state == RegistrationState.NOTICE:
            said = {"objection": made.reference}
            REGISTRATION.move(found, RegistrationState.OBJECTED, actor, "exchange.registration_objected", said)
    return made


def _require_notice(registration: Registration) -> None:
    running = registration.state in (RegistrationState.NOTICE, RegistrationState.OBJECTED)
    until = registration.notice_until
    if not running or until is None or clock.now() >= until:
        raise RefusedError("server.exchange.no_notice", number=registration.number)


def decide_objection(user: Any, objection: Objection, outcome: str, reason: str) -> Objection:
    """Uphold an objection, which refuses the registration, or dismiss it.

    Raises:
        RefusedError: not the registrar of its city, one of the supplier's people, the person who filed it, or decided
            already. InputError: no reason, or an unknown outcome.
    """
    people.require(user, "exchange.decide_objection", objection)
    state, said = one_of(outcome, "outcome", (UPHELD, DISMISSED)), reason_of(reason)
    with transaction.atomic():
        registration = locked(objection.registration)
        found = Objection.objects.select_for_update().get(pk=objection.pk)
        found.decision, found.decided_by, found.decided_at = said, user, clock.now()
        actor, fields = people.actor(user), ("decision", "decided_by", "decided_at")
        payload = {"registration": registration.reference}
        OBJECTION.move(found, state, actor, "exchange.objection_decided", payload, *fields)
        if state == UPHELD and registration.state == RegistrationState.OBJECTED:
            registration.reason = said
            upheld = {"objection": found.reference}
            REGISTRATION.move(
                registration, RegistrationState.REFUSED, actor, "exchange.registration_refused", upheld, "reason"
            )
        _quiet_again(registration, actor)
    return found


def withdraw_objection(user: Any, objection: Objection) -> Objection:
    """Take one's own objection back.

    Raises:
        RefusedError: it is another's, or decided already.
    """
    people.require(user, "exchange.withdraw_objection", objection)
    with transaction.atomic():
        registration = locked(objection.registration)
        found = Objection.objects.select_for_update().get(pk=objection.pk)
        actor = people.actor(user)
        payload = {"registration": registration.reference}
        OBJECTION.move(found, ObjectionState.WITHDRAWN, actor, "exchange.objection_withdrawn", payload)
        _quiet_again(registration, actor)
    return found


def _quiet_again(registration: Registration, actor: str) -> None:
    """When no objection is open any more, the notice goes on."""
    open_ones = registration.objections.filter(state=ObjectionState.FILED)
    if registration.state == RegistrationState.OBJECTED and not open_ones.exists():
        REGISTRATION.move(registration, RegistrationState.NOTICE, actor, "exchange.registration_quiet")
