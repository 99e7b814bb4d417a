"""A release's data.parquet, read by the page: only the columns and rows that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from dataferry.server.workshop.models import Release

DATA_FILE = "data.parquet"


def data_path(release: Release) -> Path:
    return Path(settings.HOME) / release.folder / DATA_FILE


def first_rows(release: Release, columns: Sequence[str], count: int) -> list[dict[str, Any]]:
    """The first `count` rows of some columns. Reads no more than the row groups they are in.

    Columns that the file does not hold are left out; a release without data.parquet has no rows.
    """
    import pyarrow.parquet as pq

    path = data_path(release)
    if not path.is_file() or count <= 0:
        return []
    with pq.ParquetFile(path) as file:
        wanted = [name for name in columns if name in file.schema_arrow.names]
        rows: list[dict[str, Any]] = []
        for batch in file.iter_batches(batch_size=min(count, 10_000), columns=wanted):
            rows.extend(batch.slice(0, count - len(rows)).to_pylist())
            if len(rows) >= count:
                break
    return rows
