"""A release is taken in whole and true, once, and never changes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server.workshop import actions, queries
from dataferry.server.workshop.models import Release
from server.releases import make_release, write_document


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


@pytest.mark.django_db
def test_what_a_killed_try_left_goes_after_a_day_and_no_release_with_it(
    registered: Release, home: Path, tmp_path: Path
) -> None:
    shelf = (home / registered.folder).parent
    old, young = shelf / "0.9.0-dead", shelf / "0.9.0-young"
    for left in (old, young):
        left.mkdir()
    for aged in (old, home / registered.folder):
        os.utime(aged, (0, 0))
    actions.register_release(make_release(tmp_path / "second", version="1.1.0"))
    assert not old.exists()
    assert young.exists()
    assert (home / registered.folder).is_dir()


def test_a_release_of_the_house_is_open_to_everybody_and_found_by_its_words(registered: Release) -> None:
    assert registered.publication.published_by is None
    assert [release.pk for release in queries.latest_releases("兩城 CHARGERS")] == [registered.pk]
    assert queries.latest_releases("two-city elephants") == []


def test_two_versions_stand_beside_each_other(registered: Release, tmp_path: Path) -> None:
    other = actions.register_release(make_release(tmp_path / "second", version="1.1.0"))
    assert {release.version for release in Release.objects.all()} == {"1.0.0", "1.1.0"}
    assert other.product == registered.product
