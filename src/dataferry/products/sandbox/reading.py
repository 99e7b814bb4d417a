"""Reading a file of a stranger: in a confined child, whose every word is checked before it is believed."""

from __future__ import annotations

import json
import math
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataferry.messages import DataferryError, Finding, InputError, LimitError, RefusedError, codes
from dataferry.products.sandbox.answer import read_answer
from dataferry.products.sandbox.confinement import (
    CHILD_ENVIRONMENT,
    SOURCE_ROOT,
    Confinement,
    choose,
    readable_paths,
    wrapped,
)
from dataferry.products.sandbox.ending import raise_for
from dataferry.products.sandbox.errors_of_child import error_of
from dataferry.products.sandbox.limits import MEBIBYTE, SandboxLimits
from dataferry.products.sandbox.watch import Outcome, Watch
from dataferry.tables import ReadOptions, ReadReport, geometry_columns, write_geoparquet
from dataferry.tables.parsers.bytescan import digest_beside, size_of
from dataferry.tables.store.table_cache import report_from_json

READING_LIMITS = SandboxLimits(
    memory_mib=4096, cpu_seconds=900, wall_seconds=1800.0, rows=200_000_000, result_mib=8192, spill_mib=8192
)
_READING = "reading.json"
_MOST_REPORT_BYTES = 256 * MEBIBYTE
_STEPS = frozenset({"read", "profile", "hand_over"})
_SPAN: Mapping[str, tuple[float, float]] = {"read": (0.0, 0.7), "profile": (0.7, 0.85), "hand_over": (0.85, 0.95)}
_SEVERITIES = frozenset({"note", "repaired", "attention", "irrecoverable", "blocked"})

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SandboxedReading:
    """What a confined child made of a file.

    Args:
        output: the table as GeoParquet, written by this process.
        report: the read report; digest and size in it were measured by this process.
        profile: `Profile.to_json()` of the table, checked for its shape.
        sandbox: `bubblewrap`, `landlock` or `unsafe-local`.
    """

    output: Path
    table: pa.Table
    report: ReadReport
    profile: Mapping[str, Any]
    sandbox: str
    seconds: float
    peak_bytes: int


