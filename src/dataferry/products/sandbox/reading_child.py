"""The confined reader: reads one job, locks itself down, reads one file, streams its table.

Run as a program: `python -I reading_child.py SOURCE_ROOT DATA_FD REPORT_FD`, the job as JSON on standard input. GDAL,
PROJ and the parsers are imported before the lock; the file itself is opened under it. The read report and the profile
go to a file in the private folder, the table through the pipe.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import threading
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.products.sandbox.report import Report

IMPORTED_BEFORE = (
    "pyarrow.ipc",
    "pyarrow.csv",
    "pyarrow.json",
    "pyarrow.parquet",
    "pyproj",
    "shapely",
    "pyogrio",
    "python_calamine",
    "defusedxml.ElementTree",
    "charset_normalizer",
    "zoneinfo",
    "encodings.idna",
    "dataferry.tables",
)
READING = "reading.json"
_TELL_EVERY = 0.3


def main(arguments: list[str]) -> int:
    root, data = Path(arguments[0]), int(arguments[1])
    job = json.loads(sys.stdin.buffer.read())
    sys.path.insert(0, str(root))
    os.environ["TMPDIR"] = tempfile.tempdir = job["spill"]
    from dataferry.messages import DataferryError
    from dataferry.products.sandbox.lockdown import lock_down
    from dataferry.products.sandbox.report import Report

    report = Report(int(arguments[2]))
    try:
        _import_what_reads_files(job)
        # Opened before the lock: how much was read is all that the parent is told on the way.
        with Path("/proc/self/io").open("rb", buffering=0) as counters:
            lock_down(job)
            _read(job, data, report, counters)
    except DataferryError as error:
        report.say(event="refused", kind=type(error).__name__, code=error.code, data=dict(error.data))
        return 3
    except MemoryError:
        report.say(event="refused", code="products.limit_memory", data={})
        return 3
    return 0


def _import_what_reads_files(job: dict[str, Any]) -> None:
    warnings.filterwarnings("ignore")
    for name in IMPORTED_BEFORE:
        importlib.import_module(name)
    if job["options"].get("time_zone"):
        importlib.import_module("zoneinfo")


def _read(job: dict[str, Any], data: int, report: Report, counters: Any) -> None:
    from dataferry.tables import plain_geometry, profile, read

    path = Path(job["path"])
    with _telling(report, counters, job["bytes"]):
        reading = read(path, _options(job["options"]))
    table = plain_geometry(reading.table)
    report.say(event="step", step="profile")
    figures = profile(table)
    document = {"report": asdict(reading.report), "profile": figures.to_json()}
    Path(job["spill"], READING).write_text(json.dumps(document, default=str, allow_nan=False), encoding="utf-8")
    report.say(event="step", step="hand_over")
    _stream(table, data)
    report.say(event="done", rows=table.num_rows)


def _options(value: dict[str, Any]) -> Any:
    from dataferry.tables import ReadLimits, ReadOptions

    plain = {**value, "limits": ReadLimits(**value["limits"])}
    plain["geometry"] = tuple(value["geometry"]) if value["geometry"] else None
    plain["missing"] = {name: tuple(marks) for name, marks in value["missing"].items()}
    return ReadOptions(**plain)


def _stream(table: Any, data: int) -> None:
    import pyarrow as pa

    with os.fdopen(data, "wb") as pipe, pa.ipc.new_stream(pipe, table.schema) as writer:
        writer.write_table(table, max_chunksize=131_072)


class _telling:  # noqa: N801  used like a function
    """While the block runs, says how many bytes were read of how many, a few times a second."""

    def __init__(self, report: Report, counters: Any, size: int) -> None:
        self._report, self._counters, self._size = report, counters, max(size, 1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        self._before = self._read_so_far()
        self._report.say(event="step", step="read", share=0.0)
        self._thread.start()

    def __exit__(self, *_error: Any) -> None:
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._over.wait(_TELL_EVERY):
            # A file is read about twice: once for its digest, once for its content.
            share = (self._read_so_far() - self._before) / (2 * self._size)
            self._report.say(event="step", step="read", share=min(1.0, share))

    def _read_so_far(self) -> int:
        self._counters.seek(0)
        first = self._counters.read(200).partition(b"\n")[0]
        return int(first.rpartition(b" ")[2])


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
