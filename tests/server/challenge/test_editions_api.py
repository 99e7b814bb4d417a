"""Editions over the API: what is public, the file as it was written, amendments whose signature anybody can check."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from server.challenge.editions import Clock, edition_text, make_organiser

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/editions"


@pytest.fixture
def organiser(home: Any, clock: Clock) -> Any:
    return make_organiser()


@pytest.fixture
def edition(organiser: Any) -> Any:
    from dataferry.server.challenge.actions import editions as actions

    return actions.announce(organiser, actions.create_edition(organiser, edition_text()))


def test_editions_are_listed_and_read(edition: Any, organiser: Any, client: Client) -> None:
    from dataferry.server.challenge.actions import editions as actions
    from dataferry.server.challenge.edition_file import EditionFile, read_edition

    actions.create_edition(organiser, edition_text("still-a-draft"))
    listed = client.get(ROOT).json()
    assert [(one["slug"], one["state"]) for one in listed["items"]] == [(edition.slug, "announced")]
    read = client.get(f"{ROOT}/{edition.slug}").json()
    assert EditionFile.model_validate(read["document"]).digest() == read["digest"]
    text = client.get(f"{ROOT}/{edition.slug}/file")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert read_edition(text.content).digest() == read["digest"]
    assert client.get(f"{ROOT}/still-a-draft").status_code == 404
    assert client.get(f"{ROOT}/still-a-draft/file").status_code == 404
    visitor = Client()
    visitor.force_login(organiser)
    assert len(visitor.get(ROOT).json()["items"]) == 2


def test_an_amendment_can_be_checked_by_anybody(edition: Any, organiser: Any, client: Client) -> None:
    from dataferry.server import journal
    from dataferry.server.challenge.actions import editions as actions
    from dataferry.server.challenge.edition_file.tree import as_bytes

    before = edition.digest
    actions.amend(organiser, edition, edition_text(changes={"quota: 2": "quota: 4"}), "因應報名踴躍 🏙️", 1)
    (listed,) = client.get(f"{ROOT}/{edition.slug}/amendments").json()["items"]
    assert (listed["number"], listed["changes"], listed["reason"]) == (2, 1, "因應報名踴躍 🏙️")
    one = client.get(f"{ROOT}/{edition.slug}/amendments/2").json()
    assert (one["signed"]["previous"], one["signed"]["digest"]) == (before, one["digest"])
    key = journal.trusted_keys()[one["key"]]
    assert isinstance(key, Ed25519PublicKey)
    key.verify(bytes.fromhex(one["signature"]), as_bytes(one["signed"]))
    for number in (1, 3, 10**12):
        assert client.get(f"{ROOT}/{edition.slug}/amendments/{number}").status_code == 404


def test_what_is_not_there_is_a_problem_in_words(client: Client) -> None:
    answer = client.get(f"{ROOT}/nothing", headers={"Accept-Language": "zh-Hant"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "server.challenge.no_edition"
