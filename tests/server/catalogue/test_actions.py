"""Promise: each change of a dataset is allowed to the right people only, keeps provenance, and is journalled."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.models import Dataset
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.journal.models import Event
from dataferry.server.web.problems import ConflictError
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def persons(db: None, holder: Any, member: Any) -> dict[str, Any]:
    """One person of each kind; `holder` owns the dataset of these tests."""
    from dataferry.server.people.models import Membership, Organisation

    verified = Organisation.objects.create(slug="city-lab", name={"en": "City Lab"}, verified=True)
    plain = Organisation.objects.create(slug="club", name={"en": "Club"})
    found = {
        "visitor": AnonymousUser(),
        "unverified": make_person("new@example.org", verified=False),
        "stranger": member,
        "owner": holder,
        "holder of Shanghai": make_person("sh@example.org", "data-holder", city="shanghai"),
        "judge": make_person("judge@example.org", "judge"),
        "colleague": make_person("colleague@example.org"),
        "club member": make_person("club@example.org"),
        "administrator": make_person("admin@example.org", "administrator"),
    }
    Membership.objects.create(organisation=verified, user=found["colleague"])
    Membership.objects.create(organisation=plain, user=found["club member"])
    return found


def outcome(act: Callable[[], Any]) -> str:
    try:
        act()
    except (RefusedError, MissingError) as error:
        return error.code.rpartition(".")[2]
    return "done"


ALLOWED = {"owner", "administrator"}
ACTS: dict[str, tuple[Callable[[Any, Dataset], Any], set[str]]] = {
    "change": (lambda user, row: actions.change_dataset(user, row, {"publisher": "X"}), ALLOWED | {"colleague"}),
    "upload": (
        lambda user, row: actions.receive_upload(user, row, io.BytesIO(b"a,b\n1,2\n"), "a.csv"),
        ALLOWED | {"colleague"},
    ),
    "describe": (
        lambda user, row: actions.describe_column(
            user, queries.snapshots_of(row)[0].columns.all()[0], title={"en": "Name"}
        ),
        ALLOWED | {"colleague"},
    ),
    "publish": (actions.publish_dataset, ALLOWED | {"colleague"}),
    "withdraw": (actions.withdraw_dataset, ALLOWED | {"colleague"}),
}


@pytest.mark.parametrize("name", ACTS)
def test_who_may_do_it(name: str, dataset: Dataset, persons: dict[str, Any]) -> None:
    """The dataset belongs to a data holder of Hong Kong and to a verified organisation."""
    from dataferry.server.people.models import Organisation

    Dataset.objects.filter(pk=dataset.pk).update(organisation=Organisation.objects.get(slug="city-lab"))
    act, allowed = ACTS[name]
    for kind, user in persons.items():
        row = Dataset.objects.get(pk=dataset.pk)
        events = Event.objects.count()
        found = outcome(lambda user=user, row=row: act(user, row))
        if kind in allowed:
            assert found == "done", kind
        else:
            expected = {"visitor": "sign_in", "unverified": "verify_first"}.get(kind, "not_allowed")
            assert (found, Event.objects.count()) == (expected, events), kind
            row.refresh_from_db()
            assert (row.visibility, row.withdrawn_at, row.publisher) == (
                dataset.visibility,
                None,
                dataset.publisher,
            ) or name in ("change", "publish", "withdraw")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("stranger", "not_allowed"),
        ("club member", "not_allowed"),
        ("holder of Shanghai", "not_allowed"),
        ("owner", "done"),
    ],
)
def test_own_data_become_public_only_with_someone_who_vouches(
    kind: str, code: str, upload: Any, work: Any, persons: dict[str, Any]
) -> None:
    """Each uploads a dataset of Hong Kong of their own; members keep theirs private."""
    given = upload(persons[kind])
    work()
    assert outcome(lambda: actions.publish_dataset(persons[kind], given.dataset)) == code
    given.dataset.refresh_from_db()
    assert given.dataset.is_public == (code == "done")


def test_who_may_see_what(dataset: Dataset, persons: dict[str, Any]) -> None:
    seen = {kind for kind, user in persons.items() if queries.visible_datasets(user).exists()}
    assert seen == ALLOWED
    actions.publish_dataset(persons["owner"], dataset)
    assert {kind for kind, user in persons.items() if queries.visible_datasets(user).exists()} == set(persons)
    with pytest.raises(MissingError):
        queries.dataset_of(AnonymousUser(), "no-such")


def test_a_withdrawn_dataset_keeps_page_and_history_and_hands_out_nothing(dataset: Dataset, persons: Any) -> None:
    actions.publish_dataset(persons["owner"], dataset)
    row = actions.withdraw_dataset(persons["owner"], dataset)
    visitor = AnonymousUser()
    assert queries.dataset_of(visitor, row.slug).withdrawn_at is not None
    assert queries.snapshot_of(visitor, row.slug).number == 1
    assert not queries.may_download(visitor, row)
    assert queries.may_download(persons["owner"], row)
    assert queries.search(visitor).hits == []
    assert queries.search(persons["stranger"], "museums").hits == []
    with pytest.raises(RefusedError) as caught:
        actions.receive_upload(persons["owner"], row, io.BytesIO(b"a,b\n1,2\n"), "a.csv")
    assert caught.value.code == "server.catalogue.withdrawn"
    with pytest.raises(RefusedError):
        actions.publish_dataset(persons["owner"], row)
    acts = Event.objects.filter(object=f"dataset:{row.slug}").values_list("act", flat=True)
    assert list(acts.order_by("sequence"))[-2:] == ["catalogue.dataset_published", "catalogue.dataset_withdrawn"]


def test_nothing_is_published_that_has_no_snapshot(store: Any, holder: Any) -> None:
    row = actions.create_dataset(holder, {"title": {"en": "Empty"}, "city": "hong-kong"})
    with pytest.raises(RefusedError) as caught:
        actions.publish_dataset(holder, row)
    assert caught.value.code == "server.catalogue.nothing_to_publish"


def test_unchanged_texts_keep_their_provenance_and_changed_ones_become_human(dataset: Dataset, holder: Any) -> None:
    title = {
        "en": {"text": "Museums", "provenance": "published"},
        "zh-Hant": {"text": "博物館", "provenance": "machine"},
    }
    Dataset.objects.filter(pk=dataset.pk).update(title=title)
    row = actions.change_dataset(holder, dataset, {"title": {"en": "Museums", "zh-Hant": "博物館一覽"}})
    assert row.title["en"]["provenance"] == "published"
    assert row.title["zh-Hant"] == {"text": "博物館一覽", "provenance": "human"}
    shown = spoken_with_provenance(row.title, "zh-Hans")
    assert (shown.text, shown.tag, shown.provenance) == ("博物馆一览", "", "converted")
    row = actions.change_dataset(holder, row, {"title": {"zh-Hant": "博物館", "zh-Hans": "博物馆名录"}})
    assert spoken_with_provenance(row.title, "zh-Hans").provenance == "human"
    assert spoken_with_provenance(row.title, "en").tag == "zh-Hant-HK"
    assert "converted" not in str(row.title), "a conversion is shown, never kept"


def test_two_people_who_change_at_once_are_told(dataset: Dataset, holder: Any) -> None:
    seen = dataset.revision
    actions.change_dataset(holder, dataset, {"publisher": "one"}, revision=seen)
    with pytest.raises(ConflictError):
        actions.change_dataset(holder, dataset, {"publisher": "two"}, revision=seen)
    dataset.refresh_from_db()
    assert dataset.publisher == "one"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"title": {}},
        {"title": {"en": " \u200b\u202e\x00 "}},
        {"title": {"fr": "Musées"}},
        {"title": "Museums"},
        {"title": {"en": 7}},
        {"title": {"en": "x" * 301}},
        {"title": {"en": "x"}, "city": "paris"},
        {"title": {"en": "x"}, "synthetic": "yes"},
        {"title": {"en": "x"}, "owner": 1},
    ],
)
def test_what_cannot_be_said_of_a_dataset(metadata: dict[str, Any], holder: Any) -> None:
    with pytest.raises(InputError):
        actions.create_dataset(holder, metadata)
    assert not Dataset.objects.exists()


def test_an_organisation_is_one_of_ones_own(persons: dict[str, Any]) -> None:
    about = {"title": {"en": "Lab data"}}
    row = actions.create_dataset(persons["colleague"], about, organisation="city-lab")
    assert row.organisation is not None
    with pytest.raises(MissingError):
        actions.create_dataset(persons["stranger"], about, organisation="city-lab")


def test_the_journal_holds_references_only(dataset: Dataset, holder: Any) -> None:
    actions.change_dataset(holder, dataset, {"publisher": "A person of flesh", "title": {"en": "Secret words"}})
    text = " ".join(f"{event.actor} {event.object} {event.payload_text}" for event in Event.objects.all())
    assert f"person:{holder.pk}" in text
    assert not any(word in text for word in ("example.org", "flesh", "Secret", "facilities"))


def test_at_the_end_of_an_account_nothing_of_it_is_found_and_what_is_public_stays(
    dataset: Dataset, upload: Any, work: Any, holder: Any
) -> None:
    from dataferry.server.catalogue.personal_data import erase, exported

    actions.publish_dataset(holder, dataset)
    upload(holder, b"a,b\n1,2\n", "mine.csv", metadata={"title": {"en": "My diary"}, "publisher": "Me Myself"})
    work()
    held = exported(holder)
    assert [row["slug"] for row in held["datasets"]] == [dataset.slug, "my-diary"]
    assert len(held["uploads"]) == 2
    erase(holder)
    public, private = Dataset.objects.get(slug=dataset.slug), Dataset.objects.get(slug="my-diary")
    assert (public.owner, public.is_public, bool(public.title)) == (None, True, True)
    assert (private.owner, private.title, private.publisher) == (None, {}, "")
    assert private.withdrawn_at is not None
    assert exported(holder) == {"datasets": [], "uploads": []}
    found = queries.search(make_person("later@example.org", "administrator"), "Myself").hits
    assert found == []
