"""Sign-up, verification, sign-in, second step and lock-out work through the real pages and tell strangers nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from dataferry.server import people
from dataferry.server.people import predicates
from server.people.conftest import sign_in
from server.persons import PASSWORD, make_person

pytestmark = pytest.mark.django_db

LOGIN = "/en/account/login/"
SIGNUP = "/en/account/signup/"
OVERVIEW = "/en/account/"


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_from_sign_up_to_the_second_step(client: Client, link_in: Any) -> None:
    answer = client.post(SIGNUP, {"email": "Mei@example.org", "password1": PASSWORD})
    assert answer.url == "/en/account/confirm-email/"
    user = User.objects.get(email="mei@example.org")
    assert "mei" not in user.username
    assert not predicates.is_member(user)

    sign_in(client, "mei@example.org")
    assert not is_signed_in(client), "an address that nobody confirmed lets nobody in"

    path = link_in()
    assert b"mei@example.org" in client.get(path).content
    assert not user.emailaddress_set.filter(verified=True).exists(), "looking at the link confirms nothing"
    client.post(path)
    predicates.forget(user)
    assert predicates.is_member(user)
    sign_in(client, "mei@example.org")
    assert is_signed_in(client)

    asked = client.get("/en/account/2fa/totp/activate/").url
    assert asked.startswith("/en/account/reauthenticate/"), "who changes the locks shows the password again"
    page = client.post(asked, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    code = totp(secret)
    client.post("/en/account/2fa/totp/activate/", {"code": code})
    kept = Authenticator.objects.get(user=user, type="totp")
    assert secret not in str(kept.data), "the secret of the app is encrypted at rest"
    assert Authenticator.objects.filter(user=user, type="recovery_codes").exists()

    client.post("/en/account/logout/")
    assert not is_signed_in(client)
    answer = client.post(LOGIN, {"login": "mei@example.org", "password": PASSWORD})
    assert answer.url.endswith("/2fa/authenticate/")
    assert not is_signed_in(client)
    client.post("/en/account/2fa/authenticate/", {"code": "000000"})
    assert not is_signed_in(client)
    recovery = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    client.post("/en/account/2fa/authenticate/", {"code": recovery})
    assert is_signed_in(client)


def totp(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06d}"


def test_a_stranger_learns_nothing_about_who_has_an_account(client: Client) -> None:
    make_person("known@example.org")
    told = {}
    for email in ("known@example.org", "unknown@example.org"):
        mail.outbox.clear()
        fresh = Client()
        signup = fresh.post(SIGNUP, {"email": email, "password1": PASSWORD})
        reset = fresh.post("/en/account/password/reset/", {"email": email})
        wrong = fresh.post(LOGIN, {"login": email, "password": "not this one at all"})
        words = wrong.content.decode().replace(email, "").partition("<h1>")[2]
        told[email] = (signup.status_code, signup.url, reset.status_code, reset.url, wrong.status_code, cleaned(words))
        assert [letter.to for letter in mail.outbox] == [[email], [email]]
    assert told["known@example.org"] == told["unknown@example.org"]


def cleaned(page: str) -> str:
    """The page without what differs by visit."""
    return "".join(part.partition('">')[2] for part in page.split('name="csrfmiddlewaretoken"'))


def test_a_weak_password_is_refused_in_words(client: Client) -> None:
    answer = client.post(SIGNUP, {"email": "weak@example.org", "password1": "12345678"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["password1"]
    assert not User.objects.filter(email="weak@example.org").exists()


def test_five_wrong_tries_lock_one_account_from_one_address(client: Client) -> None:
    make_person("locked@example.org")
    make_person("other@example.org")
    for _ in range(4):
        assert client.post(LOGIN, {"login": "locked@example.org", "password": "wrong"}).status_code == 200
    assert client.post(LOGIN, {"login": "LOCKED@example.org", "password": "wrong"}).status_code == 429
    answer = client.post(LOGIN, {"login": "locked@example.org", "password": PASSWORD})
    assert answer.status_code == 429
    assert b"15 minutes" in answer.content
    assert not is_signed_in(client)
    elsewhere = sign_in(Client(), "locked@example.org", REMOTE_ADDR="203.0.113.9")
    assert is_signed_in(elsewhere), "the owner at another address is not locked out by a stranger"
    assert is_signed_in(sign_in(Client(), "other@example.org"))

    from axes.models import AccessAttempt

    held = str(list(AccessAttempt.objects.values()))
    assert "locked@" not in held.lower()
    assert "wrong" not in held


@pytest.mark.parametrize("path", [LOGIN, SIGNUP])
@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_to_another_site(client: Client, path: str, elsewhere: str) -> None:
    make_person("ferry@example.org")
    assert client.get(path, {"next": elsewhere}).status_code == 200
    answer = client.post(LOGIN, {"login": "ferry@example.org", "password": PASSWORD, "next": elsewhere})
    assert answer.url == OVERVIEW
    assert client.get(path, {"next": elsewhere}).url == OVERVIEW
    assert client.post("/en/account/logout/", {"next": elsewhere}).url == "/en/"


def test_signing_in_leads_back_to_where_one_was(client: Client) -> None:
    make_person("back@example.org")
    answer = client.get("/zh-hant/account/tokens/")
    assert answer.url == "/zh-hant/account/login/?next=%2Fzh-hant%2Faccount%2Ftokens%2F"
    answer = client.post(
        answer.url, {"login": "back@example.org", "password": PASSWORD, "next": "/zh-hant/account/tokens/"}
    )
    assert answer.url == "/zh-hant/account/tokens/"


def test_the_first_account_signs_in_by_name_and_administers(client: Client) -> None:
    from dataferry.server.portal.house import first_account

    made = first_account()
    assert made is not None
    answer = client.get("/admin/")
    assert client.get(answer.url).url.startswith("/en/account/login/"), "the desk has no door of its own"
    sign_in(client, made.name, made.password)
    assert is_signed_in(client)
    assert client.get("/admin/").status_code == 200
    assert client.get("/en/account/administration/roles/").status_code == 200
    assert people.can(User.objects.get(username=made.name), "people.grant_role")
    assert User.objects.get(username=made.name).profile is not None


def test_a_new_password_comes_by_letter_and_ends_other_sessions(client: Client, link_in: Any) -> None:
    make_person("lost@example.org")
    old = sign_in(Client(), "lost@example.org")
    client.post("/en/account/password/reset/", {"email": "lost@example.org"})
    link = link_in()
    path = client.get(link).url
    new = "another ferry at 8 in the evening"
    client.post(path, {"password1": new, "password2": new})
    assert is_signed_in(sign_in(Client(), "lost@example.org", new))
    assert old.get(OVERVIEW).status_code == 302
    assert b"too old" in client.get(link, follow=True).content
