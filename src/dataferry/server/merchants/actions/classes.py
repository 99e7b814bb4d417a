"""Further classes of an active merchant: asked for by a manager, checked and granted by the operator, four eyes.

The merchant trades on in the classes that it has; the further ones count from the instant at which they are granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.journal import clock
from dataferry.server.merchants.actions.guards import locked, reason_of, require_operator
from dataferry.server.merchants.facts import further_facts, further_standing
from dataferry.server.merchants.letters import tell_managers
from dataferry.server.merchants.models import ClassApplication, Merchant, MerchantClass
from dataferry.server.merchants.states import CLASSES, ClassState, MerchantState
from dataferry.server.web.problems import ConflictError

SERIES = "MC"
MOST_NOTE = 500


def open_application(merchant: Merchant) -> ClassApplication | None:
    """What the merchant asks for now, if anything."""
    return merchant.class_applications.filter(state=ClassState.ASKED).first()


def ask_classes(user: Any, merchant: Merchant, classes: Iterable[str]) -> ClassApplication:
    """A manager of an active merchant asks for further classes.

    Raises:
        InputError: none, unknown ones, or only such as it has. RefusedError: not a manager, not active.
        ConflictError: `server.merchants.classes_asked`, one is open.
    """
    people.require(user, "merchants.manage", merchant)
    given = set(classes)
    with transaction.atomic():
        row = locked(merchant)
        _require_active(row)
        wanted = [value for value in MerchantClass.values if value in given and value not in row.classes]
        if not wanted or given - set(MerchantClass.values):
            others = [value for value in MerchantClass.values if value not in row.classes]
            raise InputError("server.merchants.classes", field="classes", allowed=", ".join(others) or "-")
        standing = open_application(row)
        if standing is not None:
            raise ConflictError("server.merchants.classes_asked", number=standing.number)
        now = clock.now()
        made = ClassApplication.objects.create(
            number=journal.next_number(SERIES, now), merchant=row, classes=wanted, asked_by=user, asked_at=now
        )
        payload = {"merchant": row.reference, "classes": wanted}
        CLASSES.begin(made, people.actor(user), "merchants.classes_asked", payload)
    return made


def grant_classes(user: Any, application: ClassApplication, confirmed: Mapping[str, str]) -> Merchant:
    """The operator has seen that every fact holds; the merchant acts in the further classes from now on.

    Args:
        confirmed: for each fact of `further_facts`, where it was seen.

    Raises:
        RefusedError: not the operator, or one of the merchant's own people; decided; the merchant does not trade;
            `server.merchants.facts_open`, `server.merchants.machine_says_no`. InputError: a fact that is not asked.
    """
    require_operator(user, application.merchant)
    with transaction.atomic():
        merchant = locked(application.merchant)
        row = _locked(application)
        CLASSES.check(row.state, ClassState.GRANTED)
        _require_active(merchant)
        row.checks = _checked(merchant, row.classes, confirmed)
        row.decided_by, row.decided_at = user, clock.now()
        merchant.classes = [value for value in MerchantClass.values if value in {*merchant.classes, *row.classes}]
        merchant.save(update_fields=["classes"])
        payload = {"merchant": merchant.reference, "classes": merchant.classes}
        fields = ("checks", "decided_by", "decided_at")
        CLASSES.move(row, ClassState.GRANTED, people.actor(user), "merchants.classes_granted", payload, *fields)
        tell_managers(merchant, "classes_granted")
    return merchant


def _checked(merchant: Merchant, classes: Iterable[str], confirmed: Mapping[str, str]) -> dict[str, str]:
    classes = list(classes)
    codes = [fact.code for fact in further_facts(classes)]
    for code, note in confirmed.items():
        if code not in codes:
            raise InputError("server.merchants.no_such_fact", field=code[:40], allowed=", ".join(codes))
        if len(note) > MOST_NOTE:
            raise InputError("server.merchants.reason_too_long", field=code, most=MOST_NOTE)
    wrong = [each.fact.code for each in further_standing(merchant, classes) if each.machine == "blocked"]
    if wrong:
        raise RefusedError("server.merchants.machine_says_no", facts=", ".join(wrong))
    notes = {code: note.replace("\x00", "").strip() for code, note in confirmed.items()}
    missing = [code for code in codes if not notes.get(code)]
    if missing:
        raise RefusedError("server.merchants.facts_open", facts=", ".join(missing))
    return notes


def refuse_classes(user: Any, application: ClassApplication, reason: str) -> ClassApplication:
    """The operator does not grant them, and says why. The merchant trades on as before, and may ask again.

    Raises:
        RefusedError: not the operator, or one of the merchant's own people; decided. InputError: no reason.
    """
    require_operator(user, application.merchant)
    text = reason_of(reason)
    with transaction.atomic():
        merchant = locked(application.merchant)
        row = _locked(application)
        row.reason, row.decided_by, row.decided_at = text, user, clock.now()
        fields = ("reason", "decided_by", "decided_at")
        payload = {"merchant": merchant.reference}
        CLASSES.move(row, ClassState.REFUSED, people.actor(user), "merchants.classes_refused", payload, *fields)
        tell_managers(merchant, "classes_refused", text)
    return row


def withdraw_classes(user: Any, application: ClassApplication) -> ClassApplication:
    """A manager asks no longer.

    Raises:
        RefusedError: not a manager; decided.
    """
    people.require(user, "merchants.manage", application.merchant)
    with transaction.atomic():
        locked(application.merchant)
        return withdrawn(_locked(application), people.actor(user))


def withdrawn(row: ClassApplication, actor: str) -> ClassApplication:
    """Take an application back whose merchant the caller has locked."""
    row.decided_at = clock.now()
    CLASSES.move(row, ClassState.WITHDRAWN, actor, "merchants.classes_withdrawn", {}, "decided_at")
    return row


def _locked(application: ClassApplication) -> ClassApplication:
    return ClassApplication.objects.select_for_update().get(pk=application.pk)


def _require_active(row: Merchant) -> None:
    if row.state != MerchantState.ACTIVE:
        raise RefusedError("server.merchants.not_active", number=row.number)
