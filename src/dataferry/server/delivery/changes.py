"""What changed between two versions of a shared table, under the same cut, as a file that clients read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import IntegrityError, transaction

from dataferry.formats.changes import between
from dataferry.server.delivery import vault
from dataferry.server.delivery.models import ServedChange, ServedTable
from dataferry.server.delivery.serving import AT_ONCE_BYTES, being_prepared, key_of, making
from dataferry.server.journal import clock


def served_change(before: ServedTable, after: ServedTable, *, wait: bool = False) -> ServedChange:
    """What turns one served table into the next, made now if it has not been.

    The file has the columns of the newer table and `_change_type`. Two tables are compared in memory.

    Raises:
        UnavailableError: `server.delivery.being_prepared` (503, ask again).
        InputError: see `formats.changes.between`.
    """
    pair = {"before": before, "after": after}
    found = ServedChange.objects.filter(**pair).first()
    if found is not None:
        return found
    if not wait and before.bytes + after.bytes > AT_ONCE_BYTES:
        raise being_prepared()
    with making(f"{before.pk} {after.pk}", wait=wait):
        return ServedChange.objects.filter(**pair).first() or _made(before, after)


def _made(before: ServedTable, after: ServedTable) -> ServedChange:
    key = [name for name in key_of(after.release) if name in _names(before) and name in _names(after)]
    whole = len(key) == len(key_of(after.release))
    feed = between(_read(before), _read(after), key if whole else ())
    with vault.workplace() as place:
        made = place / "changes.parquet"
        pq.write_table(feed, made, compression="zstd")
        file = vault.keep(made, "changes.parquet", feed.num_rows, kind="cdf")
    row = ServedChange(
        before=before, after=after, files=[file], rows=feed.num_rows, bytes=file["bytes"], made_at=clock.now()
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
        RefusedError: `server.delivery.file_damaged`.
    """
    with vault.open_sound(served.files[0]) as opened:
        return pq.read_schema(opened)


def _read(served: ServedTable) -> pa.Table:
    parts: list[Any] = []
    for file in served.files:
        with vault.open_sound(file) as opened:
            parts.append(pq.read_table(opened))
    return pa.concat_tables(parts)
