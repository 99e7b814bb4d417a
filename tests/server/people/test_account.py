"""A person can see all that is held about them and end it: nothing personal stays in any table, references do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from dataferry.messages import InputError, RefusedError
from dataferry.server import people
from dataferry.server.journal.models import Event
from dataferry.server.people import actions
from dataferry.server.people.models import Invitation, Membership, Profile
from server.people.conftest import sign_in
from server.persons import PASSWORD, make_person

pytestmark = pytest.mark.django_db

DELETE = "/en/account/delete/"


def every_text() -> dict[str, str]:
    """All that each table of the database holds, as text."""
    told = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            told[table] = str([[str(value) for value in row] for row in cursor.fetchall()]).lower()
    return told


def a_full_life() -> tuple[User, Client]:
    """A person who has used everything this room offers."""
    user = make_person("xiaoming.wong@example.org", people.Role.JUDGE, first_name="Xiaoming", last_name="Wong")
    EmailAddress.objects.create(user=user, email="private-wong@example.net", verified=True)
    client = sign_in(Client(HTTP_USER_AGENT="Wong-Browser/1.0", REMOTE_ADDR="198.51.100.77"), user.email)
    client.get("/en/account/")
    actions.change_profile(
        user, display_name="黃小明 Wong", language="zh-hant", time_zone="Asia/Hong_Kong", city="hong-kong"
    )
    actions.issue_token(user, "token of Wong", ["read"], 30)
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Wong's phone"})
    host = make_person("host@example.org")
    actions.create_organisation(host, {"en": "Host"}, "host")
    Membership.objects.create(organisation=host.memberships.get().organisation, user=user)
    actions.create_organisation(host, {"en": "Second"}, "second")
    actions.invite(host, "second", "private-wong@example.net", page="https://x.example/")
    Client().post("/en/account/login/", {"login": user.email, "password": "wrong"})
    desk = sign_in(Client(), make_desk().username, PASSWORD)
    address = user.emailaddress_set.get(primary=True)
    desk.post(
        f"/admin/account/emailaddress/{address.pk}/change/",
        {
            "user": user.pk,
            "email": address.email,
            "verified": "on",
            "primary": "on",
        },
    )
    return user, client


def make_desk() -> User:
    return User.objects.create_superuser("desk", password=PASSWORD)


PERSONAL = ("wong", "黃小明", "xiaoming", "198.51.100.77")


def test_the_copy_holds_everything_the_tables_hold() -> None:
    user, client = a_full_life()
    asked = client.post("/en/account/data/").url
    assert asked.startswith("/en/account/reauthenticate/")
    answer = client.post(asked, {"password": PASSWORD})
    assert answer["Content-Disposition"].startswith("attachment")
    copy = json.loads(answer.content)["rooms"]["people"]
    assert {each["email"] for each in copy["email_addresses"]} == {
        "xiaoming.wong@example.org",
        "private-wong@example.net",
    }
    assert copy["profile"]["display_name"] == "黃小明 Wong"
    assert copy["account"]["first_name"] == "Xiaoming"
    assert copy["api_tokens"][0]["name"] == "token of Wong"
    assert copy["authenticators"][0]["name"] == "Wong's phone"
    assert copy["sessions"][0]["internet_address"] == "198.51.100.77"
    assert copy["organisations"][0]["organisation"] == "host"
    assert copy["invitations"][0]["organisation"] == "second"
    assert copy["roles"][0]["role"] == "judge"
    assert user.api_tokens.get().digest not in answer.content.decode()


def test_the_end_of_an_account_leaves_a_number_and_nothing_else() -> None:
    user, client = a_full_life()
    before = every_text()
    for word in PERSONAL:
        assert any(word in text for text in before.values()), "the test must plant what it looks for"
    assert "wong" in before["django_admin_log"]

    asked = client.get(DELETE).url
    client.post(asked, {"password": PASSWORD})
    assert client.post(DELETE).status_code == 422, "one box must be ticked"
    answer = client.post(DELETE, {"sure": "yes"})
    assert answer.status_code == 200
    assert b"deleted" in answer.content

    left = {table: word for table, text in every_text().items() for word in PERSONAL if word in text}
    assert left == {}
    stone = User.objects.get(pk=user.pk)
    assert (stone.username, stone.email, stone.is_active) == (f"deleted-{user.pk}", "", False)
    assert not stone.has_usable_password()
    assert not Profile.objects.filter(user=stone).exists()
    assert people.queries.display_name(stone) == f"Deleted account {user.pk}"
    assert Event.objects.filter(act="people.account_deleted", object=f"person:{user.pk}").count() == 1
    assert client.get("/en/account/").status_code == 302
    assert not Invitation.objects.exists()
    again = Client().post("/en/account/signup/", {"email": "xiaoming.wong@example.org", "password1": PASSWORD})
    assert again.status_code == 302
    assert User.objects.filter(email="xiaoming.wong@example.org").exists(), "the address is free again"


def test_an_account_that_others_need_stays(administrator: Any) -> None:
    actions.create_organisation(administrator, {"en": "Alone"}, "alone")
    with pytest.raises(RefusedError) as refused:
        actions.delete_account(administrator)
    assert refused.value.code == "server.people.last_administrator"
    make_person("second@example.org", people.Role.ADMINISTRATOR)
    with pytest.raises(RefusedError) as refused:
        actions.delete_account(administrator)
    assert refused.value.code == "server.people.last_manager"
    actions.close_organisation(administrator, "alone")
    actions.delete_account(administrator)
    assert not User.objects.get(pk=administrator.pk).is_active


def test_another_room_exports_erases_and_may_refuse(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.people import personal_data

    monkeypatch.setattr(personal_data, "_parts", dict(personal_data._parts))
    erased = []

    def erase(user: User) -> None:
        erased.append(user.pk)
        if len(erased) == 1:
            raise RefusedError("server.people.not_allowed")

    people.register_personal_data("later", lambda user: {"notes": [user.pk]}, erase)
    assert personal_data.export_all(member)["rooms"]["later"] == {"notes": [member.pk]}
    with pytest.raises(RefusedError):
        actions.delete_account(member)
    assert User.objects.get(pk=member.pk).is_active
    assert not Event.objects.exists()
    actions.delete_account(member)
    assert erased == [member.pk, member.pk]


def test_what_the_profile_says_takes_effect(signed: Client, member: Any) -> None:
    form = {"display_name": "Mei", "language": "zh-hans", "time_zone": "Asia/Shanghai", "city": "shanghai"}
    answer = signed.post("/en/account/profile/", form)
    assert answer.url == "/zh-hans/account/profile/"
    assert signed.get("/").url == "/zh-hans/", "an address without a language takes the person's"
    assert signed.get("/en/account/").wsgi_request.path.startswith("/en/")
    until = make_grant_ending_late(member)
    page = signed.get("/en/account/").content.decode()
    assert until in page, "days are those of the person's zone"


def make_grant_ending_late(member: Any) -> str:
    from datetime import UTC, datetime

    from dataferry.server.people.models import RoleGrant

    RoleGrant.objects.create(user=member, role="judge", until=datetime(2099, 12, 30, 18, 0, tzinfo=UTC))
    return "31 Dec 2099"


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "x" * 81},
        {"display_name": "a\nb"},
        {"display_name": "a\u202eb"},
        {"language": "tlh"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "Mars/Olympus"},
        {"city": "macau"},
    ],
)
def test_what_is_no_profile(member: Any, changes: dict[str, str]) -> None:
    with pytest.raises(InputError):
        actions.change_profile(member, **{"display_name": "", "language": "", "time_zone": "", "city": "", **changes})


def test_people_of_the_first_release_get_a_profile() -> None:
    from importlib import import_module

    from django.apps import apps

    old = User.objects.create_superuser("admin", password=PASSWORD)
    Profile.objects.all().delete()
    import_module("dataferry.server.people.migrations.0002_profiles_for_all").make_profiles(apps, None)
    assert Profile.objects.get().user_id == old.pk
