"""Promise: a rehearsal plays in a child that knows nothing of this house; its outcome, or why it stops, is shown."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dataferry.server import jobs
from dataferry.server.challenge.jobs import rehearsals
from dataferry.server.challenge.models import EditionVersion
from dataferry.server.jobs.actions import cancel
from server.persons import make_person

pytestmark = pytest.mark.django_db
PAGE = "/en/challenge/editions/{}/desk/rehearsal/"
SIZE = {"teams": 4, "judges": 3, "seed": 5}


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def rehearsed(client: Client, edition: Any) -> Any:
    assert client.post(PAGE.format(edition.slug), SIZE).status_code == 302
    job = jobs.Job.objects.get(kind="challenge.rehearse")
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def test_the_page_is_the_organisers(edition: Any, hk_organiser: Any) -> None:
    page = PAGE.format(edition.slug)
    assert Client().get(page).status_code == 302
    assert client_of(make_person()).post(page, SIZE).status_code == 403
    assert client_of(hk_organiser).get(page).status_code == 200
    assert client_of(hk_organiser).post(page, {**SIZE, "teams": 100_000}).status_code == 422
    assert not jobs.Job.objects.filter(kind="challenge.rehearse").exists()


def test_one_rehearsal_of_an_edition_at_a_time(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    for person in (hk_organiser, sh_organiser):
        client_of(person).post(PAGE.format(edition.slug), SIZE)
    (job,) = jobs.Job.objects.filter(kind="challenge.rehearse")
    assert job.payload == {"edition": edition.slug, "version": 1, **SIZE}
    assert client_of(sh_organiser).post(PAGE.format(edition.slug), {"do": "cancel"}).status_code == 302
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_the_child_knows_nothing_of_this_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "DATABASE_URL": "postgres://x",
        "DATAFERRY_HOME": "/house",
        "EMAIL_HOST_PASSWORD": "y",
        "SECRET_KEY": "z",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    environment = rehearsals.child_environment(tmp_path)
    assert not set(secrets.values()) & set(environment.values())
    assert environment["DATAFERRY_HOME"] == environment["HOME"] == str(tmp_path)


CHILD = """
import json, os, sys, time
print(json.dumps({"begins": "announce", "share": 0.0}), file=sys.stderr, flush=True)
open(os.environ["HOME"] + "/../pid", "w").write(str(os.getpid()))
time.sleep(600)
"""


def test_cancelled_the_child_is_killed(
    edition: Any, hk_organiser: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A child that never ends is stood in for the command; the cancellation comes while it runs."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    real = rehearsals.subprocess.Popen
    monkeypatch.setattr(
        rehearsals.subprocess, "Popen", lambda _command, **options: real([sys.executable, "-c", CHILD], **options)
    )
    client_of(hk_organiser).post(PAGE.format(edition.slug), SIZE)
    job = jobs.Job.objects.get(kind="challenge.rehearse")
    heard = rehearsals._hear

    def hear_and_cancel(running: Any, lines: Any, told: Any) -> None:
        heard(running, lines, told)
        if told.begun and (tmp_path / "pid").exists():
            cancel(job.pk, hk_organiser.pk)

    monkeypatch.setattr(rehearsals, "_hear", hear_and_cancel)
    assert jobs.run(job.pk) == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list(tmp_path.glob("dataferry-stage-*")), "its house is gone"


def test_a_child_that_breaks_is_told_as_our_fault(tmp_path: Path) -> None:
    from dataferry.messages import UnavailableError

    (tmp_path / "out.json").write_text("Traceback")
    told = rehearsals._Told()
    told.take(json.dumps({"begins": "screen", "share": 0.5}))
    told.take("not json")
    with pytest.raises(UnavailableError, match="screen"):
        rehearsals._outcome(tmp_path, 1, told)


@pytest.mark.slow
def test_an_edition_is_played_to_its_end(edition: Any, organiser: Any) -> None:
    client = client_of(organiser)
    job = rehearsed(client, edition)
    assert (job.state, job.result["holds"]) == ("done", True), job.error
    assert [step["step"] for step in job.result["steps"]][:3] == ["announce", "register", "hand_in"]
    html = client.get(PAGE.format(edition.slug)).content.decode()
    assert "The edition can be held as it is written." in html
    assert edition.teams.count() == 0


@pytest.mark.slow
def test_where_it_cannot_go_on_the_reason_stands(edition: Any, organiser: Any) -> None:
    version = EditionVersion.objects.get(edition=edition)
    text = version.source.replace("least_per_city: {hong-kong: 2, shanghai: 2}", "least_per_city: {hong-kong: 9}")
    assert text != version.source
    EditionVersion.objects.bulk_create(
        [
            EditionVersion(
                edition=edition, number=2, source=text, document={}, digest="sha256:0", made_at=version.made_at
            )
        ]
    )
    type(edition).objects.filter(pk=edition.pk).update(version=2)
    edition.refresh_from_db()
    client = client_of(organiser)
    job = rehearsed(client, edition)
    assert job.state == "done", job.error
    assert job.result["error"]["code"].startswith(("judging.", "server.challenge."))
    html = client.get(PAGE.format(edition.slug)).content.decode()
    assert "It cannot go on at: The final is judged." in html
