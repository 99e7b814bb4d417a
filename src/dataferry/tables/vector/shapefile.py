"""Shapefiles with parts missing, and bare dBASE tables: put together in a private folder, text decoded by its bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from dataferry.messages import Finding, InputError
from dataferry.tables.encoding import Encoding, detect_encoding, note_encoding
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import Detected, ReadReport
from dataferry.tables.vector.gdal import Layer, bring, read_layer, workplace

# dBASE language driver ids: https://support.esri.com/en-us/knowledge-base/000013192 names the same code pages.
_LANGUAGE_DRIVERS = {0x03: "cp1252", 0x57: "cp1252", 0x13: "cp932", 0x7B: "cp932", 0x4D: "gbk", 0x7A: "gbk"} | {
    0x4F: "big5",
    0x78: "big5",
}
_SUPERSET = {"big5": "big5hkscs", "cp950": "big5hkscs", "gb2312": "gb18030", "gbk": "gb18030"}
_LATIN = frozenset({"iso8859-1", "cp1252", "iso8859-15", "cp437", "cp850"})
_BYTES_AS_TEXT = "ISO-8859-1"  # one character a byte, so that GDAL hands the bytes over unchanged
_SHAPE_CODE = b"\x00\x00\x27\x0a"
_TWO_SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class _Parts:
    """The files of one shapefile. `stranger` is a .dbf with another base name that could be meant, and is not used."""

    shp: Path
    shx: Path | None
    dbf: Path | None
    prj: Path | None
    cpg: Path | None
    stranger: Path | None


def read_shapefile(path: Path, options: ReadOptions, report: ReadReport) -> Layer:
    """Read a .shp with whatever of its parts is there. Nothing is written beside it.

    Missing .shx: rebuilt. Missing .dbf: no attributes; a .dbf of another name is pointed out and not joined, for equal
    counts prove no order (the real Hong Kong districts of 2001 come so, and differ on every row). Missing .cpg: the
    encoding is found from the bytes. Missing .prj: no CRS.
    """
    parts = _find_parts(path)
    _note_missing(parts, report)
    with workplace() as folder:
        for name in ("shp", "shx", "dbf", "prj"):
            source: Path | None = getattr(parts, name)
            if source is not None:
                bring(source, folder / f"data.{name}")
        layer = read_layer(folder / "data.shp", report.file, encoding=_BYTES_AS_TEXT)
    if parts.dbf is None:
        keep = [name for name in layer.table.column_names if name == layer.geometry]
        return replace(layer, table=layer.table.select(keep))
    return replace(layer, table=_decoded(layer.table, parts.dbf, parts.cpg, options, report))


def read_dbf(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read a dBASE table alone."""
    with workplace() as folder:
        layer = read_layer(bring(path, folder / "data.dbf"), report.file, encoding=_BYTES_AS_TEXT)
    return _decoded(layer.table, path, _sibling(path, ".cpg"), options, report)


def _sibling(path: Path, suffix: str) -> Path | None:
    wanted = (path.stem + suffix).lower()
    return next((p for p in sorted(path.parent.iterdir()) if p.name.lower() == wanted and p.is_file()), None)


def _records(dbf: Path) -> int:
    with dbf.open("rb") as file:
        return int.from_bytes(file.read(8)[4:8], "little")


def _shapes(shp: Path) -> int:
    """Number of shapes, by walking the record headers (big-endian content length in 16-bit words)."""
    count, size = 0, shp.stat().st_size
    with shp.open("rb") as file:
        at = 100
        while at + 8 <= size:
            file.seek(at + 4)
            at += 8 + 2 * int.from_bytes(file.read(4), "big")
            count += 1
    return count


def _find_parts(path: Path) -> _Parts:
    with path.open("rb") as file:
        if file.read(4) != _SHAPE_CODE:
            raise InputError("tables.vector_unreadable", file=path.name, reason="not a shapefile (.shp)")
    shx, dbf = _sibling(path, ".shx"), _sibling(path, ".dbf")
    if shx is not None and not _is_index_of(shx, path):
        shx = None
    return _Parts(path, shx, dbf, _sibling(path, ".prj"), _sibling(path, ".cpg"), None if dbf else _lone_dbf(path))


def _is_index_of(shx: Path, shp: Path) -> bool:
    with shx.open("rb") as file:
        code = file.read(4)
    return code == _SHAPE_CODE and shx.stat().st_size == 100 + 8 * _shapes(shp)


def _lone_dbf(shp: Path) -> Path | None:
    """The only .dbf of the folder that belongs to no other .shp, if it has as many records as there are shapes."""
    files = [p for p in shp.parent.iterdir() if p.is_file()]
    taken = {p.stem.lower() for p in files if p.suffix.lower() == ".shp"}
    lone = [p for p in files if p.suffix.lower() == ".dbf" and p.stem.lower() not in taken]
    return lone[0] if len(lone) == 1 and _records(lone[0]) == _shapes(shp) else None


