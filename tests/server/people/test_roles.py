"""A role counts where and as long as it was given, and only who may give it gives it; the journal knows."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import people
from dataferry.server.journal.models import Event
from dataferry.server.people import Role, actions, predicates
from dataferry.server.people.models import RoleGrant
from server.persons import make_person

pytestmark = pytest.mark.django_db

HK, SH, BOTH = "hong-kong", "shanghai", ""
NOWHERE = object()
PAST, LATER = timedelta(seconds=-1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("grants", "where", "holds"),
    [
        ([], NOWHERE, False),
        ([(HK, None)], NOWHERE, True),
        ([(HK, None)], HK, True),
        ([(HK, None)], SH, False),
        ([(HK, None)], BOTH, False),
        ([(HK, None), (SH, None)], BOTH, True),
        ([(BOTH, None)], SH, True),
        ([(BOTH, None)], BOTH, True),
        ([(HK, PAST)], HK, False),
        ([(HK, LATER)], HK, True),
        ([(BOTH, PAST), (SH, LATER)], HK, False),
        ([(BOTH, PAST), (SH, LATER)], SH, True),
    ],
)
def test_a_role_counts_where_and_while_it_was_given(grants: Any, where: Any, holds: bool) -> None:
    judge = make_person()
    for city, end in grants:
        until = None if end is None else timezone.now() + end
        RoleGrant.objects.create(user=judge, role=Role.JUDGE, city=city, until=until)
    place = None if where is NOWHERE else SimpleNamespace(city=where)
    assert predicates.has_role(Role.JUDGE)(judge, place) is holds
    assert predicates.has_role(Role.ASSESSOR)(judge, place) is False


@pytest.mark.parametrize("spoil", ["unverified", "inactive", "visitor"])
def test_a_role_is_nothing_without_a_verified_living_account(spoil: str) -> None:
    person: Any = make_person("", Role.ADMINISTRATOR, verified=spoil != "unverified")
    if spoil == "inactive":
        person.is_active = False
    if spoil == "visitor":
        person = AnonymousUser()
    assert not people.can(person, "people.grant_role", SimpleNamespace(city=HK))
    expected = RefusedError if spoil == "unverified" else people.SignInNeeded
    with pytest.raises(expected) as refused:
        people.require(person, "people.grant_role")
    assert refused.value.http_status == (403 if spoil == "unverified" else 401)


def test_giving_and_taking_back_is_journalled_without_names(administrator: Any, member: Any) -> None:
    until = timezone.now() + timedelta(days=30)
    grant = actions.grant_role(administrator, "MEMBER@example.org", Role.JUDGE, HK, until)
    assert predicates.holds(member, Role.JUDGE, SimpleNamespace(city=HK))
    again = actions.grant_role(administrator, member.email, Role.JUDGE, HK)
    assert (again.pk, again.until) == (grant.pk, None)
    actions.revoke_role(administrator, grant.pk)
    predicates.forget(member)
    assert not predicates.holds(member, Role.JUDGE, SimpleNamespace(city=HK))
    told = [(event.act, event.actor, event.object) for event in Event.objects.order_by("sequence")]
    person = f"person:{member.pk}"
    by = f"person:{administrator.pk}"
    assert told == [
        ("people.role_granted", by, person),
        ("people.role_granted", by, person),
        ("people.role_revoked", by, person),
    ]
    assert "@" not in "".join(event.payload_text for event in Event.objects.all())
    with pytest.raises(MissingError):
        actions.revoke_role(administrator, grant.pk)


def test_an_administrator_of_one_city_stays_there(member: Any) -> None:
    local = make_person("", Role.ADMINISTRATOR, city=HK)
    actions.grant_role(local, member.email, Role.JUDGE, HK)
    for city in (SH, BOTH):
        with pytest.raises(RefusedError):
            actions.grant_role(local, member.email, Role.JUDGE, city)
    elsewhere = RoleGrant.objects.create(user=member, role=Role.JUDGE, city=SH)
    with pytest.raises(RefusedError):
        actions.revoke_role(local, elsewhere.pk)
    assert RoleGrant.objects.filter(pk=elsewhere.pk).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "nobody@example.org"}, "server.people.no_such_person"),
        ({"email": "' OR 1=1 --"}, "server.people.no_such_person"),
        ({"role": "emperor"}, "server.people.not_offered"),
        ({"city": "macau"}, "server.people.not_offered"),
        ({"until": timezone.now() - timedelta(days=1)}, "server.people.end_passed"),
    ],
)
def test_what_cannot_be_given(administrator: Any, member: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as refused:
        actions.grant_role(administrator, **{"email": member.email, "role": Role.JUDGE, "city": HK, **changes})
    assert refused.value.code == code
    assert not Event.objects.exists()


def test_the_last_administrator_keeps_the_role(administrator: Any) -> None:
    own = RoleGrant.objects.get(user=administrator)
    with pytest.raises(RefusedError) as refused:
        actions.revoke_role(administrator, own.pk)
    assert refused.value.code == "server.people.last_administrator"
    make_person("second@example.org", Role.ADMINISTRATOR)
    actions.revoke_role(administrator, own.pk)
    assert not people.can(administrator, "people.grant_role")


def test_an_unknown_permission_is_a_fault_and_not_a_no(member: Any) -> None:
    with pytest.raises(KeyError):
        people.can(member, "people.fly")