def read_sandboxed(
    path: str | os.PathLike[str],
    options: ReadOptions | None = None,
    *,
    output: Path,
    name: str | None = None,
    limits: SandboxLimits | None = None,
    unsafe_local: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SandboxedReading:
    """`tables.read`, `tables.profile` and `write_geoparquet` of a file that nobody trusts.

    The child sees this one file (with its companions of the same stem, such as .dbf and .prj) and a private folder; it
    has no network and starts no programs. When it crashes, only it ends. Nothing is left behind on any path.

    Args:
        path: the file, or the folder of a file geodatabase.
        output: GeoParquet file to write; appears whole or not at all.
        name: what the file is called, where `path` is not its name; goes into the report.
        progress: called with `read`, `profile` or `hand_over`, and the share done, 0 to 1.
        cancelled: asked often; true ends the reading.

    Raises:
        Everything that `tables.read` raises, with its code and data, and
        LimitError: a limit of the child was passed. InputError: `products.reader_stopped`, the reader crashed on it.
        RefusedError: nothing here can confine it, or its answer is damaged. UnavailableError: it was cancelled.
    """
    place, wanted = Path(path).resolve(), options or ReadOptions()
    size = size_of(place)
    if size > wanted.limits.file_bytes:
        raise LimitError("tables.file_too_big", file=name or place.name, bytes=size, limit=wanted.limits.file_bytes)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dataferry-read-", dir=output.parent) as folder:
        called = Path(name).name if name else place.name
        run = ConfinedReading(wanted, limits or READING_LIMITS, choose(unsafe_local), called, size)
        with digest_beside(place) as digest:
            table, document, outcome = run.answer(place, Path(folder).resolve(), progress, cancelled)
            sha256 = digest.result()
        report = _report(document, table, called, sha256, size)
        profile = _profile(document, table)
        write_geoparquet(table, output)
    return SandboxedReading(output, table, report, profile, run.confinement.kind, outcome.seconds, outcome.peak_bytes)


@dataclass(frozen=True)
class ConfinedReading:
    """One file to read, and the confinement for it."""

    options: ReadOptions
    limits: SandboxLimits
    confinement: Confinement
    name: str
    bytes: int

    def answer(
        self, source: Path, folder: Path, progress: Progress | None, cancelled: Callable[[], bool] | None
    ) -> tuple[pa.Table, dict[str, Any], Outcome]:
        """The table and the document of the child; `folder` is private to this run."""
        spill, stream = folder / "spill", folder / "answer.arrows"
        spill.mkdir(mode=0o700)
        path, shown = _under_its_name(source, folder / "input", self.name)
        watch = Watch(
            argv=self._argv(shown, spill),
            job=json.dumps(self._job(path, shown, spill)).encode(),
            answer=stream,
            limits=self.limits,
            environment={**CHILD_ENVIRONMENT, "GDAL_NUM_THREADS": "1"},
            told=_teller(progress),
            cancelled=cancelled,
        )
        outcome = watch.run()
        raise_for(
            outcome,
            self.limits,
            lambda refusal: _refusal(refusal, self.limits, self.name, (str(path), str(folder))),
            lambda number, _: InputError("products.reader_stopped", file=self.name, signal=number or outcome.exit_code),
        )
        return read_answer(stream, self.limits), _document(spill / _READING), outcome

    def program(self) -> list[str]:
        """What Python is to run as the child."""
        return [str(Path(__file__).with_name("reading_child.py"))]

    def _argv(self, shown: list[str], spill: Path) -> list[str]:
        argv = [sys.executable, "-I", *self.program(), str(SOURCE_ROOT), "{data}", "{report}"]
        if self.confinement.kind != "bubblewrap":
            return argv
        return wrapped(argv, shown, str(spill))

    def _job(self, path: Path, shown: list[str], spill: Path) -> dict[str, Any]:
        return {
            "path": str(path),
            "bytes": self.bytes,
            "options": asdict(self.options),
            "limits": asdict(self.limits),
            "spill": str(spill),
            "lockdown": {
                "landlock": self.confinement.landlock,
                "seccomp": self.confinement.seccomp,
                "die_with_parent": True,
                "read": [*readable_paths(), "/dev/null", "/dev/urandom", "/usr/share/zoneinfo", *shown],
                "write": [str(spill)],
            },
        }


def _under_its_name(source: Path, folder: Path, name: str) -> tuple[Path, list[str]]:
    """Where the child finds the file, and all that it may see.

    A stored snapshot is called by its digest, and the parts of a shapefile look for each other in their folder: links
    in a private folder give both what they need without showing what else lies beside them.
    """
    companions = [] if source.is_dir() else _companions(source)
    if source.name == name and not companions:
        return source, [str(source)]
    folder.mkdir()
    for each, called in ((source, name), *((part, part.name) for part in companions)):
        try:
            (folder / called).hardlink_to(each.resolve())
        except OSError:
            shutil.copytree(each, folder / called) if each.is_dir() else shutil.copyfile(each, folder / called)
    return folder / name, [str(folder)]


def _companions(source: Path) -> list[Path]:
    """Other files that a reading looks for beside this one: of the same stem, and a shapefile's .dbf of any name."""
    if not source.suffix:
        return []
    of_shapefile = source.suffix.lower() == ".shp"
    beside = [path for path in source.parent.iterdir() if path != source and path.is_file()]
    return [p for p in beside if p.stem == source.stem or (of_shapefile and p.suffix.lower() == ".dbf")]


def _teller(progress: Progress | None) -> Callable[[Mapping[str, Any]], None] | None:
    if progress is None:
        return None

    def told(event: Mapping[str, Any]) -> None:
        step, share = event.get("step"), event.get("share", 0.0)
        if step in _STEPS and isinstance(share, int | float) and math.isfinite(share):
            low, high = _SPAN[str(step)]
            progress(str(step), low + (high - low) * min(1.0, max(0.0, float(share))))

    return told


def _refusal(refusal: Mapping[str, Any], limits: SandboxLimits, name: str, paths: tuple[str, ...]) -> DataferryError:
    """The error of `tables` or `geo` that the child raised, by its code; any other word of its is not believed."""
    code, data = str(refusal.get("code"))[:80], refusal.get("data")
    if code == "products.limit_memory" or code == "tables.out_of_memory":
        return LimitError("products.limit_memory", limit=limits.memory_mib)
    text = json.dumps(data if isinstance(data, dict) else {}, default=str)
    for path in paths:
        text = text.replace(json.dumps(path)[1:-1], name)
    return error_of(str(refusal.get("kind")), code, json.loads(text)) or InputError(
        "products.reader_stopped", file=name, signal=code
    )


def _document(path: Path) -> dict[str, Any]:
    """The JSON that the child left: a plain file of bounded size, opened without following links."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            described = os.fstat(file.fileno())
            if not stat.S_ISREG(described.st_mode) or described.st_size > _MOST_REPORT_BYTES:
                raise ValueError("size")
            found = json.loads(file.read(_MOST_REPORT_BYTES + 1))
        if not isinstance(found, dict):
            raise TypeError("kind")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RefusedError("products.answer_damaged", reason="reading") from error
    return found


def _report(document: Mapping[str, Any], table: pa.Table, name: str, sha256: str, size: int) -> ReadReport:
    """The read report, believed where it is of the right form; what this process knows itself replaces what it says."""
    try:
        report = report_from_json({**document["report"], "file": name, "sha256": sha256, "bytes": size})
        for finding in report.findings:
            _check_finding(finding)
        numbers = asdict(report.rows).values()
        if not all(type(number) is int and 0 <= number < 2**53 for number in numbers):
            raise TypeError("rows")
        if not all(isinstance(column.name, str) and isinstance(column.type, str) for column in report.columns):
            raise TypeError("columns")
        for detected in (report.format, report.encoding, report.crs):
            if detected is not None and not all(isinstance(part, str) for part in asdict(detected).values()):
                raise TypeError("detected")
        known = set(table.column_names)
        if not {column.name for column in report.columns} <= known:
            raise ValueError("columns")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedError("products.answer_damaged", reason="report") from error
    return report


def _check_finding(finding: Finding) -> None:
    room, _, key = finding.code.rpartition(".")
    if room not in ("tables", "geo") or key not in codes(room) or finding.severity not in _SEVERITIES:
        raise ValueError(finding.code)


def _profile(document: Mapping[str, Any], table: pa.Table) -> Mapping[str, Any]:
    """The profile, whose columns must be those of the table."""
    profile = document.get("profile")
    try:
        columns = profile["columns"]  # type: ignore[index]
        names = [column["name"] for column in columns]
        counts = [column["nulls"] for column in columns]
        fits = profile["rows"] == table.num_rows and names == table.column_names  # type: ignore[index]
        true_counts = [table.column(at).null_count for at in range(table.num_columns)]
        shapes = {column["name"] for column in columns if column["geometry"] is not None}
        if not fits or counts != true_counts or shapes != set(geometry_columns(table.schema)):
            raise ValueError("profile")
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError("products.answer_damaged", reason="profile") from error
    return profile  # type: ignore[return-value]
