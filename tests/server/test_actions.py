"""A release is taken in whole and true, once, and never changes; a build is never "running" for ever."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from dataferry.messages import InputError, RefusedError, UsageError
from dataferry.server.workshop import actions, queue
from dataferry.server.workshop.models import Build, Release
from server.releases import make_release, write_document

TITLE = {"en": "A", "zh-Hant": "甲", "zh-Hans": "甲"}


def read(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "release.json").read_text(encoding="utf-8"))


def test_registering_twice_is_one_row(registered: Release, release_folder: Path, home: Path) -> None:
    assert actions.register_release(release_folder) == registered
    assert Release.objects.count() == 1
    kept = home / registered.folder
    assert sorted(f.name for f in kept.iterdir()) == sorted(f.name for f in release_folder.iterdir())
    assert not list(kept.parent.glob(".taking-in-*"))


@pytest.mark.django_db
def test_a_file_that_differs_is_refused_and_leaves_nothing(folder: Path, home: Path) -> None:
    with (folder / "data.csv").open("ab") as file:
        file.write(b"one more row\n")
    with pytest.raises(InputError, match="sha256") as error:
        actions.register_release(folder)
    assert error.value.code == "server.workshop.file_differs"
    assert Release.objects.count() == 0
    assert not [file for file in (home / "releases").rglob("*") if file.is_file()]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "..", "a\\b", "a\0b", "", "con./x"])
def test_a_file_name_never_leaves_the_folder(folder: Path, home: Path, name: str) -> None:
    value = read(folder)
    value["files"][0]["name"] = name
    write_document(folder, value)
    with pytest.raises(InputError) as error:
        actions.register_release(folder)
    assert error.value.code == "products.not_a_release"


@pytest.mark.django_db
def test_a_link_out_of_the_folder_is_not_followed(folder: Path, home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (folder / "data.csv").unlink()
    (folder / "data.csv").symlink_to(secret)
    with pytest.raises(InputError) as error:
        actions.register_release(folder)
    assert error.value.code == "server.workshop.file_missing"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../x"),
        ("version", "1/2"),
        ("digest", "sha256:xyz"),
        ("evidence", {"source": "fine"}),
        ("files", [{"name": "a", "media_type": "text/html\r\nX: y", "bytes": 1, "sha256": "a" * 64}]),
        ("title", {"en": "only"}),
        ("cities", ["hong-kong", "<script>alert(1)</script>"]),
        ("files", [{"name": "../a", "media_type": "text/html", "bytes": 1, "sha256": "a" * 64}]),
    ],
)
def test_a_record_of_the_wrong_shape_is_refused(folder: Path, home: Path, key: str, value: Any) -> None:
    write_document(folder, {**read(folder), key: value})
    with pytest.raises(InputError) as error:
        actions.register_release(folder)
    assert error.value.code == "products.not_a_release"


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_record_that_is_no_record_is_refused(folder: Path, home: Path, content: bytes) -> None:
    (folder / "release.json").write_bytes(content)
    with pytest.raises(InputError):
        actions.register_release(folder)


def test_a_version_has_one_content(registered: Release, folder: Path) -> None:
    write_document(folder, {**read(folder), "digest": "sha256:" + "0" * 64})
    with pytest.raises(RefusedError) as error:
        actions.register_release(folder)
    assert error.value.code == "server.workshop.version_taken"


def test_a_release_cannot_be_changed_by_any_way(registered: Release) -> None:
    registered.version = "9.9.9"
    for change in (
        registered.save,
        registered.delete,
        lambda: Release.objects.update(version="9.9.9"),
        lambda: Release.objects.all().delete(),
        lambda: Release.objects.bulk_update([registered], ["version"]),
    ):
        with pytest.raises(RefusedError):
            change()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE workshop_release SET version = '9.9.9'")
    assert Release.objects.get().version == "1.0.0"


def queued(source: Path) -> Build:
    build = queue.request_build("a", "1.0.0", source, TITLE)
    assert build is not None
    return build


@pytest.mark.django_db
def test_a_build_is_asked_for_once(tmp_path: Path) -> None:
    queued(tmp_path)
    assert queue.request_build("a", "1.0.0", tmp_path, TITLE) is None
    assert DBTaskResult.objects.count() == 1


def test_a_released_version_is_not_built_again(registered: Release, tmp_path: Path) -> None:
    assert queue.request_build(registered.product.slug, registered.version, tmp_path, TITLE) is None


@pytest.mark.django_db
def test_only_one_worker_gets_a_build(tmp_path: Path) -> None:
    build = queued(tmp_path)
    assert actions.start_build(build.pk).attempts == 1
    with pytest.raises(RefusedError):
        actions.start_build(build.pk)


def test_a_worker_that_lost_its_lease_cannot_finish(home: Path, db: None, release_folder: Path) -> None:
    build = queued(release_folder)
    first = actions.start_build(build.pk)
    Build.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert queue.sweep_builds() == 1
    second = actions.start_build(build.pk)
    for late in (
        lambda: actions.report_progress(build.pk, first.attempts, "late", 0.5),
        lambda: actions.fail_build(build.pk, first.attempts, UsageError("server.workshop.build_lost", attempts=1)),
    ):
        with pytest.raises(RefusedError):
            late()
    actions.report_progress(build.pk, second.attempts, "reading", 0.5)
    actions.finish_build(build.pk, second.attempts, release_folder)
    build.refresh_from_db()
    assert (build.state, build.release) == (Build.State.DONE, Release.objects.get())


@pytest.mark.django_db
def test_a_build_that_is_lost_too_often_fails_with_the_reason(settings: Any, tmp_path: Path) -> None:
    settings.BUILD_ATTEMPTS = 2
    build = queued(tmp_path)
    for _attempt in range(2):
        actions.start_build(build.pk)
        DBTaskResult.objects.filter(pk=Build.objects.get().task_id).update(status=TaskResultStatus.RUNNING)
        assert queue.sweep_builds(workers_are_gone=True) == 1
    build.refresh_from_db()
    assert build.state == Build.State.FAILED
    assert build.error["code"] == "server.workshop.build_lost"
    assert queue.sweep_builds(workers_are_gone=True) == 0
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()


@pytest.mark.django_db
def test_a_running_build_with_a_lease_is_left_alone(tmp_path: Path) -> None:
    build = queued(tmp_path)
    actions.start_build(build.pk)
    assert queue.sweep_builds() == 0
    assert Build.objects.get().state == Build.State.RUNNING


def test_two_versions_stand_beside_each_other(registered: Release, tmp_path: Path) -> None:
    other = actions.register_release(make_release(tmp_path / "second", version="1.1.0"))
    assert {release.version for release in Release.objects.all()} == {"1.0.0", "1.1.0"}
    assert other.product == registered.product
