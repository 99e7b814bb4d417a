"""The account itself: what a person tells about themselves, and its end."""

from __future__ import annotations

import zoneinfo
from functools import cache

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal
from dataferry.server.people.models import Invitation, Membership, Organisation, Profile, RoleGrant
from dataferry.server.people.permissions import actor, require
from dataferry.server.people.personal_data import erase_all
from dataferry.server.people.predicates import forget
from dataferry.server.people.queries import administrators
from dataferry.server.people.roles import City, Role
from dataferry.server.people.texts import one_line

LONGEST_NAME = 80


@cache
def time_zones() -> frozenset[str]:
    """Every time zone that this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def change_profile(user: User, *, display_name: str, language: str, time_zone: str, city: str) -> Profile:
    """Set what the person tells about themselves; empty values mean "not stated".

    Raises:
        InputError: a name too long or with control characters, a language, time zone or city that is not offered.
    """
    require(user, "people.use_account")
    name = one_line(display_name, "display_name", LONGEST_NAME, may_be_empty=True)
    _offered("language", language, {code for code, _name in settings.LANGUAGES})
    _offered("time_zone", time_zone, time_zones())
    _offered("city", city, set(City.values))
    with transaction.atomic():
        profile, _new = Profile.objects.get_or_create(user=user)
        profile.display_name, profile.language, profile.time_zone, profile.city = name, language, time_zone, city
        profile.save()
    user.profile = profile
    return profile


def _offered(field: str, value: str, offered: set[str] | frozenset[str]) -> None:
    if value and value not in offered:
        raise InputError("server.people.not_offered", field=field, value=value)


def delete_account(user: User) -> None:
    """End an account: everything personal goes, the row stays as a number that references point to.

    Raises:
        RefusedError: the person is the last manager of an organisation, or the last administrator; or a later room
            says why not.
    """
    require(user, "people.use_account")
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        refuse_last_administrator(locked)
        _refuse_last_manager(locked)
        erase_all(locked)
        _end_sessions(locked)
        _forget_in_desk_log(locked)
        addresses = [
            address.lower() for address in EmailAddress.objects.filter(user=locked).values_list("email", flat=True)
        ]
        Invitation.objects.filter(email__in=addresses).delete()
        EmailAddress.objects.filter(user=locked).delete()
        Authenticator.objects.filter(user=locked).delete()
        locked.api_tokens.all().delete()
        locked.memberships.all().delete()
        locked.role_grants.all().delete()
        Profile.objects.filter(user=locked).delete()
        _make_tombstone(locked)
        journal.append(actor(locked), "people.account_deleted", f"person:{locked.pk}", {})
    forget(user)


def refuse_last_administrator(user: User) -> None:
    """Raise where nobody else could give roles. Call it inside a transaction: it holds the rows it counts."""
    list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk").values_list("pk"))
    list(_administrator_grants().select_for_update().order_by("pk").values_list("pk"))
    if administrators() and not administrators(besides=user.pk):
        raise RefusedError("server.people.last_administrator")


def _administrator_grants() -> models.QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(role=Role.ADMINISTRATOR, city="")


def _refuse_last_manager(user: User) -> None:
    managed = list(Membership.objects.filter(user=user, is_manager=True).values_list("organisation_id", flat=True))
    rows = Membership.objects.select_for_update().filter(organisation_id__in=managed).order_by("pk")
    others = {row.organisation_id for row in rows if row.is_manager and row.user_id != user.pk}
    alone = Organisation.objects.filter(pk__in=set(managed) - others).first()
    if alone is not None:
        raise RefusedError("server.people.last_manager", name=alone.slug)


def _end_sessions(user: User) -> None:
    kept = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=[row.session_key for row in kept]).delete()
    kept.delete()


def _forget_in_desk_log(user: User) -> None:
    """Django's desk writes down what rows were called; addresses and names of this person leave its log."""
    words = {user.email, user.username, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)} - {""}
    spoken = Q(pk__in=[])
    for word in words:
        spoken |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    LogEntry.objects.filter(spoken).update(object_repr="", change_message="")


def _make_tombstone(user: User) -> None:
    user.username = f"deleted-{user.pk}"
    user.email = user.first_name = user.last_name = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.groups.clear()
    user.user_permissions.clear()
    user.save()
