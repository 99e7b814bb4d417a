"""Reading an upload: the sandboxed child reads, what it gives goes into the store."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from django.conf import settings

from dataferry.messages import UnavailableError
from dataferry.server.catalogue.models import Upload
from dataferry.server.catalogue.read_options import to_read_options
from dataferry.server.catalogue.registering import ReadColumn, StoredReading
from dataferry.server.catalogue.store import snapshot_store
from dataferry.server.jobs import Stopped

if TYPE_CHECKING:
    from dataferry.products.sandbox import SandboxedReading
    from dataferry.server.jobs.running import Running

_STEPS = {
    "read": "server.catalogue.step_read",
    "profile": "server.catalogue.step_profile",
    "hand_over": "server.catalogue.step_hand_over",
}
PARQUET = "application/vnd.apache.parquet"


def read_into_store(upload: Upload, running: Running) -> StoredReading:
    """Read the bytes of an upload in the sandbox, and keep the table.

    Raises:
        DataferryError: it cannot be read; code and data as `tables.read` raises them. jobs.Stopped: cancelled.
    """
    # They bring the readers and the engine along, which only the worker needs.
    from pathlib import Path

    from dataferry.products.sandbox import read_sandboxed
    from dataferry.tables import Reading

    store, options = snapshot_store(), to_read_options(upload.read_options)
    work = settings.HOME / "work"
    work.mkdir(parents=True, exist_ok=True)
    running.progress("server.catalogue.step_start", 0.0, file=upload.file_name)
    with tempfile.TemporaryDirectory(prefix=f"upload-{upload.pk}-", dir=work) as folder:
        output = Path(folder) / "table.parquet"
        with store.open(upload.sha256) as path:
            try:
                read = read_sandboxed(
                    path,
                    options,
                    output=output,
                    name=upload.file_name,
                    progress=lambda step, share: running.progress(_STEPS[step], share, file=upload.file_name),
                    cancelled=running.cancelled,
                )
            except UnavailableError as error:
                if error.code == "products.run_cancelled":
                    raise Stopped from error
                raise
        running.progress("server.catalogue.step_store", 0.95, file=upload.file_name)
        store.put_table(upload.sha256, Reading(read.table, read.report), options)
        kept = store.put(output, name=f"{upload.sha256[:12]}.parquet", media_type=PARQUET, source=_source(upload))
    return stored_reading(read, kept.sha256, kept.bytes)


def _source(upload: Upload) -> dict[str, Any]:
    return {"reading_of": upload.sha256, "options": upload.read_options}


def stored_reading(read: SandboxedReading, table_sha256: str, table_bytes: int) -> StoredReading:
    """What the rows of a snapshot need of a reading."""
    from dataferry.tables import geometry_columns

    source_names = {column.name: column.source_name for column in read.report.columns}
    datums = geometry_columns(read.table.schema)
    columns = tuple(
        ReadColumn(
            name=column["name"],
            source_name=str(source_names.get(column["name"], "")),
            type=str(column["type"]),
            nulls=column["nulls"],
            distinct=column["distinct"] if isinstance(column["distinct"], int) else None,
            crs=datums.get(column["name"]) or "",
        )
        for column in read.profile["columns"]
    )
    return StoredReading(
        table_sha256=table_sha256,
        table_bytes=table_bytes,
        rows=read.table.num_rows,
        report=read.report.to_json(),
        profile=read.profile,
        columns=columns,
    )
