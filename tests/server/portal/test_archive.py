"""Promise: a backup that was cut, changed or made up is refused, and nothing of it gets out of the folder given."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import DataferryError, InputError, RefusedError
from dataferry.server.portal.backup.archive import FORMAT, ArchiveWriter, appearing, unpack
from dataferry.server.portal.backup.databases import check_fits

MANIFEST = {"format": FORMAT, "database": {"kind": "sqlite", "migrations": {}}, "store": {"kind": "folder"}}


def nothing(_what: str, _share: float | None) -> None:
    """No progress."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small backup."""
    (tmp_path / "one").write_bytes(b"one" * 5000)
    (tmp_path / "two").write_bytes("兩".encode())
    target = tmp_path / "backup.tar"
    with appearing(target) as (file, _beside):
        writer = ArchiveWriter(file)
        assert writer.add(tmp_path / "one", "database/database.sqlite3")
        assert writer.add(tmp_path / "two", "home/releases/兩/data.csv")
        assert not writer.add(tmp_path / "gone", "home/gone")
        writer.close(MANIFEST)
    return target


def test_what_was_put_in_comes_out(archive: Path, tmp_path: Path) -> None:
    manifest = unpack(archive, tmp_path / "out", nothing)
    assert (tmp_path / "out" / "home/releases/兩/data.csv").read_text(encoding="utf-8") == "兩"
    assert [entry["bytes"] for entry in manifest["files"]] == [15000, 3]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 2**20), flip=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_no_cut_or_changed_archive_counts(
    archive: Path, tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    whole = archive.read_bytes()
    # The last blocks of a tar are zeros: cutting those takes nothing away.
    content = len(whole.rstrip(b"\0"))
    (folder / "cut.tar").write_bytes(whole[: cut % content])
    with pytest.raises(InputError):
        unpack(folder / "cut.tar", folder / "cut", nothing)
    changed = bytearray(whole)
    changed[flip % content] ^= 1 << bit
    (folder / "changed.tar").write_bytes(changed)
    try:
        unpack(folder / "changed.tar", folder / "changed", nothing)
    except DataferryError:
        return
    # Bits of a header that say nothing (time, owner) may change; the content may not.
    assert (folder / "changed/database/database.sqlite3").read_bytes() == b"one" * 5000
    assert (folder.joinpath("changed", "home", "releases", "兩", "data.csv")).read_text(encoding="utf-8") == "兩"


def member(name: str, body: bytes = b"x", **changes: Any) -> Callable[[tarfile.TarFile], None]:
    def add(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        for key, value in changes.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(body))

    return add


@pytest.mark.parametrize(
    "hostile",
    [
        member("../outside"),
        member("home/../../outside"),
        member("/absolute"),
        member("home//outside"),
        member("home/./outside"),
        member("home\\..\\outside"),
        member("home/a\nb"),
        member("elsewhere/file"),
        member("home/link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("home/link", b"", type=tarfile.LNKTYPE, linkname="../outside"),
        member("home/device", b"", type=tarfile.CHRTYPE),
        member("home/folder", b"", type=tarfile.DIRTYPE),
        member("home/unlisted"),
        member("database/database.sqlite3"),
    ],
)
def test_members_that_do_not_belong_are_refused(
    hostile: Callable[[tarfile.TarFile], None], archive: Path, tmp_path: Path
) -> None:
    with tarfile.open(archive) as source, tarfile.open(tmp_path / "made-up.tar", "w") as target:
        for info in source:
            if info.name == "manifest.json":
                hostile(target)
            target.addfile(info, source.extractfile(info))
    with pytest.raises(InputError, match="Nothing was restored"):
        unpack(tmp_path / "made-up.tar", tmp_path / "deep" / "out", nothing)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "deep" / "outside").exists()


@pytest.mark.parametrize(
    "manifest",
    [b"{}", b"[]", b"not json", b"[" * 9000, json.dumps({**MANIFEST, "format": "other/1", "files": []}).encode()],
)
def test_a_manifest_that_is_none_is_refused(manifest: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "made-up.tar", "w") as target:
        member("manifest.json", manifest)(target)
    with pytest.raises(InputError):
        unpack(tmp_path / "made-up.tar", tmp_path / "out", nothing)


def test_a_backup_of_a_newer_release_or_another_database_is_refused() -> None:
    from django.db import connection

    kind = "sqlite" if connection.vendor == "sqlite" else "postgresql-dump"
    check_fits({"kind": kind, "migrations": {"workshop": ["0001_initial"]}})
    with pytest.raises(InputError, match=r"workshop\.9999_later"):
        check_fits({"kind": kind, "migrations": {"workshop": ["0001_initial", "9999_later"]}})
    with pytest.raises(RefusedError):
        check_fits({"kind": "something-else", "migrations": {}})


def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"

    def fail() -> None:
        with appearing(target) as (file, beside):
            file.write(b"half")
            (beside / "work").write_bytes(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert list(tmp_path.iterdir()) == []
