"""A merchant's standing in the market: active by signature, suspended, reinstated, left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.journal import clock
from dataferry.server.merchants.actions.classes import open_application, withdrawn
from dataferry.server.merchants.actions.guards import locked, reason_of, require_operator
from dataferry.server.merchants.letters import tell_managers
from dataferry.server.merchants.market_rules import rules_in_force
from dataferry.server.merchants.models import Merchant, RulesSignature
from dataferry.server.merchants.profiles import checked_profile
from dataferry.server.merchants.states import MERCHANT, MerchantState
from dataferry.server.web.problems import ConflictError


def activate(user: Any, merchant: Merchant, digest: str | None = None) -> Merchant:
    """A manager signs the rules of the market; from then on the merchant trades.

    Args:
        digest: of the rules that the manager read; when others are in force now, nothing is signed.

    Raises:
        ConflictError: `server.merchants.rules_changed`. RefusedError: not a manager, not verified.
    """
    people.require(user, "merchants.manage", merchant)
    with transaction.atomic():
        row = locked(merchant)
        # From suspension only the operator lets a merchant trade again.
        if row.state != MerchantState.VERIFIED:
            raise RefusedError("server.merchants.not_verified", state=row.state)
        signature = _sign(user, row, digest)
        payload = {"rules": signature.version, "digest": signature.digest}
        MERCHANT.move(row, MerchantState.ACTIVE, people.actor(user), "merchants.activated", payload)
    return row


def sign_rules(user: Any, merchant: Merchant, digest: str | None = None) -> RulesSignature:
    """A manager of an active merchant signs a newer version of the rules.

    Raises:
        ConflictError: `server.merchants.rules_changed`. RefusedError: not a manager, not active.
    """
    people.require(user, "merchants.manage", merchant)
    with transaction.atomic():
        row = locked(merchant)
        if row.state not in (MerchantState.ACTIVE, MerchantState.SUSPENDED):
            raise RefusedError("server.merchants.not_active", number=row.number)
        signature = _sign(user, row, digest)
        payload = {"rules": signature.version, "digest": signature.digest}
        journal.append(people.actor(user), "merchants.rules_signed", row.reference, payload)
    return signature


def _sign(user: Any, row: Merchant, digest: str | None) -> RulesSignature:
    rules = rules_in_force()
    if digest is not None and digest != rules.digest:
        raise ConflictError("server.merchants.rules_changed", version=rules.version)
    signed = RulesSignature.objects.filter(merchant=row, version=rules.version).first()
    return signed or RulesSignature.objects.create(
        merchant=row, version=rules.version, digest=rules.digest, signed_by=user, signed_at=clock.now()
    )


def change_profile(user: Any, merchant: Merchant, profile: Mapping[str, Any]) -> Merchant:
    """Change what the public directory shows of a merchant.

    Raises:
        InputError: a text that is too long, a site that is none. RefusedError: not a manager; left.
    """
    people.require(user, "merchants.manage", merchant)
    kept = checked_profile(profile)
    with transaction.atomic():
        row = locked(merchant)
        if row.state == MerchantState.LEFT:
            raise RefusedError("server.merchants.not_active", number=row.number)
        row.profile = kept
        row.save(update_fields=["profile"])
        journal.append(people.actor(user), "merchants.profile_changed", row.reference, {})
    return row


def suspend(user: Any, merchant: Merchant, reason: str) -> Merchant:
    """Stop a merchant from trading, and say why. Later rooms hear of it."""
    require_operator(user, merchant)
    text = reason_of(reason)
    with transaction.atomic():
        row = locked(merchant)
        row.reason = text
        MERCHANT.move(row, MerchantState.SUSPENDED, people.actor(user), "merchants.suspended", {}, "reason")
        tell_managers(row, "suspended")
    return row


def reinstate(user: Any, merchant: Merchant, reason: str) -> Merchant:
    """Let a suspended merchant trade again."""
    require_operator(user, merchant)
    text = reason_of(reason)
    with transaction.atomic():
        row = locked(merchant)
        if row.state != MerchantState.SUSPENDED:
            raise RefusedError("server.merchants.not_suspended", state=row.state)
        row.reason = text
        MERCHANT.move(row, MerchantState.ACTIVE, people.actor(user), "merchants.reinstated", {}, "reason")
        tell_managers(row, "reinstated")
    return row


def leave(user: Any, merchant: Merchant) -> Merchant:
    """A manager takes the merchant out of the market. Agreements that run are for later rooms to end. It may come back
    as an applicant: `apply_again`."""
    people.require(user, "merchants.manage", merchant)
    with transaction.atomic():
        row = locked(merchant)
        asked = open_application(row)
        if asked is not None:
            withdrawn(asked, people.actor(user))
        MERCHANT.move(row, MerchantState.LEFT, people.actor(user), "merchants.left")
    return row
