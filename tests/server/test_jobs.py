"""A build ends told, however it ends: released, failed with its reason, broken by a fault, or taken by another."""

import logging
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

import dataferry.products
from dataferry.messages import InputError
from dataferry.server.workshop import actions, jobs, queue
from dataferry.server.workshop.models import Build, Release
from server.releases import make_release

TITLE = {"en": "A", "zh-Hant": "甲", "zh-Hans": "甲"}


@pytest.fixture
def build(db: None, home: Path, tmp_path: Path) -> Build:
    """A build in the queue; its product folder is empty, the builder is replaced by `made_by`."""
    made = queue.request_build("two-city-chargers", "1.0.0", tmp_path, TITLE)
    assert made is not None
    return made


@pytest.fixture
def made_by(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda maker: monkeypatch.setattr(dataferry.products, "build", maker)


def ended(build: Build, home: Path) -> Build:
    """The build as the database has it; nothing of its work may be left."""
    build.refresh_from_db()
    assert list((home / "work").iterdir()) == []
    return build


def test_a_build_becomes_a_release_and_says_what_it_does(
    build: Build, home: Path, made_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((10.0, 10.5, 10.6, 11.6))
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    seen = []

    def maker(source: Path, *, out: Path, options: Any, progress: Any) -> None:
        assert source == Path(build.source)
        # A page needs no more than a word a second, but a step without a share is always told.
        for said in (("reading", 0.1), ("reading on", 0.2), ("running", None), ("writing", 0.9)):
            progress(*said)
            seen.append(Build.objects.values_list("step", "share").get())
        make_release(out)

    made_by(maker)
    digest = jobs.build_product.func(build.pk)
    assert seen == [("reading", 0.1), ("reading", 0.1), ("running", None), ("writing", 0.9)]
    release = Release.objects.get()
    assert (ended(build, home).state, build.release, release.digest) == (Build.State.DONE, release, digest)


def test_a_build_that_cannot_be_made_tells_the_reason(build: Build, home: Path, made_by: Any) -> None:
    def maker(*_: Any, **__: Any) -> None:
        raise InputError("products.no_file", file="data/stops.csv", folder="x")

    made_by(maker)
    assert jobs.build_product.func(build.pk) == "products.no_file"
    assert ended(build, home).state == Build.State.FAILED
    assert build.error["data"]["file"] == "data/stops.csv"


def test_a_fault_is_logged_and_told_without_its_details(
    build: Build, home: Path, made_by: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def maker(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    made_by(maker)
    monkeypatch.setattr(logging.getLogger("dataferry"), "propagate", True)
    assert jobs.build_product.func(build.pk) == "server.workshop.build_broke"
    assert ended(build, home).state == Build.State.FAILED
    assert build.error["data"] == {"kind": "ZeroDivisionError"}
    assert "secret detail" not in str(build.error)
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("fault", [InputError("products.no_file", file="a", folder="b"), ValueError("x")])
def test_a_worker_that_lost_its_lease_leaves_the_build_to_the_other(
    build: Build, home: Path, made_by: Any, fault: Exception
) -> None:
    def maker(*_: Any, **__: Any) -> None:
        Build.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        queue.sweep_builds()
        actions.start_build(build.pk)
        raise fault

    made_by(maker)
    assert jobs.build_product.func(build.pk) == "lease lost"
    assert (ended(build, home).state, build.attempts) == (Build.State.RUNNING, 2)
    assert not build.error


def test_a_build_that_runs_is_not_taken_twice(build: Build, made_by: Any) -> None:
    made_by(lambda *_, **__: pytest.fail("built twice"))
    actions.start_build(build.pk)
    assert jobs.build_product.func(build.pk) == "taken by another worker"
    build.refresh_from_db()
    assert (build.state, build.attempts) == (Build.State.RUNNING, 1)
