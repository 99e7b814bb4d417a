"""Giving roles to people and taking them back."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dataferry.messages import InputError, MissingError
from dataferry.server import journal
from dataferry.server.people.actions.accounts import refuse_last_administrator
from dataferry.server.people.models import RoleGrant
from dataferry.server.people.permissions import actor, require
from dataferry.server.people.predicates import forget
from dataferry.server.people.roles import City, Role


def grant_role(by: User, email: str, role: str, city: str = "", until: datetime | None = None) -> RoleGrant:
    """Give a role to the member with this e-mail address; again for the same city sets a new end.

    Raises:
        RefusedError: `by` is no administrator of that city (of both, where it is empty).
        InputError: no verified account has this address; an unknown role or city; an end that has passed.
    """
    wanted = RoleGrant(role=role, city=city, granted_by=by, until=until)
    require(by, "people.grant_role", wanted)
    if role not in Role.values:
        raise InputError("server.people.not_offered", field="role", value=role)
    if city and city not in City.values:
        raise InputError("server.people.not_offered", field="city", value=city)
    if until is not None and until <= timezone.now():
        raise InputError("server.people.end_passed")
    person = User.objects.filter(
        emailaddress__email__iexact=email.strip(), emailaddress__verified=True, is_active=True
    ).first()
    if person is None:
        raise InputError("server.people.no_such_person")
    with transaction.atomic():
        grant, _new = RoleGrant.objects.update_or_create(
            user=person,
            role=role,
            city=city,
            defaults={"granted_by": by, "granted_at": timezone.now(), "until": until},
        )
        ends = until.isoformat(timespec="seconds") if until is not None else None
        details = {"role": role, "city": city, "until": ends}
        journal.append(actor(by), "people.role_granted", actor(person), details)
    forget(person)
    forget(by)
    return grant


def revoke_role(by: User, grant_id: int) -> None:
    """Take a role back.

    Raises:
        MissingError: it is gone already, or never was.
        RefusedError: `by` is no administrator of that city; or nobody would be left to give roles.
    """
    with transaction.atomic():
        grant = RoleGrant.objects.select_for_update().filter(pk=grant_id).first()
        require(by, "people.see_roles")
        if grant is None:
            raise MissingError("server.people.no_grant")
        require(by, "people.grant_role", grant)
        person = grant.user
        if grant.role == Role.ADMINISTRATOR and not grant.city and not person.is_superuser:
            refuse_last_administrator(person)
        grant.delete()
        details = {"role": grant.role, "city": grant.city}
        journal.append(actor(by), "people.role_revoked", actor(person), details)
    forget(person)
    forget(by)
