"""Data use is verified by the catalogue, filled from a release, and conditional data is lent for a phase only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dataferry.messages import RefusedError
from server.challenge.editions import Clock, make_edition, make_entry, make_team
from server.persons import make_person

pytestmark = pytest.mark.django_db


def dataset(slug: str, city: str, licence: str = "HK-DATA-GOV", visibility: str = "public") -> Any:
    from dataferry.server.catalogue.models import Dataset

    return Dataset.objects.create(
        slug=slug, title={"en": {"text": slug}}, city=city, licence=licence, attribution="X", visibility=visibility
    )


def test_data_of_both_cities_is_verified_and_never_believed(edition: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions import data_use
    from dataferry.server.challenge.data_evidence import verdict

    entry = make_entry(make_team(edition, "hk"), state="draft")
    (ann,) = entry.team.people
    clock.during("submission")
    data_use.add_dataset(ann, entry, dataset("hk-stops", "hong-kong"), purpose="Where ferries stop.")
    assert verdict(entry)["both_cities"] == "no"
    data_use.add_outside_source(ann, entry, {"title": "Shanghai metro", "publisher": "Somebody"})
    assert verdict(entry)["both_cities"] == "unknown"
    shanghai = dataset("sh-metro", "shanghai", licence="unknown")
    data_use.add_dataset(ann, entry, shanghai)
    found = verdict(entry)
    assert (found["both_cities"], found["licence"], found["uses"]) == ("yes", "unknown", 3)

    shanghai.withdrawn_at = clock.at
    shanghai.save()
    assert data_use.verify_uses(entry)["withdrawn"] == 1


def test_somebody_elses_release_and_a_private_dataset_are_refused(edition: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions import data_use
    from dataferry.server.workshop.models import Product, Release

    entry = make_entry(make_team(edition, "hk"), state="draft")
    (ann,) = entry.team.people
    clock.during("submission")
    product = Product.objects.create(slug="theirs", owner=make_person())
    release = Release.objects.create(product=product, version="1.0.0", digest="d", folder="f", document={"inputs": []})
    with pytest.raises(RefusedError) as caught:
        data_use.attach_release(ann, entry, release)
    assert caught.value.code == "server.challenge.release_not_theirs"
    with pytest.raises(RefusedError) as caught:
        data_use.add_dataset(ann, entry, dataset("hidden", "shanghai", visibility="private"))
    assert caught.value.code == "server.challenge.dataset_not_visible"


def test_the_lineage_of_a_release_fills_the_list(edition: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions import data_use
    from dataferry.server.challenge.data_evidence import verdict
    from dataferry.server.workshop.models import Product, Release

    entry = make_entry(make_team(edition, "hk"), state="draft")
    (ann,) = entry.team.people
    clock.during("submission")
    inputs = [
        {"name": "stops", "city": "hong-kong", "licence": "HK-DATA-GOV", "snapshot": "sha256:" + "1" * 64},
        {"name": "metro", "city": "shanghai", "licence": "unknown", "snapshot": "sha256:" + "2" * 64},
    ]
    product = Product.objects.create(slug="ours", owner=ann)
    release = Release.objects.create(
        product=product, version="1.0.0", digest="d", folder="f", document={"inputs": inputs}
    )
    attached = data_use.attach_release(ann, entry, release)
    assert [use.verified["input"] for use in attached.data_uses.all()] == ["stops", "metro"]
    assert verdict(attached)["both_cities"] == "yes"
    data_use.remove_use(ann, attached.data_uses.first())
    attached.refresh_from_db()
    assert (attached.release, attached.data_uses.count()) == (None, 0)


CONDITIONAL = {
    "  both_cities: recommended\n": "  both_cities: recommended\n  conditional:\n    ev:\n      dataset: sh-ev\n"
    "      phase: submission\n"
}


def test_conditional_data_is_lent_to_the_team_of_the_day_and_taken_back(db: Any, home: Any, clock: Clock) -> None:
    from dataferry.server.catalogue.dataset_queries import visible_datasets
    from dataferry.server.challenge import calendar
    from dataferry.server.challenge.actions import data_use
    from dataferry.server.challenge.models import DataGrant
    from server.challenge.editions import make_organiser

    edition = make_edition(changes=CONDITIONAL)
    organiser = make_organiser()
    team = make_team(edition, "sh", people=2)
    ann, ben = team.people
    ev = dataset("sh-ev", "shanghai", visibility="private")
    clock.during("submission")

    def sees(person: Any) -> bool:
        return visible_datasets(person).filter(pk=ev.pk).exists()

    with pytest.raises(RefusedError):
        data_use.grant_data(organiser, team, dataset("other", "shanghai"), "submission")
    grant = data_use.grant_data(organiser, team, ev, "submission")
    phase = calendar.phase_of(edition, "submission", team.division)
    assert phase is not None
    assert grant.until == phase.closes_at
    # The catalogue's own clock is the real one: give it an end that is ahead.
    grant.until = datetime(2099, 1, 1, tzinfo=UTC)
    grant.save()
    data_use.lend_to_members(grant)
    assert (sees(ann), sees(ben), sees(make_person())) == (True, True, False)

    team.members.filter(user=ben).update(left_at=clock.at)
    data_use.members_changed(team)
    assert (sees(ann), sees(ben)) == (True, False)

    DataGrant.objects.update(until=clock.at)
    assert (data_use.take_back_grants(), data_use.take_back_grants()) == (1, 0)
    assert not sees(ann)
