"""What a file is, by its own bytes, whatever it is called or said to be: for papers and evidence that people read."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path

from dataferry.messages import InputError

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/plain"
PAPERS = frozenset({PDF, PNG, JPEG})
EVIDENCE = frozenset({PDF, PNG, JPEG, DOCX, XLSX, TEXT})
_NAMES = {PDF: "PDF", PNG: "PNG", JPEG: "JPEG", DOCX: "DOCX", XLSX: "XLSX", TEXT: "TXT, CSV, JSON"}
ENDINGS = {PDF: "pdf", PNG: "png", JPEG: "jpg", DOCX: "docx", XLSX: "xlsx", TEXT: "txt"}
_MOST_PARTS = 5_000
_MOST_TEXT = 8 * 1024 * 1024
_PIECE = 2048


def media_type_of(path: Path, allowed: Collection[str]) -> str:
    """The media type of a file.

    Raises:
        InputError: `server.uploads.not_offered_type`, it is nothing that is allowed, or pretends to be.
    """
    found = _kind(path)
    if found not in allowed:
        names = ", ".join(_NAMES[each] for each in sorted(allowed))
        raise InputError("server.uploads.not_offered_type", field="file", allowed=names)
    return found


def _kind(path: Path) -> str:
    """Beginning and end must both be those of the kind: a cut-off or wrapped file is none."""
    with path.open("rb") as file:
        head = file.read(_PIECE)
        file.seek(max(0, path.stat().st_size - _PIECE))
        tail = file.read(_PIECE)
    if head.startswith(b"%PDF-") and b"%%EOF" in tail:
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and b"IEND" in tail:
        return PNG
    if head.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in tail:
        return JPEG
    if head.startswith(b"PK\x03\x04"):
        return _office(path)
    return TEXT if _is_text(path) else ""


def _office(path: Path) -> str:
    """Word or Excel without macros, by the parts inside; nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    if len(names) > _MOST_PARTS or "[Content_Types].xml" not in names:
        return ""
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        return ""
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else ""


def _is_text(path: Path) -> bool:
    """UTF-8 without control characters: TXT, CSV, JSON."""
    if not 0 < path.stat().st_size <= _MOST_TEXT:
        return False
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(letter in "\t\n\r" or letter.isprintable() or letter in "\u3000\u00a0" for letter in text)
