"""Promise: people read the same as programs: every operation and every form of data, in three languages, from here."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dataferry.server.portal.api_pages import document


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh-hant", "zh-Hant-HK"), ("zh-hans", "zh-Hans-CN")])
def test_the_page_shows_every_operation_and_form(client: Client, language: str, tag: str) -> None:
    text = client.get(f"/{language}/api/").content.decode()
    assert f'<html lang="{tag}">' in text
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert text.count(f'id="{operation["operationId"]}"') == 1
    for name in document()["components"]["schemas"]:
        assert f'id="form-{name}"' in text
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=|https?://", text)


@pytest.mark.django_db
def test_the_document_is_served_and_refers_to_nothing_outside(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["openapi"].startswith("3.1")
    assert set(re.findall(r'"\$ref": "([^#"]*)#', answer.content.decode())) <= {""}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "place"),
    [
        ({"referer": "http://testserver/zh-hans/products/"}, "/zh-hans/api/"),
        ({"accept-language": "zh-HK"}, "/zh-hant/api/"),
        ({"referer": "http://evil.example/x"}, "/en/api/"),
    ],
)
def test_the_short_address_leads_to_the_page(client: Client, headers: dict[str, str], place: str) -> None:
    answer: Any = client.get("/api/v1/docs", headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, place)


def test_every_summary_is_said_in_three_languages() -> None:
    """The English of the file is the English of the code, so that a changed meaning is translated again."""
    from dataferry.messages import codes

    said = {operation: words["en"] for operation, words in codes("server.portal.reference").items()}
    found = {o["operationId"]: o["summary"] for methods in document()["paths"].values() for o in methods.values()}
    assert said == found
