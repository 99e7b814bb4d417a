"""From columns of text to the table: rows sorted out, columns typed, findings written. All readers end here."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import Finding
from dataferry.tables.columns.dates import read_dates
from dataferry.tables.columns.naming import Names, free_name
from dataferry.tables.columns.points import add_points
from dataferry.tables.columns.remarks import note_columns, note_damage, note_suspect_minus_one
from dataferry.tables.columns.rows import Totals, blank_rows, date_gaps, find_totals, repeated_headers
from dataferry.tables.columns.truncation import note_capped_groups, note_round_total
from dataferry.tables.columns.typed import TypedColumn
from dataferry.tables.columns.values import type_column
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import ColumnReport, ReadReport

_MOST_TOTALS_SHOWN = 50


@dataclass
class RawTable:
    """Columns as read: text (null = empty cell) or already typed.

    `first_row` is the 1-based file row of the first body row; `legend` is the text around the table.
    """

    names: Names
    columns: list[pa.ChunkedArray]
    first_row: int
    legend: str = ""
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def keep(self, mask: np.ndarray) -> None:
        wanted = pa.array(mask)
        self.columns = [column.filter(wanted) for column in self.columns]
        self.numbers = self.numbers[mask]


def finish(raw: RawTable, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Sort out rows, type every column over all its values, and report.

    The ledger's `read` must already count the preamble, header and footer rows; the body's rows are added here.
    """
    rows = len(raw.columns[0]) if raw.columns else 0
    raw.numbers = np.arange(raw.first_row, raw.first_row + rows)
    report.rows.read += rows
    _take_out_stray_marks(raw, report)
    _sort_out_rows(raw, rows, report)
    _fill_dates(raw, report)
    _drop_empty_columns(raw, report)
    report.rows.kept += len(raw.columns[0]) if raw.columns else 0
    table = _typed_table(raw, options, report)
    note_round_total(report, table.num_rows)
    plain = [(name, table.column(name)) for name in table.column_names]
    note_damage(report, plain)
    note_suspect_minus_one(report, plain, options.missing)
    note_capped_groups(report, plain)
    if table.num_rows == 0:
        report.note(Finding("tables.no_rows", "attention", {"columns": table.num_columns}))
    return add_points(table, options, report)


def _take_out_stray_marks(raw: RawTable, report: ReadReport) -> None:
    """A byte order mark inside a cell is never text: it was left by joining files."""
    count = 0
    for index, column in enumerate(raw.columns):
        buffers = [b for c in column.chunks if pa.types.is_string(c.type) for b in (c.buffers()[2],) if b is not None]
        if any(re.search(codecs.BOM_UTF8, memoryview(buffer)) for buffer in buffers):
            count += pc.sum(pc.match_substring(column, "\ufeff")).as_py() or 0
            raw.columns[index] = pc.replace_substring(column, "\ufeff", "")
    if count:
        report.note(Finding("tables.stray_marks", "repaired", {"count": count}))


def _sort_out_rows(raw: RawTable, rows: int, report: ReadReport) -> None:
    blank = blank_rows(raw.columns, rows)
    if blank.any():
        report.rows.blank += int(blank.sum())
        report.note(Finding("tables.blank_rows", "note", {"count": int(blank.sum()), "rows": _some(raw, blank)}))
        raw.keep(~blank)
    again = repeated_headers(raw.columns, [text.replace("\ufeff", "").strip() for text in raw.names.source])
    if again.any():
        report.rows.repeated_header += int(again.sum())
        report.note(
            Finding("tables.repeated_header", "repaired", {"count": int(again.sum()), "rows": _some(raw, again)})
        )
        raw.keep(~again)
    totals = find_totals(raw.columns)
    if totals.suspected:
        rows_of = [int(raw.numbers[i]) for i in totals.suspected[:20]]
        data = {"count": len(totals.suspected), "rows": rows_of, "label": totals.label}
        report.note(Finding("tables.totals_suspected", "attention", data))
    if totals.proved:
        _take_out_totals(raw, totals, report)


def _some(raw: RawTable, mask: np.ndarray) -> list[int]:
    return [int(row) for row in raw.numbers[mask][:20]]


