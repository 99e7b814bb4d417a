"""The operator's side of an application: facts checked one by one, then verified, returned or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.journal import clock
from dataferry.server.merchants.actions.guards import locked, reason_of, require_operator
from dataferry.server.merchants.facts import facts_of, standing_of
from dataferry.server.merchants.letters import tell_managers
from dataferry.server.merchants.models import Checked, FactCheck, Merchant
from dataferry.server.merchants.states import MERCHANT, MerchantState
from dataferry.server.web.problems import ConflictError

MOST_NOTE = 500


def check_facts(user: Any, merchant: Merchant, found: Mapping[str, tuple[str, str]], revision: int) -> Merchant:
    """Write down what the operator found about facts of the application.

    Args:
        found: fact -> (`holds` or `fails`, note); facts not named stay as they are.
        revision: of the application that was looked at.

    Raises:
        InputError: an unknown fact or outcome, a note that is too long. ConflictError: the application has changed.
        RefusedError: no operator of the city; their own organisation; the application is not waiting.
    """
    require_operator(user, merchant)
    with transaction.atomic():
        row = locked(merchant)
        if row.state != MerchantState.APPLIED:
            raise RefusedError("server.merchants.application_decided", state=row.state)
        if row.revision != revision:
            raise ConflictError("server.merchants.application_changed", revision=row.revision)
        known = {fact.code for fact in facts_of(row)}
        for code, (outcome, note) in found.items():
            if code not in known or outcome not in Checked.values:
                raise InputError("server.merchants.no_such_fact", field=code[:40], allowed=", ".join(sorted(known)))
            if len(note) > MOST_NOTE:
                raise InputError("server.merchants.reason_too_long", field=code, most=MOST_NOTE)
            FactCheck.objects.update_or_create(
                merchant=row,
                code=code,
                revision=row.revision,
                defaults={
                    "outcome": outcome,
                    "note": note.replace("\x00", "").strip(),
                    "checked_by": user,
                    "checked_at": clock.now(),
                },
            )
        payload = {"revision": row.revision, "facts": {code.replace("-", "_"): each[0] for code, each in found.items()}}
        journal.append(people.actor(user), "merchants.facts_checked", row.reference, payload)
    return row


def verify(user: Any, merchant: Merchant, confirmed: Mapping[str, str] | None = None) -> Merchant:
    """Say that the merchant is who it says it is: every fact of the checklist holds.

    Args:
        confirmed: facts confirmed in the same act, with a note each; others were checked before with `check_facts`.

    Raises:
        RefusedError: `server.merchants.facts_open` with the facts that are not confirmed;
            `server.merchants.machine_says_no` where arithmetic or the house's records contradict.
    """
    require_operator(user, merchant)
    with transaction.atomic():
        row = locked(merchant)
        MERCHANT.check(row.state, MerchantState.VERIFIED)
        if confirmed:
            check_facts(user, row, {code: (Checked.HOLDS, note) for code, note in confirmed.items()}, row.revision)
        facts = standing_of(Merchant.objects.prefetch_related("checks", "papers").get(pk=row.pk))
        wrong = [each.fact.code for each in facts if each.machine == "blocked"]
        if wrong:
            raise RefusedError("server.merchants.machine_says_no", facts=", ".join(wrong))
        missing = [each.fact.code for each in facts if not each.holds]
        if missing:
            raise RefusedError("server.merchants.facts_open", facts=", ".join(missing))
        row.verified_by, row.verified_at, row.reason = user, clock.now(), ""
        payload = {"revision": row.revision, "classes": row.classes, "place": row.place}
        fields = ("verified_by", "verified_at", "reason")
        MERCHANT.move(row, MerchantState.VERIFIED, people.actor(user), "merchants.verified", payload, *fields)
        tell_managers(row, "verified")
    return row


def return_application(user: Any, merchant: Merchant, reason: str) -> Merchant:
    """Give an application back to be completed, and say what is missing."""
    require_operator(user, merchant)
    text = reason_of(reason)
    with transaction.atomic():
        row = locked(merchant)
        row.reason = text
        MERCHANT.move(row, MerchantState.RETURNED, people.actor(user), "merchants.returned", {}, "reason")
        tell_managers(row, "returned")
    return row


def refuse(user: Any, merchant: Merchant, reason: str) -> Merchant:
    """Refuse an application. It may be handed in again, changed."""
    require_operator(user, merchant)
    text = reason_of(reason)
    with transaction.atomic():
        row = locked(merchant)
        row.reason = text
        MERCHANT.move(row, MerchantState.REFUSED, people.actor(user), "merchants.refused", {}, "reason")
        tell_managers(row, "refused")
    return row
