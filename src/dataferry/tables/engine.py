"""The SQL engine: a SedonaDB session over GeoParquet files, with Dataferry's own functions.

This is the bare engine: it reads and writes whatever its SQL says. SQL from other people goes through
`dataferry.products.run_recipe`, which checks it and runs it in a confined child process.

The order of rows and the last digits of floating-point sums depend on how the engine spreads work over threads; a
build sorts rows by key and rounds floats to the declared precision before it takes a digest.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataferry.messages import InputError

FUNCTIONS: frozenset[str] = frozenset(
    {
        *("to_wgs84", "to_gcj02", "to_bd09", "to_hk1980", "to_utm51"),
        *("point_wgs84", "point_gcj02", "point_bd09", "point_hk1980", "box_wgs84", "wkt_wgs84"),
        *("area_m2", "length_m", "distance_m", "h3_cell", "grid_cell", "build_instant", "build_seed"),
    }
)
"""Names of Dataferry's functions, known here without importing what they compute with."""


@dataclass(frozen=True)
class EngineOptions:
    """What one session may use, and what it takes for the time and the seed of the build.

    Args:
        memory_bytes: the engine's own pool; above it sorts, joins and aggregates spill. `None` = no limit.
        spill: folder for spilled data; `None` = the system's.
        spill_bytes: how much of it may be used.
        threads: partitions that work at the same time; `None` = as many as there are processors.
        functions: those of `FUNCTIONS` that the SQL needs; fewer start faster.
    """

    memory_bytes: int | None = None
    spill: Path | None = None
    spill_bytes: int | None = None
    threads: int | None = None
    functions: frozenset[str] = FUNCTIONS
    instant: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    seed: int = 0


class Session:
    """One SedonaDB context. Made by `open_session`."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def add_file(self, name: str, path: Path) -> None:
        """Make a GeoParquet or Parquet file a table."""
        with _engine_errors():
            self._context.read_parquet(str(path)).to_view(name)

    def add_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table (geometry as `geometry_field` says) a table of the session."""
        with _engine_errors():
            self._context.create_data_frame(table).to_view(name)

    def schema(self, sql: str) -> pa.Schema:
        """Columns and types the query would answer with; nothing is run."""
        with _engine_errors():
            return pa.schema(self._context.sql(sql).schema)

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """The answer, batch by batch, in the engine's own types (texts may be views). Rows come in no particular order.

        Raises:
            InputError: the query is wrong (`tables.query_failed`), or one of our functions refused its arguments.
        """
        with _engine_errors():
            # The engine's own readers load GeoArrow's compute kernels; fields with metadata are all that is needed.
            return pa.RecordBatchReader.from_stream(self._context.sql(sql))

    def run(self, sql: str) -> pa.Table:
        """The whole answer in memory, texts and bytes as plain Arrow types."""
        reader = self.stream(sql)
        with _engine_errors():
            return without_views(reader.read_all())


def without_views(table: pa.Table) -> pa.Table:
    """The table with string and binary views as plain strings and bytes, all nullable; field metadata stays."""
    plain = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    fields = [field.with_type(plain.get(field.type, field.type)).with_nullable(True) for field in table.schema]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turn what the engine raises into an error of ours; an error of one of our functions is given back as it was."""
    import sedonadb

    from dataferry.tables.refusals import forget, last_refusal

    forget()
    try:
        yield
    except (sedonadb._lib.SedonaError, pa.ArrowException, ValueError, OSError) as error:  # noqa: SLF001
        refusal = last_refusal()
        if refusal is not None:
            raise refusal from error
        raise InputError("tables.query_failed", reason=str(error)) from error


def open_session(inputs: Mapping[str, Path] | None = None, options: EngineOptions | None = None) -> Session:
    """A session with these files as tables and Dataferry's functions.

    Args:
        inputs: table name -> GeoParquet file.
    """
    options = options or EngineOptions()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to configure")
        import sedonadb

    context = sedonadb.connect()
    if options.memory_bytes is not None:
        context.options.memory_limit = options.memory_bytes
    if options.spill is not None:
        context.options.temp_dir = str(options.spill)
    if options.spill_bytes is not None:
        context.sql(f"SET datafusion.runtime.max_temp_directory_size = '{options.spill_bytes // 1024}K'").execute()
    if options.threads is not None:
        context.sql(f"SET datafusion.execution.target_partitions = {int(options.threads)}").execute()
    if options.functions:
        from dataferry.tables.functions import register

        register(context, options.functions, instant=options.instant, seed=options.seed)
    session = Session(context)
    for name, path in (inputs or {}).items():
        session.add_file(name, path)
    return session


def schema_of(path: Path) -> pa.Schema:
    """The columns of a GeoParquet file as the engine sees them: geometry fields with their datum.

    Raises:
        InputError: `tables.bad_parquet`.
    """
    import pyarrow.parquet as pq

    from dataferry.geo import WGS84, crs_of_projjson
    from dataferry.tables.geoparquet import geometry_field

    try:
        schema = pq.read_schema(path)
        columns = json.loads((schema.metadata or {}).get(b"geo", b"{}")).get("columns", {})
        for name, entry in columns.items():
            crs = crs_of_projjson(entry["crs"]) if "crs" in entry else WGS84
            schema = schema.set(schema.get_field_index(name), geometry_field(name, crs))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError("tables.bad_parquet", file=path.name, reason=str(error)) from error
    return schema.remove_metadata()
