"""The team's path through its entry, and the organisers' list: what is missing is said, strangers see nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from server.challenge.editions import Clock, make_entry, make_team
from server.persons import make_person

pytestmark = pytest.mark.django_db


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_from_the_first_line_to_the_version_handed_in(edition: Any, clock: Clock) -> None:
    from dataferry.server.challenge.models import Artefact, Entry

    team = make_team(edition, "hk")
    ann = client_of(team.people[0])
    clock.during("submission")
    started = ann.post(f"/en/challenge/mine/teams/{team.pk}/entry/", {"subcategory": "transportation"})
    entry = Entry.objects.get(team=team)
    page = f"/en/challenge/entries/{edition.slug}/{entry.code}/"
    assert started["Location"] == page
    assert "Add the file: Proposal." in ann.get(page).content.decode()

    refused = ann.post(page, {"do": "submit"}, follow=True).content.decode()
    assert "cannot be handed in yet" in refused

    texts = {"do": "texts", "revision": entry.revision, "subcategory": "transportation", "language": "zh-Hans"}
    texts |= {"title_en": "Ferries", "title_hans": "渡轮", "summary_en": "When they leave."}
    assert ann.post(page, texts).status_code == 302
    stale = ann.post(page, texts)
    assert stale.status_code == 422
    assert "in between" in stale.content.decode()

    deck = io.BytesIO(b"%PDF-1.7 synthetic")
    deck.name = "my deck.pdf"
    assert ann.post(page, {"do": "file", "role": "deck", "tongue": "zh-Hans", "file": deck}).status_code == 302
    artefact = Artefact.objects.get(entry=entry)
    answer = ann.get(f"{page}files/{artefact.pk}/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 synthetic"
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("private, no-store", "application/octet-stream")

    done = ann.post(page, {"do": "submit"}, follow=True).content.decode()
    assert "Handed in as version 1" in done
    assert entry.submissions.get().document["artefacts"][0]["sha256"] == artefact.sha256


@pytest.mark.parametrize("who", ["stranger", "other team", "organiser of the other city"])
def test_nobody_else_sees_an_entry(edition: Any, clock: Clock, sh_organiser: Any, who: str) -> None:
    entry = make_entry(make_team(edition, "hk"), state="submitted")
    person = {
        "stranger": make_person,
        "other team": lambda: make_team(edition, "hk").people[0],
        "organiser of the other city": lambda: sh_organiser,
    }[who]()
    page = f"/en/challenge/entries/{edition.slug}/{entry.code}/"
    assert client_of(person).get(page).status_code == 404
    assert client_of(person).post(page, {"do": "withdraw", "sure": "yes"}).status_code == 404


def test_an_organiser_locks_and_decides_with_a_reason_that_the_team_reads(
    edition: Any, clock: Clock, hk_organiser: Any
) -> None:
    entry = make_entry(make_team(edition, "hk"), state="submitted")
    organiser, team = client_of(hk_organiser), client_of(entry.team.people[0])
    page = f"/en/challenge/entries/{edition.slug}/{entry.code}/"
    early = organiser.post(f"/en/challenge/editions/{edition.slug}/entries/", {"division": "hk"}, follow=True)
    assert "has not passed yet" in early.content.decode()
    clock.during("eligibility")
    organiser.post(f"/en/challenge/editions/{edition.slug}/entries/", {"division": "hk"})
    listed = organiser.get(f"/en/challenge/editions/{edition.slug}/entries/?state=locked").content.decode()
    assert entry.code in listed
    without = organiser.post(page, {"do": "decide", "outcome": "ineligible", "reason": ""})
    assert without.status_code == 422
    organiser.post(page, {"do": "decide", "outcome": "ineligible", "reason": "No data of a city."})
    shown = team.get(page).content.decode()
    assert "No data of a city." in shown
    assert "Not eligible" in shown
    assert 'name="do" value="submit"' not in shown


def test_a_name_from_outside_is_shown_as_text(edition: Any, clock: Clock) -> None:
    entry = make_entry(make_team(edition, "hk", "<b>x</b> 🛳️"), state="draft")
    clock.during("submission")
    entry.title = {"en": "<script>alert(1)</script>"}
    entry.save()
    html = client_of(entry.team.people[0]).get(f"/en/challenge/entries/{edition.slug}/{entry.code}/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
