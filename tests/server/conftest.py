"""Shared by the server's tests: a private data home, a store, jobs done at once, a release, Chromium."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.databases import django_db_modify_db_settings, migrated_house, own_house, shared_folder, template
from server.guards import flushing
from server.releases import make_release
from server.sandboxes import asked_once

__all__ = ["django_db_modify_db_settings", "migrated_house", "own_house", "shared_folder", "template"]

# Playwright keeps an event loop in the test's thread; Django would take that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PATIENCE_OF_A_BROWSER = 30_000
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session", autouse=True)
def _rows_that_are_final_go_between_tests() -> Iterator[None]:
    """Tests with transactions of their own empty every table afterwards; triggers would refuse."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    with pytest.MonkeyPatch.context() as patch:
        original = BaseDatabaseOperations.execute_sql_flush
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flushing(original))
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once() -> Iterator[None]:
    """Every new test client would look for all of them again, which takes longer than most answers."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    original, listed = WhiteNoiseMiddleware.add_files_from_finders, {}

    def add(self: WhiteNoiseMiddleware) -> None:
        if not listed:
            original(self)
            listed.update(self.files)
        self.files.update(listed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(scope="session", autouse=True)
def _the_document_of_the_api_is_made_once() -> Iterator[None]:
    """It takes longer than a hundred requests, and many tests walk along it."""
    from ninja import NinjaAPI

    original, made = NinjaAPI.get_openapi_schema, {}

    def once(self: NinjaAPI, **options: Any) -> Any:
        key = (id(self), *sorted(options.items()))
        if key not in made:
            # The API is kept too, so that no other comes to have its id.
            made[key] = (original(self, **options), self)
        return copy.deepcopy(made[key][0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NinjaAPI, "get_openapi_schema", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _children_are_asked_once() -> Iterator[None]:
    """What a confined child does is tested where the sandbox is."""
    with asked_once():
        yield


@pytest.fixture(autouse=True)
def _no_rate_limits(request: pytest.FixtureRequest) -> None:
    """Tests call the API faster than people; those of the limits set their own."""
    from django.conf import settings

    if settings.API_RATES:
        request.getfixturevalue("settings").API_RATES = {}


@pytest.fixture(autouse=True)
def _nothing_is_left_of_the_test_before() -> None:
    """What is kept in memory goes by numbers of rows, and the numbers of a test begin anew."""
    from django.core.cache import cache
    from django.utils import translation

    cache.clear()
    # A page of the test before may have been asked for in another language.
    translation.deactivate_all()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """A good hash is slow on purpose; tests sign in hundreds of times."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    """A data home of this test's own."""
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    return settings.HOME


@pytest.fixture
def store(settings: Any, home: Path, db: None) -> Path:
    """The snapshot store of this test."""
    settings.STORE = str(home / "snapshots")
    return home / "snapshots"


@pytest.fixture
def work(store: Path) -> Callable[[], list[str]]:
    """Do all open jobs now, as a worker would; returns how each ended."""
    from dataferry.server import jobs

    def work_off() -> list[str]:
        ended = []
        while job := jobs.Job.objects.filter(state="queued").order_by("pk").first():
            ended.append(jobs.run(job.pk))
        return ended

    return work_off


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release folder as the builder leaves it; not to be changed."""
    return make_release(tmp_path_factory.mktemp("built") / "release")


@pytest.fixture
def folder(release_folder: Path, tmp_path: Path) -> Path:
    """A copy of the release folder that a test may spoil."""
    return Path(shutil.copytree(release_folder, tmp_path / "release"))


@pytest.fixture
def registered(db: None, home: Path, release_folder: Path) -> Any:
    """The release, registered."""
    from dataferry.server.workshop.actions import register_release

    return register_release(release_folder)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; tests that need it skip where it is absent."""
    chromium = os.environ.get("DATAFERRY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import expect

    # Five seconds are a limit on the machine, not on the page.
    expect.set_options(timeout=PATIENCE_OF_A_BROWSER)
    return {**browser_type_launch_args, "executable_path": chromium, "args": list(CHROMIUM_ARGUMENTS)}
