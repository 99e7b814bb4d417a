"""What a file is by its content, whatever it is called."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, _OLE, "ole"),
    (0, b"{\\rtf", "rtf"),
    (0, b"MZ", "exe"),
    (0, b"\x7fELF", "elf"),
    (0, b"\x1f\x8b", "gz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"ID3", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
    (0, b"\x00\x00\x01\xba", "mpg"),
)
_INSIDE: tuple[tuple[str, str], ...] = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
SUFFIXES: Mapping[str, frozenset[str]] = {
    "jpg": frozenset({"jpg", "jpeg"}),
    "tiff": frozenset({"tif", "tiff"}),
    "mp4": frozenset({"mp4", "m4v"}),
    "mov": frozenset({"mov", "qt"}),
    "ole": frozenset({"doc", "xls", "ppt", "msg"}),
    "mpg": frozenset({"mpg", "mpeg"}),
    "text": frozenset({"txt", "csv", "md", "json", "srt", "vtt", "geojson", "tsv"}),
    "html": frozenset({"html", "htm"}),
    "mkv": frozenset({"mkv"}),
}
FILMS = frozenset({"mp4", "mov", "webm", "mkv", "avi", "flv", "wmv", "mpg", "ogg"})
ARCHIVES = frozenset({"zip", "docx", "pptx", "xlsx", "odt", "odp", "ods"})


def kind_of(path: Path) -> str:
    """The kind of a file: `pdf`, `mp4`, `zip`, `pptx`, ...; `text`, `empty`, or `unknown`."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "empty"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[4:8] == b"ftyp" or head[4:8] in (b"moov", b"wide", b"mdat"):
        return _kind_of_boxes(head)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "mkv"
    for at, mark, kind in _SIGNATURES:
        if head[at : at + len(mark)] == mark:
            return kind
    return _kind_of_text(head)


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [item.filename for item in archive.infolist()[:10_000]]
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                return _OPEN_DOCUMENT.get(archive.read("mimetype").strip(), "zip")
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return "zip"
    if "[Content_Types].xml" in names:
        for folder, kind in _INSIDE:
            if any(name.startswith(folder) for name in names):
                return kind
    return "zip"


def _kind_of_boxes(head: bytes) -> str:
    brand = head[8:12]
    if head[4:8] != b"ftyp" or brand == b"qt  ":
        return "mov"
    return {b"M4A ": "m4a", b"heic": "heic", b"mif1": "heic", b"avif": "avif"}.get(brand, "mp4")


def _kind_of_text(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        return "svg"
    if b"\x00" in head:
        return "unknown"
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        try:
            # The piece may end in the middle of a character.
            head[:-4].decode(encoding) if len(head) == _HEAD else head.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "text"
    return "unknown"


def suffix_fits(name: str, kind: str) -> bool:
    """Whether a name ends as files of this kind do; a name without a suffix says nothing wrong."""
    suffix = Path(name).suffix.lower().lstrip(".")
    return not suffix or kind == "unknown" or suffix in SUFFIXES.get(kind, frozenset({kind}))


def is_accepted(kind: str, types: tuple[str, ...]) -> bool:
    """Whether a kind is among the accepted types, which may be called by any of its usual suffixes."""
    return not types or kind in types or bool(SUFFIXES.get(kind, frozenset()) & set(types))
