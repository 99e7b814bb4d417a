"""Promise: whoever fetches what a certificate names as its issuer finds the keys that verify it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dataferry.server import journal
from dataferry.server.papers import credentials

pytestmark = pytest.mark.django_db
FROM = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def site(settings: Any) -> str:
    settings.ALLOWED_HOSTS = ["ferry.example", "testserver"]
    return "https://ferry.example"


def test_a_certificate_leads_to_its_keys_also_after_a_change_of_key(client: Client, home: Path, site: str) -> None:
    def issued() -> dict[str, Any]:
        issuer = credentials.Issuer.of_site("Dataferry", site)
        options = {"identifier": "urn:x:1", "kinds": ("Award",), "name": {"en": "Award"}, "valid_from": FROM}
        return credentials.issue({"award": "grand"}, key=journal.signing_key(), issuer=issuer, **options)

    first = issued()
    (home / "keys" / "signing_key.pem").unlink()
    second = issued()
    assert first["proof"]["verificationMethod"] != second["proof"]["verificationMethod"]
    address = first["issuer"]["id"]
    assert address == "https://ferry.example/issuer.json"
    answer = client.get(address.removeprefix(site), headers={"host": "ferry.example"}, secure=True)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["id"] == address
    trusted = credentials.read_keys(answer.content, "issuer.json")
    assert [credentials.verify(each, trusted, at=FROM) for each in (first, second)] == [[], []]
    assert credentials.verify(first, trusted[:0], at=FROM)[0].code == "server.papers.unknown_key"


def test_a_site_without_https_signs_as_its_key(client: Client, home: Path, site: str) -> None:
    assert client.get("/issuer.json", headers={"host": "ferry.example"}).status_code == 404
    issuer = credentials.Issuer.of_site("Dataferry", "http://localhost:8000")
    assert issuer.identifier(journal.signing_key().public_key()).startswith("did:key:z6Mk")
