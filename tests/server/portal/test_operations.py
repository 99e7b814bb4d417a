"""Operators see what needs a person first and act on it, journalled; others see no more than their own jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dataferry.messages import InputError
from dataferry.server import jobs, journal
from dataferry.server.jobs import actions, registry, schedule
from dataferry.server.jobs.models import Job, Worker
from dataferry.server.jobs.transport import run_job
from server.persons import make_person

pytestmark = pytest.mark.django_db

State = Job.State
PAGES = ["/en/operations/", "/en/operations/jobs/"]
ACTS = ["cancel", "retry", "dismiss"]


@pytest.fixture(autouse=True)
def _work(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A kind of job that does what its payload says."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))

    def work(running: jobs.Running) -> None:
        if running.job.payload.get("raises") == "fault":
            raise ZeroDivisionError
        if running.job.payload.get("raises"):
            raise InputError("tables.empty", file="<b>mine</b>.csv")

    jobs.handler("test.job", title="server.jobs.pruning")(work)


def asked(by: int | None = None, *, raises: str = "", run: bool = False, subject: str = "test:1") -> Job:
    job = jobs.enqueue("test.job", subject=subject, payload={"raises": raises}, asked_by=by)
    if run:
        run_job.func(job.pk)
    job.refresh_from_db()
    return job


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_person("ops@example.org", "exchange-operator"))
    return client


@pytest.fixture
def member() -> Any:
    return make_person("member@example.org")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


# Who may


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("roles", "status"),
    [(None, 302), ((), 403), (("data-holder",), 403), (("judge",), 403), (("exchange-operator",), 200),
     (("organiser",), 200), (("administrator",), 200)],
)  # fmt: skip
def test_operators_only(client: Client, address: str, roles: tuple[str, ...] | None, status: int) -> None:
    if roles is not None:
        client.force_login(make_person("", *roles))
    assert client.get(address).status_code == status
    shown = b'href="/en/operations/"' in client.get("/en/").content
    assert shown == (status == 200)


@pytest.mark.parametrize("act", ACTS)
def test_a_member_acts_on_no_job_of_others_and_learns_nothing_of_it(client: Client, member: Any, act: str) -> None:
    job = asked(None, raises="fault", run=True)
    client.force_login(member)
    for number in (job.pk, job.pk + 1000):
        answer = client.post(f"/en/operations/jobs/{number}/{act}/")
        assert answer.status_code == (404 if act == "cancel" else 403)
        assert client.get(f"/en/operations/jobs/{number}/").status_code == 404
    assert Job.objects.get(pk=job.pk).state == State.FAILED
    assert client.get(f"/en/operations/jobs/{job.pk}/{act}/").status_code == 405
    client.logout()
    assert client.post(f"/en/operations/jobs/{job.pk}/{act}/").status_code == 302


def test_a_member_sees_and_cancels_their_own_job(client: Client, member: Any) -> None:
    job = asked(member.pk)
    client.force_login(member)
    text = text_of(client, f"/en/operations/jobs/{job.pk}/")
    assert "It is next in the queue." in text
    assert "Handed over" not in text, "payloads are for operators"
    answer = client.post(f"/en/operations/jobs/{job.pk}/cancel/", follow=True)
    assert answer.redirect_chain == [(f"/en/operations/jobs/{job.pk}/", 302)]
    assert "Cancelled." in answer.content.decode()
    event = list(journal.events())[-1]
    assert (event.actor, event.act, event.object) == (f"person:{member.pk}", "jobs.cancel_asked", f"job:{job.pk}")
    assert client.post(f"/en/operations/jobs/{job.pk}/cancel/").status_code == 403


# What they see


def test_what_needs_a_person_comes_first_and_what_is_the_askers_own_does_not(operator: Client, member: Any) -> None:
    fault = asked(member.pk, raises="fault", run=True, subject="dataset:broken")
    asked(member.pk, raises="input", run=True, subject="dataset:empty")
    text = text_of(operator, PAGES[0])
    assert "dataset:broken" in text
    assert "ZeroDivisionError" in text
    assert "dataset:empty" not in text
    assert "No worker gives a sign of life" in text
    assert text.index("Needs a person first") < text.index("dataset:broken") < text.index("Queue</h2>")
    assert f'action="/en/operations/jobs/{fault.pk}/retry/"' in text


def test_a_house_where_all_is_well_says_so(operator: Client, home: Path) -> None:
    (home / "releases").mkdir()
    (home / "releases" / "data.parquet").write_bytes(bytes(12_345))
    now = timezone.now()
    Worker.objects.create(name="w", host="machine-1", pid=41, started_at=now, seen_at=now)
    schedule.tick()
    text = text_of(operator, PAGES[0])
    assert "Nothing needs a person now." in text
    assert "machine-1" in text
    assert "Deleting jobs that ended long ago" in text
    run_job.func(Job.objects.get(kind="portal.measure_home").pk)
    text = text_of(operator, PAGES[0])
    assert "<code>releases</code>" in text
    assert "12 kB" in text


def test_alarms_of_the_house(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    Worker.objects.create(name="a", host="machine-1", pid=1, started_at=now, seen_at=now)
    Worker.objects.create(name="b", host="machine-2", pid=2, started_at=now, seen_at=now - timedelta(hours=1))
    asked()
    Job.objects.update(not_before=now - timedelta(minutes=31))
    from dataferry.server.portal import operations_pages

    monkeypatch.setattr(operations_pages.shutil, "disk_usage", lambda _: type("Disk", (), {"total": 1000, "free": 20}))
    text = text_of(operator, PAGES[0])
    assert "A job has been waiting for 31 minutes" in text
    assert "machine-2 has fallen silent" in text
    assert "98% full" in text


def test_hostile_words_are_shown_as_they_are(operator: Client) -> None:
    job = asked(raises="input", run=True, subject="<script>alert(1)</script>")
    for address in (PAGES[1], f"/en/operations/jobs/{job.pk}/"):
        text = text_of(operator, address)
        assert "<script>alert" not in text
        assert "<b>mine" not in text
        assert "&lt;b&gt;mine" in text


def test_history_is_paged_filtered_and_asks_no_more_with_more_rows(operator: Client, member: Any) -> None:
    for _ in range(3):
        asked(member.pk, run=True)
    text_of(operator, PAGES[1])
    with CaptureQueriesContext(connection) as few:
        text_of(operator, PAGES[1])
    others = [make_person() for _ in range(5)]
    for number in range(60):
        asked(others[number % 5].pk, raises="input" if number % 2 else "", run=True)
    with CaptureQueriesContext(connection) as many:
        text = text_of(operator, PAGES[1])
    assert len(many) == len(few)
    numbers = [int(number) for number in re.findall(r'href="/en/operations/jobs/(\d+)/"', text)]
    assert numbers == sorted(Job.objects.values_list("pk", flat=True), reverse=True)[:50]
    older = re.search(r'rel="next" href="([^"]+)"', text)
    assert older is not None
    rest = text_of(operator, PAGES[1] + older[1].replace("&amp;", "&"))
    assert len(re.findall(r'href="/en/operations/jobs/(\d+)/"', rest)) == 13
    failed = text_of(operator, PAGES[1] + "?state=failed&kind=test.job")
    assert len(re.findall(r'href="/en/operations/jobs/(\d+)/"', failed)) == 30
    assert "There is no such job." in text_of(operator, PAGES[1] + "?state=cancelled")
    assert operator.get(PAGES[1] + "?after=nonsense").status_code == 422


# What they do


def test_retry_and_dismiss_are_journalled_and_come_back_with_a_word(operator: Client) -> None:
    first, second = asked(raises="fault", run=True), asked(raises="fault", run=True)
    answer = operator.post(f"/en/operations/jobs/{first.pk}/retry/", follow=True)
    assert "The job is tried again." in answer.content.decode()
    answer = operator.post(f"/en/operations/jobs/{second.pk}/dismiss/", follow=True)
    assert "off the list" in answer.content.decode()
    assert [Job.objects.get(pk=each.pk).state for each in (first, second)] == [State.QUEUED, State.FAILED]
    told = [(event.act, event.object) for event in journal.events()][-2:]
    assert told == [("jobs.retried", f"job:{first.pk}"), ("jobs.dismissed", f"job:{second.pk}")]
    again = operator.post(f"/en/operations/jobs/{first.pk}/retry/", follow=True)
    assert "has not failed" in again.content.decode()


def test_forms_without_the_token_are_refused(member: Any) -> None:
    job = asked(member.pk)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert strict.post(f"/en/operations/jobs/{job.pk}/cancel/").status_code == 403
    assert Job.objects.get(pk=job.pk).state == State.QUEUED


# The progress that every room shows


def shown(operator: Client, job: Job) -> str:
    text = text_of(operator, f"/en/operations/jobs/{job.pk}/")
    return text[text.index('<div class="job-box">') : text.index('id="facts"')]


def test_progress_has_a_form_for_every_state(operator: Client) -> None:
    waits, later = asked(), asked()
    Job.objects.filter(pk=later.pk).update(not_before=timezone.now() + timedelta(hours=1))
    third = asked()
    assert "It is next in the queue." in shown(operator, waits)
    assert "number 2 in the queue" in shown(operator, third)
    assert "Waiting until" in shown(operator, later)
    Job.objects.filter(pk=later.pk).update(error={"code": "server.jobs.lost", "data": {"attempts": 1}}, attempts=1)
    text = shown(operator, later)
    assert "The last try did not succeed." in text
    assert "Tries so far: 1 of 3." in text
    assert 'hx-trigger="every 2s"' in text
    assert 'role="status"' in text

    actions.start(waits.pk)
    assert "It has begun." in shown(operator, waits)
    actions.report(waits.pk, 1, {"code": "server.jobs.pruned", "data": {"jobs": 1234}}, 0.42)
    text = shown(operator, waits)
    assert "1,234 jobs deleted" in text
    assert 'value="42"' in text
    assert "Cancel</button>" in text
    jobs.cancel(waits.pk, None)
    text = shown(operator, waits)
    assert "Being cancelled." in text
    assert "Cancel</button>" not in text

    for job, words in (
        (asked(raises="fault", run=True), "on our side"),
        (asked(raises="input", run=True), "Put the cause right"),
        (asked(run=True), "Done."),
    ):
        text = shown(operator, job)
        assert words in text
        assert "hx-get" not in text, "what has ended is not asked for again"


def test_progress_is_a_fragment_for_rooms_that_have_no_page_for_it(rf: Any, member: Any) -> None:
    from dataferry.messages import MissingError
    from dataferry.server.jobs.pages import progress

    job = asked(member.pk)
    request = rf.get("/en/datasets/upload/1/progress/")
    answer = progress(request, job.pk, may_see=lambda job: job.asked_by == member.pk, cancel_address="/x/cancel")
    text = answer.content.decode()
    assert 'hx-get="/en/datasets/upload/1/progress/"' in text
    assert 'action="/x/cancel"' in text
    with pytest.raises(MissingError):
        progress(request, job.pk, may_see=lambda _: False)
    run_job.func(job.pk)
    done = progress(request, job.pk, may_see=lambda _: True, done_address="/there", done_words="Look")
    assert 'href="/there">Look</a>' in done.content.decode()


# The API


@pytest.fixture
def api() -> Callable[..., Any]:
    def call(user: Any, path: str, method: str = "get", **options: Any) -> Any:
        client = Client()
        if user is not None:
            client.force_login(user)
        return getattr(client, method)(f"/api/v1{path}", **options)

    return call


def test_the_api_lists_ones_own_jobs_and_all_for_operators(api: Callable[..., Any], member: Any) -> None:
    operator = make_person("", "administrator")
    own, other = asked(member.pk, raises="input", run=True), asked(None)
    assert [each["id"] for each in api(member, "/jobs").json()["items"]] == [own.pk]
    assert [each["id"] for each in api(operator, "/jobs").json()["items"]] == [other.pk, own.pk]
    assert [each["id"] for each in api(operator, "/jobs?state=queued").json()["items"]] == [other.pk]
    assert api(None, "/jobs").status_code == 401
    assert api(member, "/jobs?state=lost").status_code == 422
    found = api(member, f"/jobs/{own.pk}").json()
    assert (found["state"], found["error"]["code"]) == ("failed", "tables.empty")
    assert "mine" in found["error"]["message"]
    for number in (other.pk, 0, -1, 2**63, 2**70):
        assert api(member, f"/jobs/{number}").status_code == 404


def test_the_api_pages_by_cursor(api: Callable[..., Any], member: Any) -> None:
    numbers = [asked(member.pk).pk for _ in range(5)]
    page = api(member, "/jobs?limit=3").json()
    rest = api(member, f"/jobs?limit=3&cursor={page['next']}").json()
    assert [each["id"] for each in [*page["items"], *rest["items"]]] == numbers[::-1]
    assert rest["next"] is None


def test_the_api_cancels(api: Callable[..., Any], member: Any) -> None:
    own, other = asked(member.pk), asked(None)
    answer = api(member, f"/jobs/{own.pk}/cancel", "post")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert api(member, f"/jobs/{own.pk}/cancel", "post").json()["code"] == "server.jobs.ended"
    assert api(member, f"/jobs/{other.pk}/cancel", "post").status_code == 404
    assert Job.objects.get(pk=other.pk).state == State.QUEUED
