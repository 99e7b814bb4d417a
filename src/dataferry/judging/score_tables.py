"""Sheets of an organiser's files as they stand: text cells with the row that a person would look up."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import python_calamine as calamine

from dataferry.messages import InputError, LimitError, MissingError
from dataferry.tables import ReadLimits, sniff
from dataferry.tables.encoding import detect_encoding
from dataferry.tables.parsers.dialect import detect_dialect
from dataferry.tables.parsers.workbook import cell_text, check_size

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 200_000
MOST_FILES = 50
_FORMULA = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3}[0-9]{1,7})\"[^>]*>\s*<(?:\w+:)?f\b")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """One row. `number` counts from 1 as a spreadsheet does."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet or a text file. `formulas` are addresses of cells whose value a formula made."""

    file: str
    name: str
    rows: tuple[Row, ...]
    formulas: tuple[str, ...] = ()


def sheets_of(path: Path) -> list[Sheet]:
    """All sheets of a CSV, XLS or XLSX file, or of a folder of them; those without a filled cell are left out.

    Raises:
        MissingError: nothing is there.
        InputError: no table: broken, locked, another kind of file, text in no known encoding.
        LimitError: larger than tables of scores are.
    """
    if not path.exists():
        raise MissingError("judging.file_missing", file=path.name)
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.suffix.lower() in (".csv", ".tsv", ".txt", ".xls", ".xlsx"))
        if len(files) > MOST_FILES:
            raise LimitError("judging.file_too_big", file=path.name, limit=f"{MOST_FILES} files")
        return [sheet for file in files for sheet in sheets_of(file)]
    if path.stat().st_size > MOST_BYTES:
        raise LimitError("judging.file_too_big", file=path.name, limit=f"{MOST_BYTES // 1024 // 1024} MiB")
    if path.stat().st_size == 0:
        raise InputError("tables.empty", file=path.name)
    kind = sniff(path, ReadLimits()).value
    if kind in ("xlsx", "xls"):
        found = list(_workbook(path))
    elif kind == "delimited":
        found = [_text_table(path)]
    else:
        raise InputError("judging.not_a_score_file", file=path.name, kind=kind)
    for sheet in found:
        if len(sheet.rows) > MOST_ROWS:
            raise LimitError("judging.file_too_big", file=path.name, limit=f"{MOST_ROWS:,} rows")
    return [sheet for sheet in found if sheet.rows]


def _text_table(path: Path) -> Sheet:
    raw = path.read_bytes()
    encoding = detect_encoding(raw, whole=True)
    try:
        text = raw[encoding.mark_bytes :].decode(encoding.codec)
    except UnicodeDecodeError as error:
        raise InputError("tables.not_decodable", file=path.name, encoding=encoding.codec, byte=error.start) from None
    _, cut = detect_dialect(text.replace("\0", ""), whole=True)
    # A quoted cell may hold line breaks: the row is where it begins.
    starts = [1, *(line + 1 for line in cut.lines_to[:-1])]
    return Sheet(path.name, path.stem, tuple(_filled(zip(starts, cut.rows, strict=False))))


def _workbook(path: Path) -> Iterator[Sheet]:
    try:
        if zipfile.is_zipfile(path):
            check_size(path, ReadLimits())
        book = calamine.CalamineWorkbook.from_path(path)
        formulas = list(_formulas(path)) if zipfile.is_zipfile(path) else []
        for place, name in enumerate(book.sheet_names):
            sheet = book.get_sheet_by_index(place)
            top, left = sheet.start or (0, 0)
            rows = [
                [
                    "",
                ]
                * left
                + [cell_text(cell) for cell in row]
                for row in sheet.to_python(skip_empty_area=True)
            ]
            numbered = ((top + number, row) for number, row in enumerate(rows, 1))
            yield Sheet(path.name, name, tuple(_filled(numbered)), formulas[place] if place < len(formulas) else ())
    except calamine.PasswordError:
        raise InputError("tables.workbook_locked", file=path.name) from None
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError("tables.workbook_broken", file=path.name, reason=str(error)[:200]) from None
    except BaseException as error:  # a panic inside the reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise InputError("tables.workbook_broken", file=path.name, reason="damaged records") from None


def _formulas(path: Path) -> Iterator[tuple[str, ...]]:
    """Addresses of formula cells of each sheet, in the order in which spreadsheets name their parts."""
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        for part in sorted(parts, key=lambda name: int(re.sub(r"\D", "", name.rsplit("/", 1)[1]))):
            yield tuple(address.decode() for address in _FORMULA.findall(archive.read(part)))


def _filled(rows: Iterator[tuple[int, Sequence[str]]] | zip[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    for number, cells in rows:
        row = Row(number, tuple(tidy(cell) for cell in cells))
        if any(row.cells):
            yield row


def tidy(text: str) -> str:
    """A cell in one writing: composed, without invisible characters, white space as single blanks."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())
