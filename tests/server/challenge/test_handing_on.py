"""Promise: conditional data is a team's for a phase, no longer; offers to the exchange wait for the sealed result."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.server.challenge.models import DataGrant, ListingDraft
from server.challenge.editions import Clock, make_edition, make_entry, make_organiser, make_team
from server.challenge.test_data_use import CONDITIONAL, dataset
from server.persons import make_person

pytestmark = pytest.mark.django_db


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_data_is_granted_listed_and_taken_back(db: Any, home: Any, clock: Clock) -> None:
    edition = make_edition(changes=CONDITIONAL)
    team, ev = make_team(edition, "sh"), dataset("sh-ev", "shanghai", visibility="private")
    clock.during("submission")
    page, wanted = f"/en/challenge/editions/{edition.slug}/desk/data/", {"rule": "ev", "team": team.pk}
    assert client_of(team.people[0]).post(page, wanted).status_code == 403
    assert client_of(make_organiser("hong-kong")).post(page, wanted).status_code == 422, "another city's team"
    client = client_of(make_organiser("shanghai"))
    assert client.post(page, wanted).status_code == 302
    assert client.post(page, wanted).status_code == 422, "granted already"
    grant = DataGrant.objects.get(dataset=ev, team=team)
    assert team.name in client.get(page).content.decode()
    assert client_of(make_organiser("hong-kong")).post(page, {"do": "take_back", "number": grant.pk}).status_code == 404
    assert client.post(page, {"do": "take_back", "number": grant.pk}).status_code == 302
    grant.refresh_from_db()
    assert grant.taken_back_at == clock.at
    assert "Taken back" in client.get(page).content.decode()
    from dataferry.server.catalogue.dataset_queries import visible_datasets

    assert not visible_datasets(team.people[0]).filter(pk=ev.pk).exists()


def test_nothing_is_offered_before_the_result_is_sealed(edition: Any, organiser: Any, hk_organiser: Any) -> None:
    make_entry(make_team(edition, "hk"), state="presented")
    page = f"/en/challenge/editions/{edition.slug}/desk/listings/"
    assert client_of(make_person()).get(page).status_code == 403
    for person in (organiser, hk_organiser):
        assert client_of(person).post(page).status_code == 302
    assert not ListingDraft.objects.exists()
    shown = client_of(organiser).get(page).content.decode()
    assert "Nothing has been offered yet" in shown
    assert client_of(organiser).get(f"{page}nothing/").status_code == 404
