"""Promise: what a caller has is not sent again, and nobody overwrites what they did not see."""

from __future__ import annotations

import json

import pytest
from django.test import Client

THING = "/api/v1/thing"
NAMES = "/api/v1/names"


def put(caller: Client, **headers: str) -> int:
    body = json.dumps({"size": 4})
    return caller.put(THING, body, content_type="application/json", headers=headers).status_code


def test_an_unchanged_answer_is_304_without_a_body(caller: Client) -> None:
    first = caller.get(NAMES, {"limit": 3})
    assert first["ETag"].startswith('W/"')
    for tag in (first["ETag"], first["ETag"].removeprefix("W/"), f'"other", {first["ETag"]}', "*"):
        again = caller.get(NAMES, {"limit": 3}, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert caller.get(NAMES, {"limit": 4}, headers={"if-none-match": first["ETag"]}).status_code == 200
    assert caller.get(NAMES, {"limit": 3}, headers={"if-none-match": "rubbish"}).status_code == 200


def test_answers_differ_by_language_and_caller_and_say_so(caller: Client) -> None:
    answer = caller.get(NAMES)
    assert {"Accept-Language", "Authorization", "Cookie"} <= set(answer["Vary"].split(", "))
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_change_needs_the_state_that_was_read(caller: Client) -> None:
    tag = caller.get(THING)["ETag"]
    assert tag == '"r7"'
    assert put(caller) == 428
    assert put(caller, if_match='"r6"') == 412
    assert put(caller, if_match=f"W/{tag}") == 412
    assert put(caller, if_match=tag) == 200
    assert put(caller, if_match=tag) == 412
    assert caller.get(THING)["ETag"] == '"r8"'


@pytest.mark.parametrize("tag", ['"r7", "r9"', "*"])
def test_a_list_of_states_or_any_state_will_do(caller: Client, tag: str) -> None:
    assert put(caller, if_match=tag) == 200
