"""In a browser: progress moves on by itself and stops asking at the end; operators' pages suit everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from dataferry.server import jobs
from dataferry.server.jobs import actions, registry, schedule
from dataferry.server.jobs.models import Job
from dataferry.server.jobs.transport import run_job
from server.barriers import violations
from server.persons import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = ("en", "zh-hant", "zh-hans")


@pytest.fixture
def site(
    transactional_db: None, home: Path, live_server: Any, page: Page, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A running site with an operator signed in, one failed job and one that runs."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))

    def work(running: jobs.Running) -> None:
        raise ZeroDivisionError

    jobs.handler("test.job", title="server.jobs.pruning")(work)
    operator = make_person("", "administrator")
    client = Client()
    client.force_login(operator)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    schedule.tick()
    for number in range(2):
        job = jobs.enqueue("test.job", subject=f"dataset:{number}", payload={}, asked_by=operator.pk)
        if number == 0:
            run_job.func(job.pk)
    actions.start(job.pk)
    actions.report(job.pk, 1, {"code": "server.jobs.pruned", "data": {"jobs": 1}}, 0.25)
    return str(live_server.url)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_for_everybody(page: Page, site: str, language: str) -> None:
    running = Job.objects.get(state=Job.State.RUNNING)
    failed = Job.objects.get(state=Job.State.FAILED)
    for path in ("", "jobs/", f"jobs/{running.pk}/", f"jobs/{failed.pk}/"):
        page.goto(f"{site}/{language}/operations/{path}")
        # As a driver's own script it is not a part of the page that the policy is about.
        assert violations(page, ()) == [], path
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.querySelector('main').scrollWidth") <= 360, path
        page.set_viewport_size({"width": 1280, "height": 800})


def test_progress_moves_on_is_told_and_stops_asking(page: Page, site: str) -> None:
    job = Job.objects.get(state=Job.State.RUNNING)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("request", lambda r: asked.append(r.url) if r.headers.get("hx-request") else None)
    page.goto(f"{site}/en/operations/jobs/{job.pk}/")
    expect(page.locator(".job progress")).to_have_attribute("value", "25")
    actions.report(job.pk, 1, {"code": "server.jobs.pruned", "data": {"jobs": 7}}, 0.75)
    expect(page.locator(".job progress")).to_have_attribute("value", "75")
    expect(page.locator(".job")).to_contain_text("7 jobs deleted")
    expect(page.locator(".job-box")).to_have_count(1)
    actions.finish(job.pk, 1)
    expect(page.locator(".job")).to_contain_text("Done.")
    expect(page.locator("[data-job-status]")).to_contain_text("Done.")
    assert page.locator(".job[hx-get]").count() == 0
    before = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == before
    assert complaints == []


def test_a_job_is_cancelled_by_keyboard(page: Page, site: str) -> None:
    job = Job.objects.get(state=Job.State.RUNNING)
    page.goto(f"{site}/en/operations/jobs/{job.pk}/")
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator(".job")).to_contain_text("Being cancelled.")
    assert Job.objects.get(pk=job.pk).cancel_requested
