"""Every page of the account answers in three languages without a word of another, and bad input never breaks one."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from allauth.account.models import EmailConfirmationHMAC
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from dataferry.server.people import Role, actions
from dataferry.server.people.models import Invitation, Membership
from server.people.conftest import sign_in
from server.people.passkeys import make_passkey
from server.persons import PASSWORD, make_person

pytestmark = pytest.mark.django_db

OUTSIDE = ("login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/", "inactive/",
           "password/reset/key/done/", "password/reset/key/1-bad/", "confirm-email/bad/")  # fmt: skip
INSIDE = ("", "profile/", "organisations/", "organisations/office/", "tokens/", "data/", "delete/", "email/", "logout/",
          "password/change/", "2fa/", "2fa/totp/deactivate/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/",
          "2fa/webauthn/", "2fa/webauthn/add/", "sessions/", "administration/roles/",
          "administration/organisations/", "reauthenticate/", "2fa/reauthenticate/",
          "2fa/webauthn/reauthenticate/")  # fmt: skip
# What is the same in every language: names, addresses, codes, zones, what was typed.
SAME = re.compile(
    r"Dataferry|English|JavaScript|API|JSON|PIN|QR|TOTP|Apache License 2\.0|[\w.+-]+@[\w.-]+|"
    r"\b(?:zh-\w+|dfy_\S*)|HK|SH|EN|office|Harbour|Mei|laptop|Wong|phone|[A-Z]{2,}\d*|[0-9A-Z]{16,}|"
    r"[A-Z][A-Za-z]+/[A-Za-z_+\-/0-9]+|UTC|browser/1\.0"
)  # fmt: skip


def said(page: str) -> str:
    """The words of a page that are in its own language, without markup."""
    page = re.sub(r"(?s)<(script|style|svg|option|datalist)\b.*?</\1>", " ", page)
    page = re.sub(r'(?s)<(\w+)[^>]*\slang="en"[^>]*>.*?</\1>', " ", page.partition("<body")[2])
    page = re.sub(r'(?s)<nav class="languages".*?</nav>', " ", page)
    attributes = " ".join(re.findall(r'(?:aria-label|placeholder|alt|title)="([^"]*)"', page))
    return html.unescape(re.sub(r"<[^>]+>", " ", page) + " " + attributes)


def english_in(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{3,}(?:[ ,.'-]+[A-Za-z]+)*", SAME.sub(" ", text))


@pytest.fixture
def inside() -> Client:
    """A browser of an administrator who has everything that a page can show."""
    user = make_person("mei@example.org", Role.ADMINISTRATOR, Role.JUDGE)
    client = sign_in(Client(HTTP_USER_AGENT="browser/1.0"), user.email)
    actions.change_profile(user, display_name="Mei", language="", time_zone="Asia/Shanghai", city="shanghai")
    actions.issue_token(user, "laptop", ["read", "publish"], 30)
    revoked, _secret = actions.issue_token(user, "Wong", ["write"], 30)
    actions.revoke_token(user, revoked.pk)
    office = actions.create_organisation(
        user, {"en": "Harbour", "zh-Hant": "海港", "zh-Hans": "海港"}, "office", "hong-kong"
    )
    Membership.objects.create(organisation=office, user=make_person())
    host = make_person("host@example.org")
    invited = actions.create_organisation(host, {"zh-Hant": "主", "zh-Hans": "主", "en": "Harbour"}, "host")
    Invitation.objects.create(organisation=invited, email=user.email, invited_by=host, is_manager=True)
    Invitation.objects.create(organisation=office, email="guest@example.org", invited_by=user)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    make_passkey(user, "phone")
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_no_english_is_left_outside(language: str) -> None:
    left = {}
    for path in OUTSIDE:
        answer = Client().get(f"/{language}/account/{path}", follow=True)
        assert answer.status_code == 200, path
        left[path] = english_in(said(answer.content.decode()))
    person = make_person("new@example.org", verified=False)
    key = EmailConfirmationHMAC(person.emailaddress_set.get()).key
    left["confirm"] = english_in(said(Client().get(f"/{language}/account/confirm-email/{key}/").content.decode()))
    wrong = Client().post(f"/{language}/account/login/", {"login": "x@example.org", "password": "y"})
    left["wrong"] = english_in(said(wrong.content.decode()))
    weak = Client().post(f"/{language}/account/signup/", {"email": "no", "password1": "123"})
    left["weak"] = english_in(said(weak.content.decode()))
    for _ in range(5):
        locked = Client().post(f"/{language}/account/login/", {"login": "x@example.org", "password": "y"})
    assert locked.status_code == 429
    left["locked"] = english_in(said(locked.content.decode()))
    assert {path: words for path, words in left.items() if words} == {}


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_no_english_is_left_inside(inside: Client, language: str) -> None:
    left = {}
    for path in INSIDE:
        answer = inside.get(f"/{language}/account/{path}")
        assert answer.status_code == 200, (path, answer.get("Location"))
        left[path] = english_in(said(answer.content.decode()))
    stranger = sign_in(Client(), make_person().email)
    refused = stranger.get(f"/{language}/account/administration/roles/")
    assert refused.status_code == 403
    left["refused"] = english_in(said(refused.content.decode()))
    stranger.post("/en/account/reauthenticate/", {"password": PASSWORD})
    left["totp"] = english_in(said(stranger.get(f"/{language}/account/2fa/totp/activate/").content.decode()))
    made = inside.post(f"/{language}/account/tokens/", {"name": "laptop", "scopes": "read", "days": "1"})
    left["made"] = english_in(said(made.content.decode().replace(made.context["secret"], "")))
    assert {path: words for path, words in left.items() if words} == {}


def test_pages_of_the_account_are_for_their_owner_only(inside: Client) -> None:
    for path in INSIDE:
        answer = Client().get(f"/en/account/{path}")
        assert answer.status_code == 302, path
        assert re.search("/account/(login|reauthenticate)/", answer.url) or path == "logout/", path
        answer = inside.get(f"/en/account/{path}")
        assert answer.status_code == 200, path
        assert "style=" not in answer.content.decode().partition("<body")[2], "the policy allows no inline style"


HOSTILE = ("", "\x00", "x" * 5000, "' OR 1=1 --", '"><script>alert(1)</script>', "\u202eevil", "99999999999999999999")
FORMS: dict[str, tuple[str, ...]] = {
    "login/": ("login", "password", "next"),
    "signup/": ("email", "password1", "next"),
    "password/reset/": ("email",),
    "profile/": ("display_name", "language", "time_zone", "city"),
    "tokens/": ("name", "scopes", "days"),
    "organisations/": ("name_en", "slug", "city"),
    "organisations/office/": ("do", "number", "email", "name_en", "city"),
    "administration/roles/": ("email", "role", "city", "until"),
    "administration/organisations/office/": ("do",),
    "email/": ("email", "action_add", "action_remove"),
    "password/change/": ("oldpassword", "password1", "password2"),
    "delete/": ("sure",),
    "2fa/webauthn/add/": ("name", "credential", "passwordless"),
    "2fa/webauthn/login/": ("credential",),
    "2fa/authenticate/": ("code", "credential"),
}


@pytest.mark.parametrize("path", FORMS)
def test_hostile_words_break_no_form(inside: Client, path: str, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    for field in FORMS[path]:
        for value in HOSTILE:
            browser = Client() if path in {"login/", "signup/", "password/reset/", "2fa/webauthn/login/"} else inside
            answer = browser.post(f"/en/account/{path}", {**dict.fromkeys(FORMS[path], "1"), field: value})
            assert answer.status_code < 500, (field, value)
            assert "<script>alert(1)" not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["organisations/no-such/", "tokens/999999999999999999999/revoke/", "administration/roles/0/revoke/",
     "invitations/77/", "administration/organisations/no-such/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404(inside: Client, path: str) -> None:
    assert inside.post(f"/en/account/{path}").status_code == 404


def test_lists_of_administrators_cost_the_same_with_many_rows(
    inside: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        person = make_person("", Role.ASSESSOR)
        actions.create_organisation(person, {"en": f"O{number}"}, f"o{number}")
    with django_assert_max_num_queries(14):
        assert inside.get("/en/account/administration/roles/").status_code == 200
    with django_assert_max_num_queries(14):
        assert inside.get("/en/account/administration/organisations/").status_code == 200
