"""What a file is, by its content. The name only breaks a tie, and a name that contradicts the content is reported."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import NoReturn

from dataferry.messages import InputError, LimitError
from dataferry.tables.encoding import detect_encoding
from dataferry.tables.options import ReadLimits
from dataferry.tables.report import Detected

SAMPLE = 65536
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "pdf", "begins with %PDF-"),
    (b"\x89PNG\r\n\x1a\n", "image", "PNG signature"),
    (b"\xff\xd8\xff", "image", "JPEG signature"),
    (b"GIF8", "image", "GIF signature"),
    (b"II*\0", "image", "TIFF signature"),
    (b"MM\0*", "image", "TIFF signature"),
    (b"\0\x01\0\0Standard Jet DB", "mdb", "Access (Jet) signature"),
    (b"\0\x01\0\0Standard ACE DB", "mdb", "Access (ACE) signature"),
    (b"PAR1", "parquet", "begins with PAR1"),
    (b"fgb\x03fgb", "fgb", "FlatGeobuf signature"),
    (b"\x09\x08\x10\0\0\x06\x05\0", "xls", "BIFF8 record"),
    (b"\x09\x08\x08\0\0\x05\x05\0", "xls", "BIFF5 record"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "ELF program"),
    (b"MZ", "Windows program"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
)
_EXTENSIONS: dict[str, frozenset[str]] = {
    ".csv": frozenset({"delimited"}),
    ".tsv": frozenset({"delimited"}),
    ".xls": frozenset({"xls"}),
    ".xlsx": frozenset({"xlsx"}),
    ".json": frozenset({"json", "jsonl", "geojson"}),
    ".jsonl": frozenset({"jsonl", "geojson", "json"}),
    ".geojson": frozenset({"geojson"}),
    ".xml": frozenset({"xml", "gml", "kml"}),
    ".kml": frozenset({"kml"}),
    ".kmz": frozenset({"kmz"}),
    ".gml": frozenset({"gml"}),
    ".shp": frozenset({"shp"}),
    ".gpkg": frozenset({"gpkg"}),
    ".zip": frozenset({"zip", "kmz", "xlsx"}),
    ".parquet": frozenset({"parquet"}),
}
_UNREADABLE = frozenset({"html", "pdf", "image", "mdb", "docx", "unknown"})


def contradicts_name(path: Path, kind: str) -> bool:
    """The extension promises something else than the content is."""
    expected = _EXTENSIONS.get(path.suffix.lower())
    return expected is not None and kind not in expected


def sniff(path: Path, limits: ReadLimits | None = None) -> Detected:
    """The kind of a file or folder, with the evidence.

    Kinds: `empty delimited xls xlsx json jsonl geojson xml kml kmz gml shp dbf filegdb gpkg fgb parquet zip html pdf
    image mdb docx unknown`.

    Raises:
        LimitError: text whose first line is longer than the limit allows.
    """
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head:
        return Detected("empty", "measured", "0 bytes")
    return _binary(path, head) or _text(path, head, limits or ReadLimits())


def _folder(path: Path) -> Detected:
    if any(path.glob("*.gdbtable")):
        return Detected("filegdb", "measured", "folder of .gdbtable files")
    return Detected("unknown", "measured", "a folder that is no file geodatabase")


def _binary(path: Path, head: bytes) -> Detected | None:
    for magic, kind, evidence in _MAGIC:
        if head.startswith(magic):
            return Detected(kind, "measured", evidence)
    if head.startswith(b"SQLite format 3\0"):
        is_package = head[68:72] in (b"GPKG", b"GP10", b"GP11")
        return Detected("gpkg" if is_package else "unknown", "measured", "SQLite database")
    if head.startswith(b"\0\0\x27\x0a") and len(head) >= 100:
        return Detected("shp", "measured", "shapefile code 9994")
    if head.startswith(_OLE):
        return _compound(path, head)
    if head.startswith(_ZIP):
        return _zip(path)
    if _is_dbf(path, head):
        return Detected("dbf", "measured", "dBASE header whose lengths agree with the file")
    for magic, name in _OTHER_BINARY:
        if head.startswith(magic):
            return Detected("unknown", "measured", name)
    return None


def _compound(path: Path, head: bytes) -> Detected:
    """An OLE compound file: which program wrote it is told by its stream names, in UTF-16."""
    with path.open("rb") as file:
        body = file.read(16 * 1024 * 1024)
    for stream, kind in (("Workbook", "xls"), ("Book", "xls"), ("WordDocument", "docx"), ("EncryptedPackage", "xlsx")):
        if stream.encode("utf-16-le") in body:
            return Detected(kind, "measured", f"OLE compound file with a {stream} stream")
    return Detected("unknown", "measured", f"OLE compound file of {len(head):,} bytes or more, of an unknown program")


def _zip(path: Path) -> Detected:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Detected("unknown", "measured", "a ZIP archive that is cut off or broken")
    members = set(names)
    if {"xl/workbook.xml", "xl/workbook.bin"} & members:
        return Detected("xlsx", "measured", "ZIP with xl/workbook")
    if "word/document.xml" in members:
        return Detected("docx", "measured", "ZIP with word/document.xml")
    if members & {"doc.kml"} or (names and names[0].lower().endswith(".kml") and path.suffix.lower() != ".zip"):
        return Detected("kmz", "measured", "ZIP with a .kml at its root")
    return Detected("zip", "measured", f"ZIP archive of {len(names):,} members")


def _is_dbf(path: Path, head: bytes) -> bool:
    if len(head) < 33 or head[0] not in (0x02, 0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5) or not 1 <= head[2] <= 12:
        return False
    records = int.from_bytes(head[4:8], "little")
    header, record = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    return header >= 33 and record > 0 and abs(path.stat().st_size - header - records * record) <= 2


def _text(path: Path, head: bytes, limits: ReadLimits) -> Detected:
    encoding = detect_encoding(head, whole=len(head) < SAMPLE)
    text = head[encoding.mark_bytes :].decode(encoding.codec, "replace")
    if not encoding.is_wide and _looks_binary(head, text):
        return Detected("unknown", "measured", "bytes that are no text in any known encoding")
    start = text.lstrip("\ufeff \t\r\n\0")
    if not start:
        return Detected("delimited" if path.stat().st_size > SAMPLE else "empty", "measured", "only white space")
    found = _markup(start) if start.startswith("<") else _json(path, start, len(head) < SAMPLE)
    if found is not None:
        return found
    _check_first_line(path, limits)
    return Detected("delimited", "measured", "text without the syntax of JSON or XML")


def _looks_binary(head: bytes, text: str) -> bool:
    controls = sum(head.count(byte) for byte in (*range(1, 9), *range(14, 27), *range(28, 32)))
    if head.count(0) > 0.2 * len(head) or controls > 0.02 * len(head):
        return True
    return text.count("\ufffd") > 0.1 * len(text)


def _check_first_line(path: Path, limits: ReadLimits) -> None:
    """A first line beyond the limit is refused before anything tries to hold it."""
    seen = 0
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            if b"\n" in chunk or b"\r" in chunk:
                return
            seen += len(chunk)
            if seen > limits.line_bytes:
                raise LimitError("tables.line_too_long", file=path.name, limit=limits.line_bytes)


def _markup(text: str) -> Detected | None:
    low = text[:4096].lower()
    if re.match(r"<!doctype\s+html|<html", low) or re.search(r"<html[\s>]|<head[\s>]|<body[\s>]", low):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        name = " ".join(title[1].split())[:80] if title else ""
        return Detected("html", "measured", f"web page titled '{name}'" if name else "web page")
    root = re.search(r"<(?![?!])([\w.:-]+)([^>]*)", text)
    if root is None or not re.match(r"<[?!\w]", text):
        return None
    local = root[1].rpartition(":")[2]
    if local == "kml":
        return Detected("kml", "measured", "root element kml")
    if "opengis.net/gml" in root[2] or "opengis.net/wfs" in root[2]:
        return Detected("gml", "measured", f"root element {root[1]} in the GML or WFS namespace")
    if local in ("table", "div", "center"):
        return Detected("html", "measured", f"piece of a web page: root element {root[1]}")
    return Detected("xml", "measured", f"root element {root[1]}")


_WRAPPED = re.compile(
    r"(?:(?:export\s+)?(?:var|let|const)\s+[\w$]+|(?:window|self|module|this)\.[\w$.]+|[A-Za-z_$][\w$]*)\s*=\s*(?=[\[{\"])"
    r"|export\s+default\s+(?=[\[{])|/?\*?\*?/?[A-Za-z_$][\w$.]*\(\s*(?=[\[{])"
)
_GEO_TYPES = r"FeatureCollection|Feature|(?:Multi)?(?:Point|LineString|Polygon)|GeometryCollection"


def json_wrapper(text: str) -> str:
    """The JavaScript that stands before the JSON (`var x =`, `callback(`), or an empty string."""
    match = _WRAPPED.match(text)
    return match[0] if match else ""


def _json(path: Path, text: str, whole: bool) -> Detected | None:
    wrapper = json_wrapper(text)
    body = text[len(wrapper) :].lstrip()
    if not body.startswith(("{", "[", '"{', '"[', '"\\"{')):
        return None
    if not wrapper and body.startswith("[") and not re.match(r'\[\s*(?:[\[{"\]\d\-]|true|false|null|NaN)', body):
        return None
    if body.startswith("{") and not re.match(r'\{\s*(?:["}]|$)', body):
        return None
    beside = f" after '{wrapper.strip()}'" if wrapper else ""
    is_geo = _is_geojson(path, body, whole)
    lines = [line for line in body.splitlines()[:3] if line.strip()]
    several = len(lines) > 1 and all(re.match(r"\{.*\}\s*$", line) for line in lines[:-1]) and lines[1][:1] == "{"
    if is_geo:
        return Detected("geojson", "measured", "JSON whose type is a GeoJSON object" + beside)
    return Detected("jsonl" if several else "json", "measured", ("one object a line" if several else "JSON") + beside)


def _is_geojson(path: Path, body: str, whole: bool) -> bool:
    if re.match(rf'\{{\s*"type"\s*:\s*"(?:{_GEO_TYPES})"', body):
        return True
    if re.match(r'\{\s*"features"\s*:\s*\[\s*\{', body) and re.search(r'"type"\s*:\s*"Feature"', body[:4096]):
        return True
    tail = body
    if not whole:
        with path.open("rb") as file:
            file.seek(-2048, 2)
            tail = file.read().decode("utf-8", "replace")
    head = re.split(r'"features"\s*:', body[:8192], maxsplit=1)[0]
    is_collection = re.compile(r'"type"\s*:\s*"FeatureCollection"')
    return bool(is_collection.search(head) or re.search(r'\]\s*,\s*"type"\s*:\s*"FeatureCollection"\s*\}', tail[-200:]))


def refuse_unreadable(path: Path, kind: Detected) -> None:
    """Raise what a person can act on when the content is no table.

    Raises:
        InputError: the file is empty, a web page, a PDF, an image, an Access database, a Word document or unknown.
    """
    if kind.value == "empty":
        raise InputError("tables.empty", file=path.name)
    if kind.value in _UNREADABLE:
        _refuse(path, kind)


def _refuse(path: Path, kind: Detected) -> NoReturn:
    file, evidence = path.name, kind.evidence
    if kind.value == "html":
        raise InputError("tables.is_html", file=file, evidence=evidence)
    if kind.value == "pdf":
        raise InputError("tables.is_pdf", file=file, evidence=evidence)
    if kind.value == "image":
        raise InputError("tables.is_image", file=file, evidence=evidence)
    if kind.value == "mdb":
        raise InputError("tables.is_mdb", file=file, evidence=evidence)
    if kind.value == "docx":
        raise InputError("tables.is_docx", file=file, evidence=evidence)
    raise InputError("tables.is_unknown", file=file, evidence=evidence)
