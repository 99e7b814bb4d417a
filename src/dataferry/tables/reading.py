"""The one door for files: sniff the content, read it with the reader for its kind, and check that the rows add up."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from dataferry.messages import DataferryError, Finding, InputError, LimitError
from dataferry.tables.archive import open_archive
from dataferry.tables.options import ReadOptions
from dataferry.tables.parsers.bytescan import digest_beside, size_of
from dataferry.tables.parsers.delimited import parse_delimited
from dataferry.tables.parsers.documents import parse_json, parse_json_lines
from dataferry.tables.parsers.markup import parse_xml
from dataferry.tables.parsers.workbook import parse_workbook
from dataferry.tables.report import Detected, Reading, ReadReport
from dataferry.tables.sniff import contradicts_name, refuse_unreadable, sniff
from dataferry.tables.vector.files import parse_vector

Parser = Callable[[Path, ReadOptions, ReadReport], pa.Table]
_PARSERS: dict[str, Parser] = {
    "delimited": parse_delimited,
    "xls": parse_workbook,
    "xlsx": parse_workbook,
    "json": parse_json,
    "jsonl": parse_json_lines,
    "xml": parse_xml,
}
_VECTOR = frozenset({"geojson", "kml", "kmz", "gml", "shp", "dbf", "filegdb", "gpkg", "fgb", "parquet"})


def read(path: str | os.PathLike[str], options: ReadOptions | None = None) -> Reading:
    """Read a file of any supported kind into a table, with a report of what was found and done.

    Args:
        path: a file, or the folder of a file geodatabase.
        options: what the caller declares; everything else is detected with evidence.

    Returns:
        The table (geometry as WKB, its CRS in the field's metadata) and the report, whose row ledger adds up.

    Raises:
        MissingError: nothing is at `path`.
        InputError: the content is no table; the error names what it looks like.
        LimitError: a bound of `options.limits` was passed.
        UsageError: an option names an encoding, CRS, type or layer that does not exist.
    """
    place, wanted = Path(path), options or ReadOptions()
    size = size_of(place)
    if size > wanted.limits.file_bytes:
        raise LimitError("tables.file_too_big", file=place.name, bytes=size, limit=wanted.limits.file_bytes)
    with digest_beside(place) as digest:
        report = ReadReport(file=place.name, sha256="", bytes=size)
        try:
            table = _parse(place, wanted, report)
        except DataferryError:
            raise
        except MemoryError:
            raise LimitError("tables.out_of_memory", file=place.name) from None
        except RecursionError:
            raise LimitError("tables.too_deep", file=place.name, limit=wanted.limits.nesting) from None
        except (pa.ArrowException, csv.Error, ValueError, TypeError, LookupError, OSError, OverflowError) as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise InputError("tables.unreadable", file=place.name, reason=reason) from error
        report.sha256 = digest.result()
    return Reading(table, report)


def _parse(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    kind = sniff(path, options.limits)
    report.format = kind if report.format is None else _inside(report.format, kind)
    if contradicts_name(path, kind.value):
        data = {"suffix": path.suffix, "kind": kind.value, "evidence": kind.evidence}
        report.note(Finding("tables.name_contradicts", "attention", data))
    refuse_unreadable(path, kind)
    if kind.value == "zip":
        with open_archive(path, options, report) as member:
            return _parse(member, options, report)
    if kind.value in _VECTOR:
        return parse_vector(path, options, report)
    return _PARSERS[kind.value](path, options, report)


def _inside(outer: Detected, kind: Detected) -> Detected:
    return Detected(kind.value, kind.basis, f"{kind.evidence}; inside: {outer.evidence}")
