"""The confined child: reads one job, locks itself down, runs one query, streams the answer.

Run as a program: `python -I child.py SOURCE_ROOT DATA_FD REPORT_FD`, the job as JSON on standard input. It imports the
engine and little else: the front door of `tables` would bring readers of every file format along, and GDAL, pandas and
GeoPandas are kept out altogether (they cost a second, and GDAL opens files and addresses by name).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.products.sandbox.report import Report

KEPT_OUT = frozenset({"pandas", "geopandas", "pyogrio", "rasterio", "osgeo", "fiona"})
FOR_FUNCTIONS = frozenset({"numpy", "pyproj", "shapely"})
"""Kept out as well when the query calls none of our functions: it starts in half the time."""


class _KeptOut:
    """An import finder that knows nothing of some packages."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"{name} is kept out of the sandbox", name=name)


def _enter_tables_by_the_side_door(root: Path) -> None:
    """Make the room a package without running its front door."""
    sys.path.insert(0, str(root))
    room = types.ModuleType("dataferry.tables")
    room.__path__ = [str(root / "dataferry/tables")]
    sys.modules[room.__name__] = room


def main(arguments: list[str]) -> int:
    root, data = Path(arguments[0]), int(arguments[1])
    job = json.loads(sys.stdin.buffer.read())
    sys.meta_path.insert(0, _KeptOut(KEPT_OUT if job["functions"] else KEPT_OUT | FOR_FUNCTIONS))
    _enter_tables_by_the_side_door(root)
    from dataferry.messages import DataferryError
    from dataferry.products.sandbox.lockdown import lock_down
    from dataferry.products.sandbox.report import Report

    report = Report(int(arguments[2]))
    try:
        _import_what_the_job_needs(job)
        lock_down(job)
        _run(job, data, report)
    except DataferryError as error:
        report.say(event="refused", code=error.code, data=dict(error.data))
        return 3
    except MemoryError:
        report.say(event="refused", code="products.limit_memory", data={})
        return 3
    return 0


def _import_what_the_job_needs(job: dict[str, Any]) -> None:
    """Import now what reads many files; afterwards every file is asked for under the lock."""
    warnings.filterwarnings("ignore", message="Failed to configure")
    wanted = ["pyarrow.ipc", "sedonadb", "dataferry.tables.engine"]
    if job["functions"]:
        wanted += ["geoarrow.types", "dataferry.tables.functions"]
    if "h3_cell" in job["functions"]:
        wanted.append("h3.api.basic_str")
    for name in wanted:
        importlib.import_module(name)


def _run(job: dict[str, Any], data: int, report: Report) -> None:
    from dataferry.products.sandbox.limits import MEBIBYTE, SandboxLimits
    from dataferry.tables.engine import EngineOptions, open_session

    # Setting the size of the spill makes the engine forget its folder and ask the system for one.
    os.environ["TMPDIR"] = job["spill"]
    limits = SandboxLimits(**job["limits"])
    options = EngineOptions(
        memory_bytes=limits.pool_bytes,
        spill=Path(job["spill"]),
        spill_bytes=limits.spill_mib * MEBIBYTE,
        threads=limits.threads,
        functions=frozenset(job["functions"]),
        instant=datetime.fromisoformat(job["instant"]),
        seed=job["seed"],
    )
    session = open_session({name: Path(path) for name, path in job["inputs"].items()}, options)
    for branches in job["branches"]:
        _check_branches(session, branches)
    _stream(session, job["sql"], limits.rows, job["first_rows"], data, report)


def _check_branches(session: Any, branches: list[str]) -> None:
    """The branches of a set operation must agree on the datum of every column; the engine itself does not look."""
    from dataferry.messages import InputError

    one, other = (session.schema(sql) for sql in branches)
    for left, right in zip(one, other, strict=False):
        datums = [_datum(field) for field in (left, right)]
        if datums[0] != datums[1]:
            first, second = ("-" if datum is None else datum for datum in datums)
            raise InputError(
                "products.mixed_branches",
                first=left.name,
                first_datum=first,
                second=right.name,
                second_datum=second,
            )


def _datum(field: Any) -> str | None:
    """The datum of a field as a short text; `None` when it is no geometry."""
    metadata = field.metadata or {}
    if metadata.get(b"ARROW:extension:name") != b"geoarrow.wkb":
        return None
    crs = json.loads(metadata.get(b"ARROW:extension:metadata") or b"{}").get("crs")
    if not isinstance(crs, dict):
        return str(crs) if crs else "?"
    identity = crs.get("id") or {}
    name = f"{identity.get('authority')}:{identity.get('code')}"
    return "EPSG:4326" if name == "OGC:CRS84" else name


def _stream(session: Any, sql: str, most: int, first_rows: int | None, data: int, report: Report) -> None:
    import pyarrow as pa

    from dataferry.messages import InputError, LimitError
    from dataferry.tables.refusals import last_refusal

    rows = 0
    # A query inside a query cannot be a statement, whatever the engine may read in its text.
    reader = session.stream(f"SELECT * FROM (\n{sql}\n) AS recipe")
    try:
        with os.fdopen(data, "wb") as pipe, pa.ipc.new_stream(pipe, reader.schema) as writer:
            for batch in reader:
                if first_rows is not None:
                    batch = batch.slice(0, first_rows - rows)
                rows += batch.num_rows
                if rows > most:
                    raise LimitError("products.limit_rows", limit=most)
                writer.write_batch(batch)
                report.say(event="rows", rows=rows)
                if rows == first_rows:
                    break
    except (pa.ArrowException, ValueError, OSError) as error:
        refusal = last_refusal()
        if refusal is not None:
            raise refusal from error
        raise InputError("tables.query_failed", reason=str(error)) from error
    report.say(event="done", rows=rows)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # The engine's threads need no goodbye, and interpreter shutdown would wait for them.
    os._exit(code)
