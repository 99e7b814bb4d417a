"""Promise: every refusal of the API is one problem document, in the caller's language, and tells no insides."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.server.web.problems import Problem

STATUSES = {"input": 422, "conflict": 409, "busy": 503, "missing": 404, "fault": 500, "manifest": 422}


@pytest.mark.parametrize(("how", "status"), STATUSES.items())
def test_each_kind_of_error_has_its_status_and_the_one_form(caller: Client, how: str, status: int) -> None:
    answer = caller.get(f"/api/v1/fails/{how}")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = Problem.model_validate(answer.json())
    assert problem.status == status
    assert problem.type == f"urn:dataferry:problem:{problem.code}"
    assert problem.instance == f"urn:dataferry:request:{answer['X-Request-Id']}"
    assert ("Retry-After" in answer) == (status == 503) == problem.retry


def test_a_fault_of_ours_is_logged_and_not_told(caller: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = caller.get("/api/v1/fails/fault")
    assert "hunter2" not in answer.content.decode()
    assert "ZeroDivisionError" not in answer.content.decode()
    assert "ZeroDivisionError" in caplog.text


def test_several_findings_are_all_told_with_their_words(caller: Client) -> None:
    found = caller.get("/api/v1/fails/manifest", headers={"accept-language": "zh-Hans"}).json()
    assert [(item["severity"], item["data"]["line"]) for item in found["findings"]] == [("blocked", 3)]
    assert "problems" not in found["data"]


@pytest.mark.parametrize(
    ("asked", "tag", "word"),
    [
        ({"accept-language": "zh-HK,zh;q=0.9,en;q=0.1"}, "zh-Hant", "游標"),
        ({"accept-language": "zh-CN"}, "zh-Hans", "游标"),
        ({"accept-language": "fr, de;q=0.3"}, "en", "cursor"),
        ({"accept-language": "en", "lang": "zh-Hant"}, "zh-Hant", "游標"),
        ({}, "en", "cursor"),
    ],
)
def test_the_caller_is_told_in_its_language(caller: Client, asked: dict[str, str], tag: str, word: str) -> None:
    query = f"?lang={asked.pop('lang')}" if "lang" in asked else ""
    answer = caller.get(f"/api/v1/fails/input{query}", headers=asked)
    assert word in answer.json()["detail"]
    assert answer["Content-Language"] == tag
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ('{"size": 1, "name": "123456"}', 422, ["body.body.size", "body.body.name"]),
        ("{}", 422, ["body.body.size"]),
        ("not json", 400, []),
        ('{"size": NaN}', 400, []),
        ('{"size": 3, "name": "a\\u0000"}', 422, []),
        ('{"size": 3, "name": "\\ud800"}', 422, []),
        ("[" * 100_000, 400, []),
        ("9" * 10_000, 400, []),
        ("", 422, ["body.body"]),
    ],
)
def test_a_bad_body_is_told_field_by_field(caller: Client, body: str, status: int, place: list[str]) -> None:
    answer = caller.put("/api/v1/thing", body, content_type="application/json", headers={"accept-language": "zh-HK"})
    assert answer.status_code == status, answer.content
    assert [item["place"] for item in answer.json()["errors"]] == place
    for item in answer.json()["errors"]:
        assert not item["message"].isascii()


def test_a_body_beyond_the_limit_is_413(caller: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = caller.put("/api/v1/thing", '{"size": 3, "name": "' + "x" * 200 + '"}', content_type="application/json")
    assert answer.status_code == 413
    assert answer.json()["code"] == "server.web.too_large"


@pytest.mark.parametrize("address", ["/api/v1/names?scope=%00", "/api/v1/names?%00=1", "/api/v1/fails/%00"])
def test_nul_is_refused_before_it_meets_a_database(caller: Client, address: str) -> None:
    answer = caller.get(address)
    assert answer.status_code == 422
    assert answer.json()["code"] == "server.web.control_characters"


def test_what_the_framework_refuses_is_a_problem_too(caller: Client) -> None:
    nothing = caller.get("/api/v1/nothing")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "server.web.not_found")
    method = caller.delete("/api/v1/thing")
    assert (method.status_code, method.json()["code"]) == (405, "server.web.method_not_allowed")
    assert set(method["Allow"].split(", ")) == {"GET", "PUT"}
    host = caller.get("/api/v1/thing", headers={"host": "elsewhere.example"})
    assert (host.status_code, host["Content-Type"]) == (400, "application/problem+json")


def test_every_declared_status_has_a_title_in_three_languages() -> None:
    from dataferry.messages import codes

    words = codes("server.web")
    assert all(set(words[f"title_{status}"]) == {"en", "zh-Hant", "zh-Hans"} for status in Problem.STATUSES)
