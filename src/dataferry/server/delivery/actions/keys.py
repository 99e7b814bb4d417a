"""Access keys: made by the buyer's people, shown once, kept as a digest; they end, and rotate with an overlap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.delivery.actions.entitlements import locked
from dataferry.server.delivery.gate import Door
from dataferry.server.delivery.models import AccessKey, Entitlement
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.delivery.tokens import digest_of, new_token, prefix_of
from dataferry.server.journal import clock

MOST_DAYS = 400
MOST_KEYS = 20
MOST_OVERLAP_HOURS = 24 * 14
LONGEST_LABEL = 80
SCOPES = tuple(str(door) for door in Door)


def issue_key(
    user: Any, entitlement: Entitlement, scopes: Sequence[str], days: int, label: str = ""
) -> tuple[AccessKey, str]:
    """Make a key.

    Args:
        scopes: which doors it opens: share, files, rows, answers.
        days: until it expires.

    Returns:
        the key and its token, which is not kept and cannot be shown again.

    Raises:
        RefusedError: not of the buyer; delivery is over; `server.delivery.too_many_keys`. InputError: what cannot be.
    """
    people.require(user, "delivery.use", entitlement)
    chosen, label = _scopes(scopes), _label(label)
    if not 1 <= days <= MOST_DAYS:
        raise InputError("server.delivery.bad_days", field="days", most=MOST_DAYS)
    with transaction.atomic():
        row = locked(entitlement.pk)
        _refuse_over(row)
        return _make(user, row, chosen, clock.now() + timedelta(days=days), label, None)


def rotate_key(user: Any, key: AccessKey, overlap_hours: int = 24) -> tuple[AccessKey, str]:
    """A new key in the place of another, which works on for the overlap and then ends. Scopes and duration are kept.

    Raises:
        RefusedError: as `issue_key`; `server.delivery.key_is_over`. InputError: an overlap that cannot be.
    """
    people.require(user, "delivery.use", key.entitlement)
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        raise InputError("server.delivery.bad_overlap", field="overlap_hours", most=MOST_OVERLAP_HOURS)
    now = clock.now()
    with transaction.atomic():
        row = locked(key.entitlement_id)
        _refuse_over(row)
        old = AccessKey.objects.select_for_update().get(pk=key.pk)
        if not is_usable(old) or old.replaced_by.exists():
            raise RefusedError("server.delivery.key_is_over")
        made = _make(user, row, list(old.scopes), now + (old.expires_at - old.created_at), old.label, old)
        old.expires_at = min(old.expires_at, now + timedelta(hours=overlap_hours))
        old.save(update_fields=["expires_at"])
    return made


def revoke_key(user: Any, key: AccessKey) -> AccessKey:
    """End a key now, and every address of a file that was given to it.

    Raises:
        RefusedError: not of the buyer, and not who may revoke delivery.
    """
    if not people.can(user, "delivery.revoke", key.entitlement):
        people.require(user, "delivery.use", key.entitlement)
    with transaction.atomic():
        row = AccessKey.objects.select_for_update().get(pk=key.pk)
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            row.save(update_fields=["revoked_at"])
            payload = {"key": row.pk}
            journal.append(people.actor(user), "delivery.key_revoked", key.entitlement.reference, payload)
    return row


def is_usable(key: AccessKey) -> bool:
    """Whether it opens anything now, as far as the key itself is asked."""
    return key.revoked_at is None and key.expires_at > clock.now()


def _make(
    user: Any, entitlement: Entitlement, scopes: list[str], expires: Any, label: str, replaces: AccessKey | None
) -> tuple[AccessKey, str]:
    now = clock.now()
    if entitlement.keys.filter(revoked_at=None, expires_at__gt=now).count() >= MOST_KEYS:
        raise RefusedError("server.delivery.too_many_keys", most=MOST_KEYS)
    token = new_token()
    key = AccessKey.objects.create(
        entitlement=entitlement,
        label=label,
        prefix=prefix_of(token),
        digest=digest_of(token),
        scopes=scopes,
        issued_by=user,
        created_at=now,
        expires_at=expires,
        replaces=replaces,
    )
    payload = {"key": key.pk, "scopes": scopes, "expires": expires.date().isoformat()}
    journal.append(people.actor(user), "delivery.key_issued", entitlement.reference, payload)
    return key, token


def _refuse_over(entitlement: Entitlement) -> None:
    if entitlement.state in (EntitlementState.REVOKED, EntitlementState.ENDED):
        raise RefusedError("server.delivery.delivery_is_over", number=entitlement.number)


def _scopes(given: Sequence[str]) -> list[str]:
    chosen = [scope for scope in SCOPES if scope in set(given)]
    if not chosen or len(chosen) != len(set(given)):
        raise InputError("server.delivery.bad_scopes", field="scopes", allowed=", ".join(SCOPES))
    return chosen


def _label(text: str) -> str:
    label = " ".join(text.split())
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise InputError("server.delivery.bad_label", field="label", most=LONGEST_LABEL)
    return label
