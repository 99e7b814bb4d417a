"""Promise: the OpenAPI document is what the server does: every answer of every operation is one that it declares."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks

from dataferry.server.portal.api import api, operations

from .conftest import House

SNAPSHOT = Path(__file__).parents[3] / "docs/reference/openapi.json"
EXAMPLES = 10


@cache
def current() -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/"), default=str))
    # The version of the program is no part of the agreement.
    plain["info"]["version"] = ""
    return plain


def test_the_committed_document_is_the_current_one() -> None:
    """A change of the API is seen in review. Write it anew with `python tools/make_openapi.py`."""
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == current()


def test_the_document_stands_alone_and_says_everything() -> None:
    document = current()
    text = json.dumps(document)
    assert "http://" not in text.replace("http://127.0.0.1", "")
    assert "https://" not in text
    assert document["servers"] == [{"url": "/"}]
    ids = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["operationId"].replace("_", "").isalpha(), where
        assert operation["summary"], where
        assert operation.get("description"), where
        assert {"401", "403", "404", "422", "429", "503"} <= set(operation["responses"]), where
        for parameter in operation["parameters"]:
            if parameter["in"] != "path":
                assert parameter.get("description"), f"{where} {parameter['name']}"
    for answer in document["components"]["responses"].values():
        assert list(answer["content"]) == ["application/problem+json"]
    for name, schema in document["components"]["schemas"].items():
        for field, each in schema.get("properties", {}).items():
            assert each.get("description") or "$ref" in each, f"{name}.{field}"


@pytest.mark.slow
def test_every_answer_is_one_that_the_document_declares(house: House) -> None:
    """schemathesis: no failure of ours, no status, media type or shape that is not declared, to a member or a visitor.

    Most of the time goes into finding out what to ask; so both are answered the same questions.
    """
    from django.conf import settings as site
    from django.db import transaction

    from dataferry.server.portal.wsgi import application

    load_all_checks()
    chosen = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in chosen]
    site.ALLOWED_HOSTS = ["localhost", "testserver"]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    callers = {"owner": {"Authorization": f"Bearer {house.tokens['owner']}"}, "visitor": {}}
    failures: dict[tuple[str, str], str] = {}

    def answered(case: Any) -> None:
        for who, headers in callers.items():
            if (case.operation.label, who) in failures:
                continue
            point = transaction.savepoint()
            try:
                case.call_and_validate(headers=headers, checks=checks)
            except Exception as error:  # noqa: BLE001  all operations are tried, then all failures told
                failures[case.operation.label, who] = str(error)[:1500]
            finally:
                transaction.savepoint_rollback(point)

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            answered(case)

        run()
    assert not failures, "\n\n".join(f"{label} ({who})\n{text}" for (label, who), text in failures.items())
