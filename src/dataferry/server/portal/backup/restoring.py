"""Restoring a backup into a fresh home: all of it is unpacked and compared before anything gets its final name."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from dataferry.messages import DataferryError, Finding, RefusedError, say
from dataferry.server import journal
from dataferry.server.portal.backup.archive import Step, unpack
from dataferry.server.portal.backup.databases import check_empty, check_fits, load_database
from dataferry.server.portal.backup.making import store_folder
from dataferry.server.workshop.models import Release
from dataferry.tables import SnapshotStore


@dataclass
class Restored:
    """What stands in the new house, and what is wrong with it."""

    manifest: Mapping[str, Any]
    journal: journal.Verification
    snapshots: int = 0
    releases: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return self.journal.sound and not self.findings


def restore_backup(archive: Path, *, step: Step = lambda _what, _share: None) -> Restored:
    """Restore `archive` into the data home and the database of the settings, both of which must be empty.

    Migrations are run; then journal, snapshots and releases are verified.

    Raises:
        RefusedError: `server.portal.restore_not_empty`, `server.portal.backup_other_database`,
            `server.portal.backup_unwritable`.
        InputError: the archive is damaged, truncated, hostile or from a newer release. Nothing is restored then.
    """
    home = Path(settings.HOME)
    store = store_folder()
    for place in (home, store):
        if place is not None and place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise RefusedError("server.portal.restore_not_empty", place=str(place))
    check_empty()
    with _staged(home) as folder:
        manifest = unpack(archive, folder, step)
        check_fits(manifest["database"])
        if manifest["store"]["kind"] == "folder" and store is None:
            raise RefusedError("server.portal.restore_store", store=settings.STORE)
        step(say("server.portal.restore_of_database", {}), None)
        _assemble(manifest, folder, home, store)
    call_command("migrate", interactive=False, verbosity=0)
    step(say("server.portal.restore_check", {}), None)
    return verify_house(manifest)


@contextmanager
def _staged(home: Path) -> Iterator[Path]:
    """A folder beside the new home, gone at the end."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{home.name}.restoring-", dir=home.parent))
    except OSError as error:
        raise RefusedError("server.portal.backup_unwritable", file=str(home), problem=error.strerror) from error
    try:
        yield folder
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise RefusedError("server.portal.backup_unwritable", file=str(home), problem=problem) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _assemble(manifest: Mapping[str, Any], folder: Path, home: Path, store: Path | None) -> None:
    """The new home takes its name when all of it is there."""
    made = folder / "home"
    made.mkdir(mode=0o700, exist_ok=True)
    made.chmod(0o700)
    for key in ("secret_key", "keys/signing_key.pem"):
        if (made / key).is_file():
            (made / key).chmod(0o600)
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"]).relative_to(home)
        (folder / "database" / "database.sqlite3").replace(made / name)
        (made / name).chmod(0o600)
    else:
        load_database(manifest["database"], folder / "database")
    snapshots = folder / "store"
    if store is not None and snapshots.is_dir():
        inside = store.is_relative_to(home)
        target = made / store.relative_to(home) if inside else store
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            target.rmdir()
        for blob in (snapshots / "blobs").rglob("*"):
            blob.chmod(0o444 if blob.is_file() else 0o755)
        shutil.move(snapshots, target)
    if home.is_dir():
        home.rmdir()
    made.rename(home)


def verify_house(manifest: Mapping[str, Any]) -> Restored:
    """Journal against its chain and the backup's head, snapshots and releases against their digests."""
    result = Restored(manifest, journal.verify())
    head = manifest["database"]["head"]
    if head is not None and head["sequence"] and not journal.Event.objects.filter(**head).exists():
        result.findings.append(Finding("server.portal.restored_head_differs", "blocked", dict(head)))
    store = SnapshotStore(settings.STORE)
    present = {snapshot.sha256 for snapshot in store.list()}
    result.snapshots = len(present)
    for damage in store.verify():
        data = {"sha256": damage.sha256, "kind": damage.kind}
        result.findings.append(Finding("server.portal.restored_snapshot", "blocked", data))
    for sha256 in sorted(set(manifest["store"].get("snapshots", ())) - present):
        data = {"sha256": sha256, "kind": "missing"}
        result.findings.append(Finding("server.portal.restored_snapshot", "blocked", data))
    _check_releases(result)
    return result


def _check_releases(result: Restored) -> None:
    from dataferry.products import Release as Built

    for folder, name in Release.objects.order_by("pk").values_list("folder", "product__slug").iterator():
        result.releases += 1
        try:
            Built.load(Path(settings.HOME) / folder)
        except DataferryError as error:
            data = {"release": name, "problem": error.text()}
            result.findings.append(Finding("server.portal.restored_release", "blocked", data))
