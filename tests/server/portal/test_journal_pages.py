"""Promise: auditors read the journal in words, take it away and see whether it is whole; nobody else sees any of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.server import journal
from dataferry.server.jobs.models import Job
from dataferry.server.jobs.transport import run_job
from dataferry.server.people.models import Profile
from dataferry.server.portal import journal_jobs
from server.journal.chains import rewrite, write
from server.persons import make_person

pytestmark = pytest.mark.django_db
PAGE = "/en/operations/journal/"
TAKEN = ["journal.ndjson", "key.pem", "anchors/1.json"]


@pytest.fixture
def auditor(home: Path, client: Client) -> Client:
    client.force_login(make_person("auditor@example.org", "compliance-officer"))
    return client


def appended(actor: str, act: str, object_: str, **payload: Any) -> journal.Event:
    with transaction.atomic():
        return journal.append(actor, act, object_, payload)


def verified() -> Job:
    """The outcome of the daily verification."""
    from dataferry.server import jobs

    job = jobs.enqueue(journal_jobs.VERIFY, subject="journal", payload={}, asked_by=None)
    run_job.func(job.pk)
    job.refresh_from_db()
    return job


def test_events_are_told_in_words_with_names_that_are_nowhere_kept(auditor: Client) -> None:
    person = make_person("someone@example.org")
    Profile.objects.update_or_create(user=person, defaults={"display_name": "陳大文"})
    appended(f"person:{person.pk}", "catalogue.no_such_act", "dataset:air-quality", snapshot="a" * 64)
    page = auditor.get(PAGE).content.decode()
    assert "陳大文: catalogue.no_such_act, air-quality" in page
    assert 'href="/en/datasets/air-quality/"' in page
    assert "someone@example.org" not in page
    assert "陳大文" not in b"".join(journal.export_lines()).decode()
    number = person.pk
    person.delete()
    assert f"Person {number} (deleted)" in auditor.get(PAGE).content.decode()


def test_filters_and_pages_keep_the_address_and_do_not_ask_more_for_more(auditor: Client) -> None:
    write(120)
    appended("system", "workshop.release_published", "release:ev@1.0")
    with CaptureQueriesContext(
        connection,
    ) as many:
        page = auditor.get(PAGE)
    numbers = [event.sequence for event in page.context["events"]]
    assert numbers == list(range(121, 71, -1))
    second = auditor.get(PAGE, {"after": page.context["next"]})
    assert second.context["events"][0].sequence == 71
    with CaptureQueriesContext(connection) as few:
        some = auditor.get(PAGE, {"act": "workshop."})
    assert [event.object for event in some.context["events"]] == ["release:ev@1.0"]
    assert len(many) <= len(few) + 1
    assert [e.sequence for e in auditor.get(PAGE, {"object": "dataset:d7"}).context["events"]] == [8]
    assert {e.actor for e in auditor.get(PAGE, {"actor": "2"}).context["events"]} == {"Person 2 (deleted)"}
    assert "There is no such event" in auditor.get(PAGE, {"act": "<script>"}).content.decode()
    assert auditor.get(PAGE, {"after": "made-up"}).status_code == 422


def test_what_is_taken_away_is_the_journal_itself(auditor: Client) -> None:
    write(3)
    anchor = journal.make_anchor()
    export = auditor.get(PAGE + "journal.ndjson")
    assert b"".join(export.streaming_content) == b"".join(journal.export_lines())
    assert b"".join(auditor.get(PAGE + "journal.ndjson?since=2").streaming_content).count(b"\n") == 2
    taken = journal.parse_anchor(auditor.get(f"{PAGE}anchors/{anchor.pk}.json").content, "taken")
    assert journal.verify([taken]).anchored >= 1
    assert auditor.get(PAGE + "key.pem").content.startswith(b"-----BEGIN PUBLIC KEY")
    for wrong, status in (
        ("journal.ndjson?since=x", 422),
        ("anchors/99999.json", 404),
        (f"anchors/{10**30}.json", 404),
    ):
        assert auditor.get(PAGE + wrong).status_code == status


def test_whether_it_is_whole_is_said(auditor: Client) -> None:
    assert "Nothing was recorded yet" in auditor.get(PAGE).content.decode()
    write(5)
    assert "Nobody has looked yet" in auditor.get(PAGE).content.decode()
    assert auditor.post(PAGE + "anchor/", follow=True).status_code == 200
    assert verified().state == Job.State.DONE
    assert "5 events were as they were written" in auditor.get(PAGE).content.decode()
    rewrite(lambda rows: rows[1].update(act="catalogue.dataset_withdrawn"))
    assert verified().state == Job.State.FAILED
    page = auditor.get(PAGE).content.decode()
    assert "Not whole." in page
    assert "Event 2 is not as it was written" in page
    asked = auditor.post(PAGE + "verify/")
    assert asked["Location"].startswith("/en/operations/jobs/")
    assert auditor.get(asked["Location"]).status_code == 200


def test_the_house_anchors_and_hands_over_by_itself(home: Path) -> None:
    class Running:
        """A job that nobody watches."""

    assert journal_jobs.anchor(Running()) == {"sequence": 0}
    write(2)
    assert journal_jobs.anchor(Running()) == {"sequence": 2}
    assert journal_jobs.catch_up(Running()) == {"events": 0}
    assert journal.Anchor.objects.count() == 1


@pytest.mark.parametrize("address", ["", *TAKEN])
def test_others_are_refused(address: str, client: Client, home: Path) -> None:
    write(1)
    assert client.get(PAGE + address).status_code == 302
    client.force_login(make_person("member@example.org", "organiser"))
    assert client.get(PAGE + address).status_code == 403
    assert client.post(PAGE + "verify/").status_code == 403
    assert client.post(PAGE + "anchor/").status_code == 403
    assert not Job.objects.filter(kind=journal_jobs.VERIFY).exists()


@pytest.mark.parametrize("address", ["events", "head", "anchors", "key"])
def test_the_api_says_the_same_to_auditors_only(address: str, auditor: Client) -> None:
    write(3)
    journal.make_anchor()
    value = auditor.get(f"/api/v1/journal/{address}").json()
    if address == "events":
        assert [event["sequence"] for event in value["items"]] == [3, 2, 1]
        assert value["items"][0]["hash"] == journal.Event.objects.get(pk=3).hash
        only = auditor.get("/api/v1/journal/events", {"act": "catalogue.", "object": "dataset:d0", "limit": 1}).json()
        assert [event["sequence"] for event in only["items"]] == [1]
        words = auditor.get("/api/v1/journal/events", headers={"accept-language": "zh-Hant"}).json()
        assert words["items"][0]["message"]
    elif address == "head":
        assert (value["sequence"], value["sound"]) == (3, None)
    elif address == "anchors":
        assert json.loads(value["items"][0]["document"])["statement"]["sequence"] == 3
    else:
        assert "PUBLIC KEY" in value["pem"]
    assert Client().get(f"/api/v1/journal/{address}").status_code == 401
    auditor.force_login(make_person("member@example.org"))
    assert auditor.get(f"/api/v1/journal/{address}").status_code == 403
