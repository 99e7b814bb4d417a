"""Where the bytes are: the snapshot store of this deployment, and the table that a snapshot was read into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from dataferry.server.catalogue.models import Snapshot
    from dataferry.tables import SnapshotStore


def snapshot_store() -> SnapshotStore:
    """The store at `settings.STORE`, a folder or a bucket."""
    # It brings the readers of every file format along, which most pages do without.
    from dataferry.tables import SnapshotStore

    return SnapshotStore(settings.STORE)


@contextmanager
def table_of(snapshot: Snapshot) -> Iterator[Path]:
    """The reading of a snapshot as a GeoParquet file (in a local store the stored file itself: never write to it).

    Raises:
        MissingError, InputError: the store has lost it.
    """
    with snapshot_store().open(snapshot.table_sha256) as path:
        yield path


@contextmanager
def bytes_of(snapshot: Snapshot) -> Iterator[Path]:
    """The bytes of a snapshot as they were received.

    Raises:
        MissingError, InputError: the store has lost them.
    """
    with snapshot_store().open(snapshot.sha256) as path:
        yield path