def _take_out_totals(raw: RawTable, totals: Totals, report: ReadReport) -> None:
    at = np.array(totals.proved)
    rows = [int(row) for row in raw.numbers[at]]
    shown = [[_shown(column[int(i)]) for column in raw.columns] for i in at[:_MOST_TOTALS_SHOWN]]
    report.rows.totals += len(rows)
    data = {"count": len(rows), "label": totals.label, "column": raw.names.names[totals.column], "rows": rows}
    report.note(Finding("tables.totals", "repaired", data | {"content": shown}))
    mask = np.ones(len(raw.numbers), dtype=bool)
    mask[at] = False
    raw.keep(mask)


def _shown(cell: pa.Scalar) -> str | int | float | None:
    value = cell.as_py()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _fill_dates(raw: RawTable, report: ReadReport) -> None:
    """A date that stands only on the first row of its block is written on the others."""
    for index, column in enumerate(raw.columns[:3]):
        if column.null_count == 0 or not _holds_dates(column):
            continue
        evidence = date_gaps(raw.columns, index)
        if evidence is not None:
            count = column.null_count
            raw.columns[index] = pa.chunked_array([pc.fill_null_forward(column.combine_chunks())])
            data = {"column": raw.names.names[index], "count": count, "evidence": evidence}
            report.note(Finding("tables.dates_filled", "repaired", data))


def _holds_dates(column: pa.ChunkedArray) -> bool:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return True
    if not pa.types.is_string(column.type):
        return False
    some = pc.utf8_trim_whitespace(pc.unique(column.slice(0, 50_000)).drop_null().slice(0, 200))
    return len(some) > 0 and bool(read_dates(some).valid.mean() > 0.9)


def _drop_empty_columns(raw: RawTable, report: ReadReport) -> None:
    """Columns without a header and without a single value hold nothing that could be lost."""
    blank = set(raw.names.blank)
    empty = [i for i, c in enumerate(raw.columns) if i + 1 in blank and c.null_count == len(c)]
    if empty and len(empty) < len(raw.columns):
        positions = [i + 1 for i in empty]
        report.note(Finding("tables.empty_columns", "repaired", {"count": len(empty), "positions": positions[:100]}))
        keep = [i for i in range(len(raw.columns)) if i not in set(empty)]
        raw.columns = [raw.columns[i] for i in keep]
        names, left = raw.names, [p for p in raw.names.blank if p not in set(positions)]
        kept_names, kept_source = [names.names[i] for i in keep], [names.source[i] for i in keep]
        raw.names = Names(kept_names, kept_source, left, names.repeated)


def _typed_table(raw: RawTable, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Types every column, letting go of each text column as its values are ready."""
    taken = set(raw.names.names)
    fields: dict[str, pa.ChunkedArray] = {}
    typed: dict[str, TypedColumn] = {}
    columns, raw.columns = raw.columns, []
    columns.reverse()
    for name, source in zip(raw.names.names, raw.names.source, strict=True):
        column = _type(name, columns.pop(), options, raw.legend)
        flag = None
        fields[name] = column.values
        if column.flags is not None:
            flag = free_name(f"{name}_flag", taken)
            taken.add(flag)
            fields[flag] = column.flags
        report.columns.append(_column_report(name, source, column, flag))
        column.flags = None
        column.values = column.values.slice(0, 0)
        typed[name] = column
    note_columns(report, typed, _numbers(raw))
    return pa.table(fields)


def _numbers(raw: RawTable) -> Sequence[int]:
    return raw.numbers  # type: ignore[return-value]


def _type(name: str, column: pa.ChunkedArray, options: ReadOptions, legend: str) -> TypedColumn:
    if not pa.types.is_string(column.type) and (name in options.types or name in options.missing):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        return type_column(name, column, options, legend)
    return TypedColumn(kind_of(column.type), column)


def kind_of(kind: pa.DataType) -> str:
    """The word of `ReadOptions.types` for an Arrow type."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return "time" if pa.types.is_time(kind) else "string"


def _column_report(name: str, source: str, column: TypedColumn, flag: str | None) -> ColumnReport:
    return ColumnReport(
        name,
        source,
        column.type,
        flag,
        missing=column.missing,
        flagged=column.flagged,
        censored=column.censored,
        unreadable=column.unreadable,
        formats=dict(column.formats),
    )
