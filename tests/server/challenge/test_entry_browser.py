"""Promise: a team goes from registration to the version handed in with a browser alone; its pages are clean and fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server.challenge.editions import Clock, make_edition
from server.challenge.inspection.making import paper
from server.looking import looked_at, signed_in
from server.persons import make_person

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "本方案使用香港和上海两地的开放数据，为市民提供更好的出行信息，并说明数据来源、处理方法和预期效果。" * 6


def test_the_teams_path(
    transactional_db: None, home: Path, clock: Clock, signed_in: Any, tmp_path: Path, inspected: Any
) -> None:
    edition = make_edition()
    page = signed_in(make_person("lead@example.org"), 1280)

    page.goto("/en/challenge/mine/")
    page.get_by_role("button", name="Register a team").click()
    page.get_by_label("Name of the team").fill("Harbour Watch")
    page.get_by_label("Hong Kong").check()
    page.get_by_label("Individuals").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Harbour Watch")).to_be_visible()

    clock.during("submission")
    page.get_by_role("link", name="Open the entry").click()
    page.get_by_label("Sub-category").select_option("transportation")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Add the file: Proposal.")).to_be_visible()
    looked_at(page, "entry-empty-1280")

    page.get_by_label("Title (English)").fill("Ferries on time")
    page.get_by_label("Summary (English)").fill("When the next ferry leaves.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="Ferries on time")).to_be_visible()

    page.get_by_label("Part of the entry").select_option("deck")
    page.get_by_label("Language of the file").select_option("zh-Hans")
    page.get_by_label("The file", exact=True).set_input_files(paper(tmp_path / "deck.pdf", [TEXT]))
    page.get_by_role("button", name="Add the file").click()
    expect(page.get_by_text("The file has arrived and is being inspected.")).to_be_visible()
    inspected()
    page.reload()
    expect(page.get_by_text("Being inspected; that does not hold you up.")).to_have_count(0)
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()

    page.get_by_role("button", name="Hand the entry in").click()
    expect(page.get_by_text("Handed in as version 1")).to_be_visible()
    looked_at(page, "entry-1280")
    page.set_viewport_size({"width": 360, "height": 800})
    looked_at(page, "entry-360")
    page.goto(page.url.replace("/en/", "/zh-hant/"))
    looked_at(page, "entry-zh-hant-360")
    assert edition.entries.get().submissions.count() == 1


@pytest.fixture
def inspected() -> Any:
    """Does the worker's part: every inspection that waits."""
    from dataferry.server import jobs

    def work() -> None:
        for job in jobs.Job.objects.filter(kind="challenge.inspect_artefact", state="queued"):
            jobs.run(job.pk)

    return work
