"""Making a backup: the database first, then the files, which are never changed once the database speaks of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from dataferry import __version__
from dataferry.messages import RefusedError, say
from dataferry.server.portal import environment
from dataferry.server.portal.backup.archive import FORMAT, ArchiveWriter, Step, appearing
from dataferry.server.portal.backup.databases import copy_database
from dataferry.tables import SnapshotStore

LEFT_OUT = frozenset({"static", "work", "mail", "metrics", "up.lock", "identity_papers"})
"""Of the data home: made anew (static), of the moment (work, mail, metrics, up.lock), or to be destroyed on a day that
a copy would outlive (identity_papers)."""
NEVER = frozenset({"keys/papers.key"})
"""Opens identity papers: with it in a backup, a destroyed paper might be read again from a disk thrown away."""
KEYS = frozenset({"secret_key", "keys/signing_key.pem"})


def make_backup(target: Path, *, with_keys: bool = False, step: Step = lambda _what, _share: None) -> dict[str, Any]:
    """Write a backup of this house, which may be running, to the new file `target`; the answer is its manifest.

    Args:
        with_keys: also the private keys (of sessions and of the journal).

    Raises:
        RefusedError: `server.portal.backup_exists`, `server.portal.backup_unwritable`.
        UnavailableError: the database or the store did not answer.
    """
    try:
        with appearing(target) as (file, beside):
            step(say("server.portal.backup_of_database", {}), None)
            copy = copy_database(beside, lambda _what, share: step(say("server.portal.backup_of_database", {}), share))
            writer = ArchiveWriter(file)
            for each in sorted(beside.iterdir()):
                writer.add(each, f"database/{each.name}")
            store = _add_files(writer, with_keys, step)
            manifest = {
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "dataferry": __version__,
                "database": copy.to_json(),
                "store": store,
                "keys": with_keys,
            }
            writer.close(manifest)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise RefusedError("server.portal.backup_unwritable", file=str(target), problem=problem) from error
    return {**manifest, "files": writer.entries}


def _add_files(writer: ArchiveWriter, with_keys: bool, step: Step) -> dict[str, Any]:
    """The data home and the snapshots. Of a store in a bucket only the list: the bucket has its own copies."""
    folder = store_folder()
    listed: dict[str, Any] = {"kind": "folder"}
    if folder is None:
        snapshots = [snapshot.sha256 for snapshot in SnapshotStore(settings.STORE).list()]
        listed = {"kind": "listed", "address": settings.STORE, "snapshots": snapshots}
    found = [(path, f"home/{name}") for path, name in home_files(with_keys)]
    found += [(path, f"store/{name}") for path, name in _files(folder)] if folder else []
    whole, done = sum(_size(path) for path, _name in found) or 1, 0
    for path, name in found:

        def seen(count: int, name: str = name) -> None:
            nonlocal done
            done += count
            step(name, min(1.0, done / whole))

        writer.add(path, name, seen)
    return listed


def store_folder() -> Path | None:
    """The folder of the snapshot store; `None` for a bucket."""
    if "://" in settings.STORE and not settings.STORE.startswith("file://"):
        return None
    return Path(settings.STORE.removeprefix("file://")).expanduser().absolute()


def home_files(with_keys: bool) -> Iterator[tuple[Path, str]]:
    """Every file of the data home that a backup holds, with its name below the home."""
    home = Path(settings.HOME)
    store = store_folder()
    secrets_file = environment.SECRETS_FILE.read()
    for path, name in _files(home):
        if name.split("/")[0] in LEFT_OUT or (store is not None and path.is_relative_to(store)):
            continue
        is_key = name in KEYS or (secrets_file != "" and path.samefile(secrets_file))
        if not _of_database(path) and name not in NEVER and (with_keys or not is_key):
            yield path, name


def _of_database(path: Path) -> bool:
    name = str(connection.settings_dict["NAME"])
    return connection.vendor == "sqlite" and str(path) in {name, f"{name}-wal", f"{name}-shm", f"{name}-journal"}


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Whole files in the order of their names. Working copies (`.x`, `x#1`, `x.part`) are not whole."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if not name.startswith(".") and "#" not in name and not name.endswith(".part") and path.is_file():
                yield path, path.relative_to(folder).as_posix()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
