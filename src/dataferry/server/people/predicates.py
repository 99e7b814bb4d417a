"""Roles as code: small questions about a person and a thing, which rooms combine into permissions with `rules`.

A predicate looks at the user's rows through reverse relations and imports no model, so that any room may name it while
Django is still starting. What it reads is kept on the user object, which lives as long as the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import rules
from django.utils import timezone

from dataferry.server.people.roles import City, Role

_KEPT = "_dataferry_standing"


class _Standing:
    """What the database says about one person: verified, roles with their cities, organisations."""

    def __init__(self, user: Any) -> None:
        self.verified = user.is_superuser or user.emailaddress_set.filter(verified=True).exists()
        now = timezone.now()
        self.roles: dict[str, set[str]] = {}
        for role, city, until in user.role_grants.values_list("role", "city", "until"):
            if until is None or until > now:
                self.roles.setdefault(role, set()).add(city)
        self.managed: set[int] = set()
        self.organisations: set[int] = set()
        for organisation, is_manager in user.memberships.values_list("organisation_id", "is_manager"):
            self.organisations.add(organisation)
            if is_manager:
                self.managed.add(organisation)


def _standing(user: Any) -> _Standing | None:
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    kept = getattr(user, _KEPT, None)
    if kept is None:
        kept = _Standing(user)
        setattr(user, _KEPT, kept)
    return kept


def forget(user: Any) -> None:
    """Read this person's standing anew at the next question: for actions that have just changed it."""
    if hasattr(user, _KEPT):
        delattr(user, _KEPT)


def holds(user: Any, role: str, obj: Any = None) -> bool:
    """Whether the person is a member who holds the role where `obj` is.

    Without an object, or for one that has no `city` at all, a grant in any city is enough. An object whose city is
    empty concerns both cities and needs a grant for both.
    """
    standing = _standing(user)
    if standing is None or not standing.verified:
        return False
    cities = standing.roles.get(role, set())
    if not hasattr(obj, "city"):
        return bool(cities)
    if "" in cities:
        return True
    wanted = {obj.city} if obj.city else set(City.values)
    return wanted <= cities


@dataclass(frozen=True)
class _Somewhere:
    """Anything that is in a city."""

    city: str


def cities_of(user: Any, role: str) -> list[str]:
    """The cities in which the person holds the role."""
    return [city for city in City.values if holds(user, role, _Somewhere(city))]


@rules.predicate
def is_signed_in(user: Any) -> bool:
    return _standing(user) is not None


@rules.predicate
def is_member(user: Any) -> bool:
    """Signed in, with an e-mail address that was shown to be theirs (the first account needs none)."""
    standing = _standing(user)
    return standing is not None and standing.verified


@rules.predicate
def is_administrator(user: Any, obj: Any = None) -> bool:
    """An administrator where `obj` is; Django's superusers are administrators of both cities."""
    return (_standing(user) is not None and user.is_superuser) or holds(user, Role.ADMINISTRATOR, obj)


@rules.predicate
def is_administrator_somewhere(user: Any) -> bool:
    """An administrator of one city at least."""
    return is_administrator(user, None)


@cache
def has_role(role: str) -> Any:
    """The predicate "holds this role where the object is". See `holds`."""
    return rules.predicate(lambda user, obj=None: holds(user, role, obj), name=f"has_role:{role}")


def _organisation_id(obj: Any) -> int | None:
    """Of an organisation, or of a thing that belongs to one."""
    if obj is None:
        return None
    if hasattr(obj, "organisation_id"):
        return obj.organisation_id
    return obj.pk


@rules.predicate
def belongs_to_organisation(user: Any, obj: Any = None) -> bool:
    """A member of the organisation `obj`, or of the one that `obj` belongs to (`obj.organisation`)."""
    standing, organisation = _standing(user), _organisation_id(obj)
    return standing is not None and standing.verified and organisation in standing.organisations


@rules.predicate
def manages_organisation(user: Any, obj: Any = None) -> bool:
    """A manager of the organisation `obj`, or of the one that `obj` belongs to."""
    standing, organisation = _standing(user), _organisation_id(obj)
    return standing is not None and standing.verified and organisation in standing.managed


def organisations_of(user: Any) -> frozenset[int]:
    """Ids of the organisations a member belongs to; none for visitors."""
    standing = _standing(user)
    return frozenset(standing.organisations) if standing is not None and standing.verified else frozenset()