def _note_missing(parts: _Parts, report: ReadReport) -> None:
    file = report.file
    if parts.shx is None:
        report.note(Finding("tables.shx_rebuilt", "repaired", {"file": file, "count": _shapes(parts.shp)}))
    if parts.dbf is None:
        report.note(Finding("tables.dbf_missing", "irrecoverable", {"file": file}))
        if parts.stranger is not None:
            other = {"file": file, "other": parts.stranger.name, "count": _records(parts.stranger)}
            report.note(Finding("tables.dbf_other_name", "attention", other))
    elif _records(parts.dbf) != (shapes := _shapes(parts.shp)):
        data = {"file": file, "shapes": shapes, "records": _records(parts.dbf)}
        report.note(Finding("tables.dbf_count_differs", "attention", data))
    if parts.prj is None:
        report.note(Finding("tables.prj_missing", "note", {"file": file}))


def _decoded(table: pa.Table, dbf: Path, cpg: Path | None, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Text columns and column names of a table that GDAL read byte for character, in their own encoding."""
    texts = [i for i, field in enumerate(table.schema) if pa.types.is_string(field.type)]
    encoded = {i: table.column(i).combine_chunks().dictionary_encode() for i in texts}
    raw = {i: [_bytes(text) for text in column.dictionary.to_pylist()] for i, column in encoded.items()}
    names = [_bytes(name) for name in table.column_names]
    sample = b"\n".join([*names, *(value for values in raw.values() for value in values)])
    encoding = _choose(sample, dbf, cpg, options, report)
    note_encoding(report, encoding)
    bad = 0
    for i, column in encoded.items():
        values = [value.decode(encoding.codec, "replace") for value in raw[i]]
        bad += sum("\ufffd" in value for value in values)
        decoded = pa.array(values, pa.string()).take(column.indices)
        table = table.set_column(i, table.schema.field(i).with_type(pa.string()), decoded)
    if bad:
        data = {"file": report.file, "encoding": encoding.codec, "count": bad}
        report.note(Finding("tables.undecodable", "irrecoverable", data))
    # Ten bytes hold a name; one cut inside a character loses that character, not the column.
    return table.rename_columns([name.decode(encoding.codec, "ignore") for name in names])


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _stated(dbf: Path, cpg: Path | None) -> tuple[str, str] | None:
    """(codec, evidence) from the .cpg file or from the language driver id in the header."""
    if cpg is not None:
        text = cpg.read_bytes()[:64].decode("ascii", "ignore").strip()
        name = _TWO_SPACES.split(text)[-1] if text.upper().startswith(("OEM", "ANSI")) else text.replace(" ", "-")
        name = {"65001": "utf-8", "88591": "latin-1"}.get(name, f"cp{name}" if name.isdigit() else name)
        try:
            return codecs.lookup(name).name, f"{cpg.name} says {text}"
        except (LookupError, ValueError):
            return None
    with dbf.open("rb") as file:
        driver = file.read(30)[29:30]
    codec = _LANGUAGE_DRIVERS.get(driver[0]) if driver else None
    return (codec, f"language driver 0x{driver[0]:02X} in the header of {dbf.name}") if codec else None


def _choose(sample: bytes, dbf: Path, cpg: Path | None, options: ReadOptions, report: ReadReport) -> Encoding:
    stated = None if options.encoding else _stated(dbf, cpg)
    if stated is None:
        return detect_encoding(sample, options.encoding, whole=True)
    codec, evidence = stated
    measured = detect_encoding(sample, whole=True)
    if sample.isascii() or (_reads(sample, codec) and not _better(sample, codec, measured)):
        return Encoding(codec, 0, 0, Detected(codec, "stated", evidence))
    wider = _SUPERSET.get(codec)
    if wider is not None and measured.codec != "utf-8" and _reads(sample, wider):
        data = {"file": dbf.name, "stated": codec, "encoding": wider, "characters": _beyond(sample, codec, wider)}
        report.note(Finding("tables.encoding_superset", "repaired", data))
        return Encoding(wider, 0, 0, Detected(wider, "measured", f"{evidence}; only {wider} reads every byte"))
    data = {"file": dbf.name, "stated": codec, "encoding": measured.codec, "evidence": measured.detected.evidence}
    report.note(Finding("tables.encoding_contradicts", "attention", data))
    return measured


def _reads(sample: bytes, codec: str) -> bool:
    try:
        sample.decode(codec)
    except (UnicodeError, LookupError):
        return False
    return True


def _better(sample: bytes, codec: str, measured: Encoding) -> bool:
    """The bytes speak against a statement that decodes them: Latin, which any byte satisfies, or Chinese in UTF-8."""
    if codec in _LATIN:
        return measured.detected.basis == "measured"
    if measured.codec != "utf-8" or codec.startswith("utf"):
        return False
    return any(character >= "\u0800" for character in sample.decode("utf-8", "ignore"))


def _beyond(sample: bytes, codec: str, wider: str) -> str:
    """The characters, at most ten, that only the wider encoding has."""
    found = {c for c in sample.decode(wider) if not c.isascii() and not _encodes(c, codec)}
    return "".join(sorted(found)[:10])


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeError:
        return False
    return True
