"""What changed between two versions of a shared table, under the same cut, as a file that clients read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import IntegrityError, transaction

from dataferry.formats.large_changes import between_files
from dataferry.formats.portions import gathered
from dataferry.server.delivery import keeping, vault
from dataferry.server.delivery.cutting import GROUP_BYTES, ROWS_A_FILE, ROWS_A_GROUP
from dataferry.server.delivery.models import ServedChange, ServedTable
from dataferry.server.delivery.serving import AT_ONCE_BYTES, being_prepared, key_of, making
from dataferry.server.journal import clock


def served_change(before: ServedTable, after: ServedTable, *, wait: bool = False) -> ServedChange:
    """What turns one served table into the next, made now if it has not been, or if files of it are gone.

    The files have the columns of the newer table and `_change_type`.

    Raises:
        UnavailableError: `server.delivery.being_prepared` or `server.delivery.being_made_again` (503, ask again).
        InputError: see `formats.changes.between`.
    """
    found = _known(before, after)
    if found is not None and keeping.is_whole(found):
        return found
    if not wait and before.bytes + after.bytes > AT_ONCE_BYTES:
        if found is not None:
            keeping.ask(found)
        raise being_prepared()
    with making(f"{before.pk} {after.pk}", wait=wait):
        found = _known(before, after)
        if found is not None and keeping.is_whole(found):
            return found
        files = _compared(before, after)
        return _kept(before, after, files) if found is None else keeping.made_again(found, files)


def _known(before: ServedTable, after: ServedTable) -> ServedChange | None:
    found = ServedChange.objects.filter(before=before, after=after).first()
    return None if found is None else keeping.current(found)


def _compared(before: ServedTable, after: ServedTable) -> list[dict[str, Any]]:
    key = [name for name in key_of(after.release) if name in _names(before) and name in _names(after)]
    whole = len(key) == len(key_of(after.release))
    with vault.workplace() as place:
        old, new = ([vault.sound_path(file) for file in served.files] for served in (before, after))
        feed = between_files(old, new, key if whole else (), place)
        return _written(gathered(feed, ROWS_A_GROUP, GROUP_BYTES), place)


def _kept(before: ServedTable, after: ServedTable, files: list[dict[str, Any]]) -> ServedChange:
    row = ServedChange(
        before=before,
        after=after,
        files=files,
        rows=sum(int(file["rows"]) for file in files),
        bytes=sum(int(file["bytes"]) for file in files),
        made_at=clock.now(),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return ServedChange.objects.get(before=before, after=after)
    return row


def _names(served: ServedTable) -> Sequence[str]:
    return list(schema_of(served).names)


def schema_of(served: ServedTable) -> pa.Schema:
    """The columns of a served table, from the footer of its first file.

    Raises:
        UnavailableError: `server.delivery.being_made_again`.
    """
    with vault.open_sound(served.files[0]) as opened:
        return pq.read_schema(opened)


def _written(feed: Iterator[pa.Table], place: Path) -> list[dict[str, Any]]:
    """The feed in files of the vault, none with more than `ROWS_A_FILE` rows; at least one, perhaps without rows."""
    files: list[dict[str, Any]] = []
    first = next(feed)
    tables = itertools.chain([first], feed)
    table: pa.Table | None = first
    while table is not None:
        made, rows = place / f"changes-{len(files):05}.parquet", 0
        with pq.ParquetWriter(made, first.schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)
                rows += table.num_rows
                if rows + ROWS_A_GROUP > ROWS_A_FILE:
                    break
            else:
                table = None
        if rows or not files:
            files.append(vault.keep(made, "changes.parquet", rows, kind="cdf"))
    return files
