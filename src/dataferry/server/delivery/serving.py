"""Served tables: made once for each release and cut, by a job when an agreement comes into force, else at first use."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator, Sequence

from django.db import IntegrityError, transaction

from dataferry.messages import RefusedError, UnavailableError
from dataferry.products.release import file_sha256
from dataferry.server import jobs
from dataferry.server.delivery import keeping, vault
from dataferry.server.delivery.cutting import Cutting, cut_file
from dataferry.server.delivery.limits import Cut
from dataferry.server.delivery.models import ServedTable
from dataferry.server.journal import clock
from dataferry.server.workshop.data import DATA_FILE, data_path
from dataferry.server.workshop.models import Release

AT_ONCE_BYTES = 32 * 1024 * 1024
"""A table up to this size is cut while the client waits; a larger one by a job, and the client asks again."""
AGAIN_SECONDS = 5


def served_table(release: Release, cut: Cut, *, wait: bool = False) -> ServedTable:
    """The table as it is served, made now if it has not been, or if files of it are gone.

    Args:
        wait: make it now however large it is (jobs).

    Raises:
        UnavailableError: `server.delivery.being_prepared` or `server.delivery.being_made_again` (503, ask again): it is
            large, or another process makes it.
        RefusedError: `server.delivery.file_damaged`, the release has no table, or not the one that was signed for; or
            see `cutting.cut_file`.
    """
    found = _known(release, cut)
    if found is not None and keeping.is_whole(found):
        return found
    source = data_path(release)
    if not source.is_file():
        raise RefusedError("server.delivery.file_damaged")
    if not wait and source.stat().st_size > AT_ONCE_BYTES:
        if found is not None:
            keeping.ask(found)
        raise being_prepared()
    with making(f"{release.digest} {cut.digest}", wait=wait):
        found = _known(release, cut)
        if found is None:
            return _made(release, cut)
        return found if keeping.is_whole(found) else keeping.made_again(found, _cut(release, cut).files)


def _known(release: Release, cut: Cut) -> ServedTable | None:
    rows = ServedTable.objects.select_related("release__product")
    found = rows.filter(release=release, cut=cut.digest).first()
    return None if found is None else keeping.current(found)


def being_prepared() -> UnavailableError:
    """The one answer that asks a client to come again: clients do so after a 503 by themselves."""
    return UnavailableError("server.delivery.being_prepared", retry=True, seconds=AGAIN_SECONDS)


def key_of(release: Release) -> tuple[str, ...]:
    """The declared key of a release's table; empty for none."""
    output = release.document.get("output")
    key = output.get("key") if isinstance(output, dict) else None
    return tuple(str(name) for name in key) if isinstance(key, Sequence) and not isinstance(key, str) else ()


def _cut(release: Release, cut: Cut) -> Cutting:
    """
    Raises:
        RefusedError: `server.delivery.file_damaged`, the table is not the one that was built and signed for.
    """
    source = data_path(release)
    stated = {each["name"]: each["sha256"] for each in release.document.get("files") or []}
    if stated.get(DATA_FILE) != file_sha256(source):
        raise RefusedError("server.delivery.file_damaged")
    return cut_file(source, cut, key_of(release))


def _made(release: Release, cut: Cut) -> ServedTable:
    made = _cut(release, cut)
    row = ServedTable(
        release=release,
        cut=cut.digest,
        files=made.files,
        ordered_by=list(made.ordered_by),
        rows=made.rows,
        bytes=made.bytes,
        made_at=clock.now(),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Another machine with the same database was quicker; its files are the same.
        return ServedTable.objects.select_related("release__product").get(release=release, cut=cut.digest)
    return row


def ask_for(entitlement_id: int) -> None:
    """A job that makes everything an entitlement may fetch, inside the caller's transaction."""
    jobs.enqueue(
        "delivery.prepare",
        subject=f"entitlement:{entitlement_id}",
        payload={"entitlement": entitlement_id},
        asked_by=None,
        key=f"delivery.prepare:{entitlement_id}",
    )


@contextlib.contextmanager
def making(what: str, *, wait: bool) -> Iterator[None]:
    """One process of this machine at a time makes a thing.

    Raises:
        UnavailableError: `server.delivery.being_prepared`: another one does, and `wait` is false.
    """
    folder = vault.folder() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / hashlib.sha256(what.encode()).hexdigest()).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            raise being_prepared() from error
        yield
