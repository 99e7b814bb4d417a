"""A build ends told, however it ends; its release comes into the house once, whatever dies on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import RefusedError
from dataferry.products import new_product
from dataferry.server import jobs, journal
from dataferry.server.jobs.models import Job
from dataferry.server.workshop import actions, queue, registering
from dataferry.server.workshop import jobs as builds
from dataferry.server.workshop.models import Build, Draft, Release
from server.databases import python

SCRIPT = str(Path(__file__).with_name("build_process.py"))
Work = Callable[[], list[str]]


def test_a_build_says_what_it_does_and_how_it_ended(
    ann: Any, draft: Draft, work: Work, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    real = jobs.Running.progress

    def progress(self: Any, code: str, share: float | None = None, **data: Any) -> None:
        told.append(code.rpartition(".")[2])
        real(self, code, share, **data)

    monkeypatch.setattr(jobs.Running, "progress", progress)
    build = actions.request_build(ann, draft)
    assert build.state == "queued"
    assert work() == ["done"]
    build = Build.objects.get(pk=build.pk)
    assert (build.state, build.share, build.release.version) == ("done", 1.0, "0.1.0")
    assert build.job.result == {"release": "my-stops@0.1.0"}
    assert told == ["step_reading", "step_running", "step_evidence", "step_files"]
    assert list((home / "work").iterdir()) == []


def test_a_build_that_cannot_be_made_tells_the_reason(ann: Any, draft: Draft, work: Work, home: Path) -> None:
    actions.save_draft(ann, draft, draft.manifest, "SELECT stop, lines FROM stops", draft.revision)
    build = actions.request_build(ann, draft)
    assert work() == ["products.output_differs"]
    build.job.refresh_from_db()
    assert build.state == "failed"
    assert build.error["code"] == "products.output_differs"
    assert list((home / "work").iterdir()) == []
    assert not Release.objects.exists()


def test_what_is_built_is_what_was_there_when_it_was_asked_for(ann: Any, draft: Draft, work: Work) -> None:
    build = actions.request_build(ann, draft)
    actions.save_draft(ann, draft, draft.manifest, "SELECT nonsense", draft.revision)
    assert work() == ["done"]
    build.refresh_from_db()
    assert (build.revision, build.release.document["output"]["rows"]) == (1, 4)


def test_a_right_that_was_lost_meanwhile_stops_the_build(ann: Any, draft: Draft, snapshot: Any, work: Work) -> None:
    build = actions.request_build(ann, draft)
    type(snapshot.distribution.dataset).objects.update(owner=None)
    assert work() == ["server.workshop.input_hidden"]
    build.job.refresh_from_db()
    assert build.state == "failed"


def test_a_cancelled_build_leaves_nothing(
    ann: Any, draft: Draft, work: Work, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = actions.request_build(ann, draft)
    assert actions.cancel_build(ann, waiting).state == "cancelled"
    with pytest.raises(RefusedError):
        actions.cancel_build(ann, waiting)
    running = actions.request_build(ann, draft)
    real = registering.place

    def cancelled_at_the_end(folder: Path) -> Any:
        placed = real(folder)
        actions.cancel_build(ann, Build.objects.get(pk=running.pk))
        return placed

    monkeypatch.setattr(registering, "place", cancelled_at_the_end)
    assert work() == ["cancelled"]
    running.job.refresh_from_db()
    assert running.state == "cancelled"
    assert not Release.objects.exists()
    assert list((home / "work").iterdir()) == []


def test_the_confined_recipe_is_ended_by_a_cancel(
    ann: Any, draft: Draft, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = actions.request_build(ann, draft)
    monkeypatch.setattr(jobs.Running, "progress", lambda *_, **__: None)

    def asked(_self: Any) -> bool:
        Job.objects.filter(pk=build.job_id).update(cancel_requested=True)
        return True

    monkeypatch.setattr(jobs.Running, "cancelled", asked)
    assert work() == ["cancelled"]


def test_the_worker_that_lost_its_job_registers_nothing(
    ann: Any, draft: Draft, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = actions.request_build(ann, draft)
    real = builds.finish_build
    tries: list[int] = []

    def overtaken(row: Any, placed: Any) -> None:
        tries.append(row.job.attempts)
        real(row, placed)

    place = registering.place

    def slow(folder: Path) -> Any:
        placed = place(folder)
        if not tries and Job.objects.get(pk=build.job_id).attempts == 1:
            # Meanwhile the lease ran out and another worker did it all.
            Job.objects.filter(pk=build.job_id).update(state="queued", lease_until=None)
            assert jobs.run(build.job_id) == "done"
        return placed

    monkeypatch.setattr(registering, "place", slow)
    monkeypatch.setattr(builds, "finish_build", overtaken)
    assert jobs.run(build.job_id) == "in other hands"
    assert tries == [2]
    release = Release.objects.get()
    assert journal.Event.objects.filter(act="workshop.release_registered").count() == 1
    from dataferry.products import Release as Built

    assert Built.load(registering.settings.HOME / release.folder).digest == release.digest


def test_folders_of_the_house_are_built_once_and_open_to_everybody(
    home: Path, store: Path, tmp_path: Path, work: Work
) -> None:
    folder = new_product(tmp_path / "sample-product")
    title = {"en": "A", "zh-Hant": "甲", "zh-Hans": "甲"}
    build = queue.request_build("sample-product", "0.1.0", folder, title)
    assert build is not None
    assert queue.request_build("sample-product", "0.1.0", folder, title) is None
    assert work() == ["done"]
    assert queue.request_build("sample-product", "0.1.0", folder, title) is None
    release = Release.objects.get()
    assert (release.product.owner, release.product.newest) == (None, release)
    assert release.publication.published_by is None


def test_a_folder_of_the_house_does_not_take_a_persons_name(draft: Draft, tmp_path: Path) -> None:
    assert queue.request_build("my-stops", "9.0.0", tmp_path, {}) is None


def test_a_job_that_was_pruned_leaves_the_build_told(ann: Any, draft: Draft, built: Release) -> None:
    Job.objects.all().delete()
    build = Build.objects.select_related("job").get()
    assert (build.state, build.step, build.attempts) == ("done", None, 0)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["placed", "recorded"])
def test_a_worker_killed_in_a_build_leaves_one_release(
    migrated_house: dict[str, str], tmp_path: Path, moment: str
) -> None:
    folder = new_product(tmp_path / "sample-product")
    python(migrated_house, SCRIPT, "ask", str(folder))
    python(migrated_house, SCRIPT, "die", moment, code=-9)
    assert json.loads(python(migrated_house, SCRIPT, "tell")) == [["running", 1], 0, 0]
    python(migrated_house, SCRIPT, "work")
    assert json.loads(python(migrated_house, SCRIPT, "tell")) == [["done", 2], 1, 1]
