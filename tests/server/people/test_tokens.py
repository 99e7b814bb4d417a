"""A token is shown once, kept as a hash, bound to its scopes and its end, and gone when revoked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dataferry.messages import InputError, RefusedError
from dataferry.server.journal.models import Event
from dataferry.server.people import actions
from dataferry.server.people.models import ApiToken
from server.people.conftest import sign_in
from server.persons import make_person

pytestmark = pytest.mark.django_db

API = "/api/v1"


def call(secret: str, method: str = "get", path: str = "/me", body: Any = None) -> Any:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(Client(), method)(API + path, **data, **headers)


def test_the_secret_is_shown_once_and_never_kept(signed: Client, member: Any) -> None:
    form = {"name": "laptop", "scopes": ["read", "write"], "days": "30"}
    page = signed.post("/en/account/tokens/", form)
    secret = page.context["secret"]
    assert page.content.decode().count(secret) == 1
    assert "no-store" in page["Cache-Control"]
    assert secret not in signed.get("/en/account/tokens/").content.decode()
    token = ApiToken.objects.get()
    assert secret not in str(ApiToken.objects.values())
    assert secret.startswith(token.prefix)
    assert call(secret).json()["email"] == member.email
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert secret not in str(Event.objects.values())
    assert token.name not in str(Event.objects.values())

    signed.post(f"/en/account/tokens/{token.pk}/revoke/")
    assert call(secret).status_code == 401
    assert [event.act for event in Event.objects.order_by("sequence")] == [
        "people.token_issued",
        "people.token_revoked",
    ]


@pytest.mark.parametrize("state", ["unknown", "expired", "revoked", "owner gone", "basic"])
def test_a_token_that_is_not_good_is_refused_everywhere(member: Any, state: str) -> None:
    token, secret = actions.issue_token(member, "x", ["publish"], 1)
    if state == "unknown":
        secret = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    elif state == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif state == "revoked":
        actions.revoke_token(member, token.pk)
    elif state == "owner gone":
        member.is_active = False
        member.save()
    for path in ("/me", "/me/tokens", "/organisations"):
        answer = call(secret, path=path)
        if state == "basic":
            answer = Client().get(API + path, HTTP_AUTHORIZATION="Basic " + secret)
        assert answer.status_code == 401, path
        assert answer.json()["code"] == "server.people.bad_token"


def test_scopes_are_steps_and_a_token_gives_no_more_than_it_has(member: Any) -> None:
    _token, reading = actions.issue_token(member, "r", ["read"], 1)
    _token, writing = actions.issue_token(member, "w", ["write"], 1)
    body = {"name": "child", "scopes": ["read"], "days": 1}
    assert call(reading, "post", "/me/tokens", body).status_code == 403
    assert call(writing).status_code == 200
    made = call(writing, "post", "/me/tokens", body)
    assert made.status_code == 201
    assert call(made.json()["secret"]).status_code == 200
    more = call(writing, "post", "/me/tokens", {**body, "scopes": ["publish"]})
    assert (more.status_code, more.json()["code"]) == (403, "server.people.scope_missing")
    assert call(reading, "delete", f"/me/tokens/{made.json()['id']}").status_code == 403
    assert call(writing, "delete", f"/me/tokens/{made.json()['id']}").json()["revoked_at"]


def test_one_persons_tokens_are_out_of_reach_of_another(member: Any) -> None:
    token, _secret = actions.issue_token(member, "mine", ["read"], 1)
    _token, other = actions.issue_token(make_person(), "other", ["write"], 1)
    assert call(other, "delete", f"/me/tokens/{token.pk}").status_code == 404
    assert call(other, path="/me/tokens").json()["items"][0]["name"] == "other"
    for number in (0, -1, 2**63, 10**30):
        assert call(other, "delete", f"/me/tokens/{number}").status_code in {404, 422}


def test_a_session_changes_nothing_through_the_api_without_its_csrf_token(member: Any) -> None:
    client = sign_in(Client(), member.email)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.get(API + "/me").status_code == 200
    body = {"data": json.dumps({"name": "x", "scopes": ["read"]}), "content_type": "application/json"}
    assert strict.post(API + "/me/tokens", **body).status_code == 403
    strict.get("/en/account/tokens/")
    csrf = strict.cookies["csrftoken"].value
    assert strict.post(API + "/me/tokens", **body, HTTP_X_CSRFTOKEN=csrf).status_code == 201


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "a\x00b"}, {"scopes": []}, {"scopes": ["root"]}, {"days": 0}, {"days": 367}]
)
def test_what_is_no_token(member: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        actions.issue_token(member, **{"name": "x", "scopes": ["read"], "days": 1, **changes})
    assert not ApiToken.objects.exists()


def test_without_a_verified_address_there_are_no_tokens() -> None:
    with pytest.raises(RefusedError) as refused:
        actions.issue_token(make_person(verified=False), "x", ["read"], 1)
    assert refused.value.code == "server.people.verify_first"


def test_lists_cost_the_same_with_many_rows(member: Any, django_assert_max_num_queries: Any) -> None:
    _token, secret = actions.issue_token(member, "x", ["read"], 1)
    for number in range(20):
        actions.issue_token(member, f"t{number}", ["read"], 1)
        actions.create_organisation(make_person(), {"en": f"O{number}"}, f"o{number}") if number < 5 else None
    call(secret)
    with django_assert_max_num_queries(8):
        assert len(call(secret, path="/me/tokens").json()["items"]) == 21
