"""Sheets of XLS and XLSX workbooks to a table; a sheet is the same mess as a text, with merged cells besides."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from dataferry.messages import Finding, InputError, LimitError, UsageError
from dataferry.tables.columns.finish import RawTable, finish
from dataferry.tables.columns.naming import name_columns
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.parsers.layout import Layout, cells, filled, find_layout, notes_below, usual_filled
from dataferry.tables.report import Detected, ReadReport

_MOST_CELLS = 60_000_000
_REFERENCE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1024 * 1024
_HEAD_ROWS = 3000


def parse_workbook(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read one sheet: `options.layer` by name, else the one with the most cells; the others are named in the report.

    Raises:
        InputError: the workbook is broken or locked by a password, or every sheet is empty.
        LimitError: it unpacks to more than the limits allow, or a far-off cell makes a sheet too large to hold.
        UsageError: there is no sheet of that name.
    """
    if zipfile.is_zipfile(path):
        check_size(path, options.limits)
    try:
        sheet = _sheet(path, options, report)
        rows = sheet.to_python()
        merged = sheet.merged_cell_ranges or []
    except calamine.PasswordError:
        raise InputError("tables.workbook_locked", file=path.name) from None
    except (calamine.CalamineError, zipfile.BadZipFile) as error:
        raise InputError("tables.workbook_broken", file=path.name, reason=str(error)[:200]) from None
    except BaseException as error:  # a panic inside the reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise InputError("tables.workbook_broken", file=path.name, reason="damaged records") from None
    report.encoding = Detected("utf-8", "stated", "fixed by the workbook format")
    return _sheet_table(_texts(rows), sheet.start or (0, 0), merged, options, report)


def check_size(path: Path, limits: ReadLimits) -> None:
    """Refuse what would not fit: sizes after unpacking, and the grid that a far-off cell spans."""
    unpacked = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.startswith("xl/"):
                continue
            is_sheet = member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml")
            last_row = last_column = 1
            carry = b""
            with archive.open(member) as stream:
                while piece := stream.read(_PIECE):
                    unpacked += len(piece)
                    if unpacked > min(limits.unpacked_bytes, limits.document_bytes * 4):
                        raise LimitError("tables.unpacks_too_big", file=path.name, limit=limits.unpacked_bytes)
                    if is_sheet:
                        for column, row in _REFERENCE.findall(carry + piece):
                            last_row, last_column = max(last_row, int(row)), max(last_column, _letters(column))
                        carry = piece[-200:]
            if last_row * last_column > _MOST_CELLS:
                raise LimitError("tables.sheet_too_big", file=path.name, rows=last_row, columns=last_column)


def _letters(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _sheet(path: Path, options: ReadOptions, report: ReadReport) -> Any:
    book = calamine.CalamineWorkbook.from_path(path)
    names = [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    if not names:
        raise InputError("tables.workbook_empty", file=path.name)
    if options.layer is not None:
        if options.layer not in names:
            raise UsageError("tables.no_such_layer", file=path.name, layer=options.layer, layers=names[:50])
        name = options.layer
    elif len(names) == 1:
        name = names[0]
    else:
        sizes = {name: _cell_count(book.get_sheet_by_name(name)) for name in names}
        name = max(names, key=lambda n: sizes[n])
    report.layer, report.other_layers = name, tuple(other for other in names if other != name)
    if report.other_layers and options.layer is None:
        data = {"chosen": name, "others": list(report.other_layers)[:50]}
        report.note(Finding("tables.several_sheets", "attention", data))
    return book.get_sheet_by_name(name)


def _cell_count(sheet: Any) -> int:
    return sum(1 for row in sheet.iter_rows() for cell in row if cell != "")


def _texts(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    return [[cell_text(cell) for cell in row] for row in rows]


def cell_text(cell: Any) -> str:
    """A typed cell as the text that reads back as the same value."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _sheet_table(
    rows: list[list[str]], start: tuple[int, int], merged: Sequence[Any], options: ReadOptions, report: ReadReport
) -> pa.Table:
    if not any(filled(row) for row in rows):
        raise InputError("tables.workbook_empty", file=report.file)
    _fill_merged(rows, start, merged, report)
    layout = find_layout(rows[:_HEAD_ROWS])
    body = rows[layout.body :]
    usual = usual_filled(body[:_HEAD_ROWS] or rows)
    count = notes_below(body[-50:], usual)
    notes = body[len(body) - count :] if 0 < count < len(body) else []
    body = body[: len(body) - len(notes)]
    width = max(map(len, rows))
    if width > options.limits.columns:
        raise LimitError("tables.too_many_columns", file=report.file, columns=width, limit=options.limits.columns)
    above = rows[: layout.preamble]
    _note(layout, above, notes, start[0] + len(rows) - len(notes) + 1, report)
    legend = "\n".join(" ".join(row) for row in (*above, *notes))
    columns = [pa.chunked_array([pa.array([row[i] or None for row in body], pa.string())]) for i in range(width)]
    names = name_columns(layout.header, width)
    if names.blank and layout.header is not None:
        chosen = [names.names[i - 1] for i in names.blank]
        report.note(Finding("tables.unnamed_columns", "repaired", {"positions": names.blank, "names": chosen}))
    if names.repeated:
        chosen = [names.names[i - 1] for i in names.repeated]
        report.note(Finding("tables.repeated_names", "repaired", {"positions": names.repeated, "names": chosen}))
    return finish(RawTable(names, columns, start[0] + layout.body + 1, legend), options, report)


def _fill_merged(rows: list[list[str]], start: tuple[int, int], merged: Sequence[Any], report: ReadReport) -> None:
    """A cell merged over several rows stands for each of them."""
    count = 0
    for (top, left), (bottom, right) in merged:
        if bottom == top or left != right:
            continue
        column = left - start[1]
        is_inside = 0 <= top - start[0] < len(rows) and 0 <= column < len(rows[0])
        value = rows[top - start[0]][column] if is_inside else ""
        for row in rows[top - start[0] + 1 : bottom - start[0] + 1] if value else ():
            if not row[column] and filled(row):
                row[column] = value
                count += 1
    if count:
        report.note(Finding("tables.merged_filled", "repaired", {"count": count}))


def _note(layout: Layout, above: Sequence[Any], notes: Sequence[Any], notes_row: int, report: ReadReport) -> None:
    report.rows.read += layout.body + len(notes)
    report.rows.preamble += layout.preamble
    report.rows.header += layout.body - layout.preamble
    if above:
        text = [" ".join(c for c in cells(row) if c)[:200] for row in above if filled(row)]
        report.note(Finding("tables.preamble", "repaired", {"count": len(above), "text": text[:12]}))
    if layout.second_header is not None:
        second = cells(layout.second_header)
        report.note(Finding("tables.second_header", "repaired", {"row": layout.body, "text": second[:100]}))
    if layout.header is None:
        report.note(Finding("tables.no_header", "attention", {"evidence": layout.evidence}))
    if notes:
        blank = sum(1 for row in notes if not filled(row))
        report.rows.blank += blank
        report.rows.footer += len(notes) - blank
        text = [" ".join(c for c in cells(row) if c)[:200] for row in notes if filled(row)]
        data = {"count": len(text), "rows": [notes_row, notes_row + len(notes) - 1], "text": text[:20]}
        report.note(Finding("tables.footer", "repaired", data))
