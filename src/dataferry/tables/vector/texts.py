"""GeoJSON, KML and GML made safe for GDAL: a private UTF-8 copy, without entities, wrappers or calls to other files."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from pathlib import Path
from typing import Any, cast
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

import defusedxml.common
import defusedxml.sax

from dataferry.messages import Finding, InputError, LimitError, RefusedError
from dataferry.tables.encoding import Encoding, detect_encoding, note_encoding
from dataferry.tables.options import ReadLimits
from dataferry.tables.report import Detected, ReadReport
from dataferry.tables.sniff import json_wrapper
from dataferry.tables.vector.gdal import bring

_HEAD = 64 * 1024
_CHUNK = 1024 * 1024
_SAMPLE = 4 * 1024 * 1024
_REACHING_MARKS = (
    b"<OGRVRTDataSource",
    b"<OGRWFSDataSource",
    b"<OGRCSWDataSource",
    b"<VRTDataset",
    b"gdal_streamed_alg",
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["'](?!(?i:utf[-_]?(?:16|32)|ucs))([\w.-]+)["']""")
# A text of single bytes that says so is not in two or four bytes a character (.NET writes `utf-16` so).
_SAYS_WIDE = re.compile(r"""<\?xml[^>]*?\bencoding\s*=\s*["'](?i:utf[-_]?(?:16|32)|ucs)""")


def checked_copy(source: Path, place: Path, declared: str | None, limits: ReadLimits, report: ReadReport) -> Path:
    """`source` at `place`, a link when it is plain UTF-8 already and a rewritten copy otherwise.

    Args:
        place: path of ours; its suffix `.geojson` or `.kml`/`.gml` says which checks apply.
        declared: encoding named by the caller.

    Raises:
        RefusedError: `tables.xml_doctype`, `tables.reaches_out`: DOCTYPE, or a file that makes GDAL open others.
        LimitError: `tables.xml_too_deep`, `tables.xml_too_many`.
        InputError: `tables.xml_broken`.
    """
    with source.open("rb") as file:
        sample = file.read(_SAMPLE)
    if any(mark in sample[:_HEAD].replace(b"\x00", b"") for mark in _REACHING_MARKS):
        raise RefusedError("tables.reaches_out", file=report.file)
    encoding = _encoding(sample, len(sample) < _SAMPLE, declared)
    note_encoding(report, encoding)
    start = sample[encoding.mark_bytes : _HEAD].decode(encoding.codec, "replace").lstrip("\ufeff \t\r\n")
    wrapper = json_wrapper(start) if place.suffix == ".geojson" else ""
    if encoding.codec in ("utf-8", "ascii") and encoding.marks <= 1 and not wrapper and not _SAYS_WIDE.match(start):
        bring(source, place)
    else:
        _rewrite(source, place, encoding, wrapper, report)
    if place.suffix != ".geojson":
        _check_markup(place, limits, report)
    return place


def _encoding(sample: bytes, whole: bool, declared: str | None) -> Encoding:
    """As for any text, but what an XML declaration states is taken when it decodes."""
    stated = _DECLARED.match(sample)
    if declared is None and stated is not None:
        with contextlib.suppress(LookupError, UnicodeError):
            name = codecs.lookup(stated[1].decode()).name
            codecs.getincrementaldecoder(name)("strict").decode(sample, final=whole)
            return Encoding(name, 0, 0, Detected(name, "stated", "XML declaration"))
    return detect_encoding(sample, declared, whole=whole)


def _rewrite(source: Path, place: Path, encoding: Encoding, wrapper: str, report: ReadReport) -> None:
    """A UTF-8 copy, character by character the same but for the wrapper and the XML declaration."""
    bad, begun = 0, False
    with source.open("rb") as raw, place.open("wb") as new:
        raw.seek(encoding.mark_bytes)
        old = io.TextIOWrapper(raw, encoding=encoding.codec, errors="replace", newline="")
        while text := old.read(_CHUNK):
            if not begun:
                text = text.lstrip("\ufeff \t\r\n").removeprefix(wrapper)
                text = re.sub(r"^<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL)
                begun = True
            bad += text.count("\ufffd")
            new.write(text.encode("utf-8", "replace"))
    if wrapper:
        _cut_after_last_brace(place)
        report.note(Finding("tables.script_wrapper", "repaired", {"file": report.file, "wrapper": wrapper.strip()}))
    if bad:
        data = {"file": report.file, "encoding": encoding.codec, "count": bad}
        report.note(Finding("tables.undecodable", "irrecoverable", data))


def _cut_after_last_brace(place: Path) -> None:
    with place.open("r+b") as file:
        size = file.seek(0, 2)
        start = max(0, size - _HEAD)
        file.seek(start)
        last = file.read().rfind(b"}")
        if last >= 0:
            file.truncate(start + last + 1)


class _Counter(ContentHandler):
    """Counts elements and depth; keeps nothing."""

    def __init__(self, limits: ReadLimits, file: str) -> None:
        super().__init__()
        self.limits, self.file, self.depth, self.elements = limits, file, 0, 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name SAX calls
        self.depth += 1
        self.elements += 1
        if self.depth > self.limits.nesting:
            raise LimitError("tables.xml_too_deep", file=self.file, limit=self.limits.nesting)
        if self.elements > self.limits.xml_elements:
            raise LimitError("tables.xml_too_many", file=self.file, limit=self.limits.xml_elements)

    def endElement(self, name: str) -> None:  # noqa: N802 - the name SAX calls
        self.depth -= 1


def _check_markup(place: Path, limits: ReadLimits, report: ReadReport) -> None:
    parser = cast(Any, defusedxml.sax.make_parser())
    parser.forbid_dtd = True
    parser.setContentHandler(_Counter(limits, report.file))
    try:
        with place.open("rb") as file:
            parser.parse(file)
    except defusedxml.common.DefusedXmlException as error:
        raise RefusedError("tables.xml_doctype", file=report.file) from error
    except (SAXException, ValueError, LookupError) as error:
        line = error.getLineNumber() if isinstance(error, SAXParseException) else "?"
        # The text of the whole error names our private copy.
        reason = error.getMessage() if isinstance(error, SAXException) else str(error)
        raise InputError("tables.xml_broken", file=report.file, line=line, reason=reason) from error
