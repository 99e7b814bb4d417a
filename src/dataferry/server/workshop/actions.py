"""Every change of state of the workshop. One function owns each; pages, jobs and commands call it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from dataferry.messages import DataferryError, InputError, RefusedError
from dataferry.products.release_document import ReleaseDocument, read_release_json
from dataferry.server.workshop.models import TRANSITIONS, Build, Product, Release

CHUNK = 1024 * 1024
LONGEST_STEP = 300


def register_release(folder: Path) -> Release:
    """Take a release folder in: verify every file's sha256 while copying it, then write the row.

    The same release registered again is the row that is there already. Nothing is visible before all of it is there.

    Raises:
        InputError: the folder is not a release, or a file is missing or differs from its sha256.
        RefusedError: this version of the product has other content already; a correction is a new version.
    """
    document, value = read_release_json(folder, ReleaseDocument)
    known = _registered(document)
    if known is not None:
        return known
    place = Path("releases") / document.name / f"{document.version}-{document.digest.removeprefix('sha256:')[:12]}"
    _take_in(folder, document, settings.HOME / place)
    try:
        with transaction.atomic():
            product, _new = Product.objects.get_or_create(slug=document.name)
            return Release.objects.create(
                product=product,
                version=document.version,
                digest=document.digest,
                folder=place.as_posix(),
                document=value,
            )
    except IntegrityError:
        known = _registered(document)
        if known is None:
            raise
        return known


def _registered(document: ReleaseDocument) -> Release | None:
    """The row of this release, if it is there."""
    known = Release.objects.filter(product__slug=document.name, version=document.version).first()
    if known is not None and known.digest != document.digest:
        raise RefusedError(
            "server.workshop.version_taken",
            name=document.name,
            version=document.version,
            digest=known.digest,
            other=document.digest,
        )
    return known


def _take_in(folder: Path, document: ReleaseDocument, target: Path) -> None:
    """Copy the listed files beside their place, then move them there at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".taking-in-", dir=target.parent))
    try:
        for file in document.files:
            _copy_verified(folder / file.name, staged / file.name, file.sha256, folder)
        shutil.copyfile(folder / "release.json", staged / "release.json")
        staged.chmod(0o755)
        # Left by a try that was killed between the move and the row: no row speaks of it.
        shutil.rmtree(target, ignore_errors=True)
        staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _copy_verified(source: Path, target: Path, sha256: str, folder: Path) -> None:
    if not source.is_file() or not source.resolve().is_relative_to(folder.resolve()):
        raise InputError("server.workshop.file_missing", file=source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
    if digest.hexdigest() != sha256:
        raise InputError("server.workshop.file_differs", file=source.name, stated=sha256, found=digest.hexdigest())


def move_build(build_id: int, attempt: int | None, to: str, **changes: Any) -> None:
    """Move a build to another state, if it still is where the caller thinks: another worker may have it by now."""
    sources = [state for state, targets in TRANSITIONS.items() if to in targets]
    rows = Build.objects.filter(pk=build_id, state__in=sources)
    if attempt is not None:
        rows = rows.filter(attempts=attempt)
    if not rows.update(state=to, **changes):
        raise RefusedError("server.workshop.build_moved_on", build=build_id, state=to)


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.BUILD_LEASE_SECONDS)


def start_build(build_id: int) -> Build:
    """Take a queued build. Its `attempts` is from now on the caller's ticket for the other calls."""
    with transaction.atomic():
        build = Build.objects.select_for_update().get(pk=build_id)
        now = timezone.now()
        move_build(
            build_id,
            build.attempts,
            Build.State.RUNNING,
            attempts=build.attempts + 1,
            lease_until=_lease_end(),
            started_at=now,
            step="",
            share=None,
        )
    build.refresh_from_db()
    return build


def report_progress(build_id: int, attempt: int, step: str, share: float | None) -> None:
    """Say how far a running build is; this also renews its lease.

    Raises:
        RefusedError: the lease was lost meanwhile, the caller should stop.
    """
    changed = Build.objects.filter(pk=build_id, attempts=attempt, state=Build.State.RUNNING).update(
        step=step[:LONGEST_STEP], share=share, lease_until=_lease_end()
    )
    if not changed:
        raise RefusedError("server.workshop.build_moved_on", build=build_id, state=Build.State.RUNNING)


def finish_build(build_id: int, attempt: int, folder: Path) -> Release:
    """Register what was built and close the build."""
    release = register_release(folder)
    move_build(
        build_id, attempt, Build.State.DONE, release=release, finished_at=timezone.now(), lease_until=None, share=1.0
    )
    return release


def fail_build(build_id: int, attempt: int | None, error: DataferryError) -> None:
    """Close a build that cannot succeed, with the reason people will read."""
    reason = {"code": error.code, "data": {key: str(value) for key, value in error.data.items()}, "retry": error.retry}
    move_build(build_id, attempt, Build.State.FAILED, error=reason, finished_at=timezone.now(), lease_until=None)
