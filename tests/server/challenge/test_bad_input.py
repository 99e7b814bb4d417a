"""Promise: what no form expects loses nothing and is answered in clear words: files that are too large, empty or
something else, names of every kind, two that hand in at once, a clock that jumps.

A judge who loses the network is in test_desk_browser.py; names of actions in test_teams.py; bombs in inspection/.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dataferry.server.challenge.models import Artefact, Submission, Team
from dataferry.server.uploads import Upload
from server.challenge.editions import Clock, make_edition, make_entry, make_team
from server.databases import python
from server.persons import make_person

RACING = str(Path(__file__).with_name("submit_racing.py"))
MIB = 1024 * 1024
TONGUES = ("en", "zh-Hant", "zh-Hans")


@pytest.fixture
def entry(edition: Any, clock: Clock, settings: Any) -> Any:
    settings.DISK_RESERVE = 0
    clock.during("submission")
    return make_entry(make_team(edition), state="draft")


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(entry: Any) -> str:
    return f"/en/challenge/entries/{entry.edition.slug}/{entry.code}/"


def announced(person: Any, length: int, language: str = "en") -> Any:
    """The first request of a resumable upload: how long the film is that comes."""
    told = {"purpose": "challenge.artefact", "filename": "film.mp4"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length), "Upload-Metadata": metadata}
    return signed_in(person).post("/uploads/", headers={**headers, "Accept-Language": language})


def test_a_film_of_300_mib_is_refused_by_its_size_before_its_first_byte(entry: Any, home: Path) -> None:
    """The edition takes films of 300,000,000 bytes at most."""
    person = entry.team.people[0]
    words = set()
    for language in TONGUES:
        refused = announced(person, 300 * MIB, language)
        assert refused.status_code == 413
        words.add(refused.json()["detail"])
    assert len(words) == len(TONGUES)
    assert not Upload.objects.exists()
    assert not [each for each in home.rglob("*") if each.is_file() and each.stat().st_size > MIB]
    assert announced(person, 300_000_000).status_code == 201


def test_a_film_that_is_too_large_for_its_part_is_not_kept(home: Path, db: None, clock: Clock, settings: Any) -> None:
    settings.DISK_RESERVE = 0
    edition = make_edition(changes={"most_bytes: 20000000": "most_bytes: 1000"})
    clock.during("submission")
    entry = make_entry(make_team(edition), state="draft")
    file = SimpleUploadedFile("deck.pdf", b"%PDF-1.7" + b" " * 2000)
    body = {"do": "file", "role": "deck", "tongue": "en", "file": file}
    answer = signed_in(entry.team.people[0]).post(page_of(entry), body)
    assert answer.status_code == 422
    assert "2,008" in answer.content.decode()
    assert not Artefact.objects.exists()


@pytest.mark.parametrize("content", [b"", b"PK"], ids=["0 bytes", "a ZIP"])
def test_a_deck_that_is_none_is_said_and_cannot_be_handed_in(entry: Any, work: Any, content: bytes) -> None:
    if content:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("deck.txt", "not a deck")
        content = packed.getvalue()
    client = signed_in(entry.team.people[0])
    file = SimpleUploadedFile("deck.pdf", content, "application/pdf")
    answer = client.post(page_of(entry), {"do": "file", "role": "deck", "tongue": "en", "file": file})
    if not content:
        assert answer.status_code == 422
        assert "empty" in answer.content.decode()
        assert not Artefact.objects.exists()
    else:
        assert answer.status_code == 302
        work()
        found = {each["code"]: each["severity"] for each in Artefact.objects.get().findings}
        assert "refuse" in found.values(), found
    told = client.post(page_of(entry), {"do": "submit"}, follow=True).content.decode()
    assert "cannot be handed in yet" in told
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("x" * 10_000, 422),
        ("渡" * 10_000, 422),
        ("🦉🛳️ 海港", 201),
        ("فريق الميناء", 201),
        ("a\u202ebc", 422),
        ("a\x00b", 422),
    ],
    ids=["10,000 letters", "10,000 signs", "emoji", "right to left", "turned round", "nul"],
)
def test_names_over_the_api_stand_or_are_refused_in_words(edition: Any, clock: Clock, name: str, status: int) -> None:
    body = {"edition": edition.slug, "division": "hk", "name": name}
    client = signed_in(make_person())
    answer = client.post("/api/v1/teams", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    assert Team.objects.filter(name=name).count() == (status == 201)
    if status == 201:
        shown = client.get(f"/en/challenge/mine/teams/{answer.json()['id']}/").content.decode()
        assert name in shown
    else:
        assert answer.json()["detail"]


def test_names_that_differ_only_in_their_characters_are_one(edition: Any, clock: Clock) -> None:
    answers = []
    for name in ("海港貓頭鷹隊", "海港猫头鹰队"):
        body = {"edition": edition.slug, "division": "hk", "name": name}
        answers.append(
            signed_in(make_person()).post("/api/v1/teams", json.dumps(body), content_type="application/json")
        )
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["code"] == "server.challenge.team_name_taken"


def test_a_clock_that_jumps_loses_no_version_and_reopens_nothing(entry: Any, clock: Clock) -> None:
    """Over the API: handed in, the clock goes past the deadline and comes back by a month."""
    Artefact.objects.create(
        entry=entry,
        role="deck",
        language="en",
        file_name="d",
        bytes=1,
        sha256="0" * 64,
        place="-",
        received_at=clock.at,
    )
    client = signed_in(entry.team.people[0])
    address = f"/api/v1/entries/{entry.edition.slug}/{entry.code}/submit"
    assert client.post(address).status_code == 201
    clock.set("2026-07-01T00:00:05+08:00")
    from dataferry.server.challenge.actions.entries import lock_entries
    from server.challenge.editions import make_organiser

    lock_entries(make_organiser(), entry.division)
    for instant in ("2026-06-01T12:00:00+08:00", "2026-07-01T00:00:06+08:00"):
        clock.set(instant)
        late = client.post(address)
        assert late.status_code == 403, late.content
        assert late.json()["detail"]
    assert [row.number for row in Submission.objects.all()] == [1]


@pytest.mark.slow
def test_two_of_a_team_that_hand_in_at_the_same_second_make_two_versions(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said == {
        "ended": ["version 1", "version 2"],
        "kept": [1, 2],
        "seconds": 1,
        "told": [1, 2],
        "state": "submitted",
    }
