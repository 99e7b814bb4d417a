"""XML to rows: the element that repeats is the record; its children and attributes are the columns.

Two passes over the file, both letting go of elements as they close: the first counts element paths, the second builds
rows. Entities are refused, so nothing in the file can grow or reach out.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET  # only for the type of its error; parsing is defusedxml's
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from dataferry.messages import Finding, InputError, LimitError
from dataferry.tables.columns.finish import RawTable, finish
from dataferry.tables.columns.naming import free_name, name_columns
from dataferry.tables.encoding import Encoding, detect_encoding, note_encoding, text_lines
from dataferry.tables.options import ReadOptions
from dataferry.tables.parsers.records import Records
from dataferry.tables.report import Detected, ReadReport

_PIECE = 1024 * 1024
# What is read byte by byte here is not in two or four bytes a character, whatever it says (.NET writes `utf-16` so).
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["'](?!(?i:utf[-_]?(?:16|32)|ucs))([\w.-]+)["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MOST_FIELDS = 5000

Path_ = tuple[str, ...]


def parse_xml(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read the records of an XML file; `options.path` (dotted element names under the root) says which they are.

    Raises:
        InputError: broken XML (with line and column), entities or a DTD with them, or no element at the path.
        LimitError: more elements or deeper nesting than the limits allow.
    """
    encoding = _encoding(path, options)
    note_encoding(report, encoding)
    counts, fields = _census(path, encoding, options)
    record = _record_path(counts, fields, path, options)
    report.layer = ".".join(record)
    others = [p for p, n in counts.items() if n > 1 and fields[p] and p != record and p[: len(record)] != record]
    report.other_layers = tuple(".".join(p) for p in others)[:100]
    if others and not options.path:
        told = [f"{'.'.join(p)} ({counts[p]:,})" for p in others][:20]
        data = {"chosen": report.layer, "count": counts[record], "others": told}
        report.note(Finding("tables.several_record_sets", "attention", data))
    if counts[record] == 1:
        report.note(Finding("tables.single_record", "note", {"path": report.layer}))
    records = Records(path.name, options.limits)
    records.extend(_rows(path, encoding, options, record))
    columns = records.columns()
    if records.nested:
        report.note(Finding("tables.lists_as_text", "note", {"columns": sorted(records.nested)[:50]}))
    names = name_columns(list(columns), len(columns))
    return finish(RawTable(names, list(columns.values()), 1), options, report)


def _encoding(path: Path, options: ReadOptions) -> Encoding:
    with path.open("rb") as file:
        head = file.read(_PIECE)
    declared = options.encoding
    stated = _DECLARED.match(head)
    if declared is None and stated is not None:
        name = stated[1].decode("ascii")
        try:
            head[:200_000].decode(name, "ignore")
        except LookupError:
            pass
        else:
            wider = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}.get(name.lower(), name)
            known = detect_encoding(head, wider)
            return Encoding(known.codec, known.mark_bytes, known.marks, Detected(name, "stated", "XML declaration"))
    return detect_encoding(head, declared, whole=len(head) < _PIECE)


class _Utf8(io.RawIOBase):
    """The file as UTF-8 without its declaration, whatever it is encoded in (the parser knows few encodings)."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._file = path.open("rb")
        self._file.seek(encoding.mark_bytes)
        pieces = iter(lambda: self._file.read(_PIECE), b"")
        self._texts = text_lines(pieces, encoding.codec, "replace")
        self._ready = b""
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._ready) < size:
            text = next(self._texts, None)
            if text is None:
                break
            if not self._begun and text:
                self._begun = True
                text = _DECLARATION.sub("", text.lstrip("\ufeff \r\n\t"))
            self._ready += text.encode("utf-8", "replace")
        cut = len(self._ready) if size < 0 else size
        out, self._ready = self._ready[:cut], self._ready[cut:]
        return out

    def close(self) -> None:
        self._file.close()
        super().close()


def _events(path: Path, encoding: Encoding, options: ReadOptions) -> Iterator[tuple[str, Any, Path_]]:
    """(event, element, path of local names), within the limits; what is wrong with the XML becomes an error of ours."""
    stack: list[str] = []
    seen = 0
    try:
        with _Utf8(path, encoding) as source:
            for event, element in iterparse(source, events=("start", "end"), forbid_dtd=False):
                if event == "start":
                    stack.append(_local(element.tag))
                    seen += 1
                    if len(stack) > options.limits.nesting:
                        raise LimitError("tables.too_deep", file=path.name, limit=options.limits.nesting)
                    if seen > options.limits.xml_elements:
                        limit = options.limits.xml_elements
                        raise LimitError("tables.too_many_elements", file=path.name, limit=limit)
                yield event, element, tuple(stack)
                if event == "end":
                    stack.pop()
    except DefusedXmlException:
        raise InputError("tables.xml_entities", file=path.name) from None
    except ET.ParseError as error:
        line, column = error.position
        raise InputError("tables.xml_broken", file=path.name, line=line, column=column, reason=error.msg) from None


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _census(path: Path, encoding: Encoding, options: ReadOptions) -> tuple[Counter[Path_], dict[Path_, set[str]]]:
    """How often each element path occurs, and the names of its children and attributes."""
    counts: Counter[Path_] = Counter()
    fields: dict[Path_, set[str]] = {}
    for event, element, at in _events(path, encoding, options):
        if event == "start":
            counts[at] += 1
            own = fields.setdefault(at, set())
            own.update(element.attrib)
            if len(at) > 1 and len(fields[at[:-1]]) < _MOST_FIELDS:
                fields[at[:-1]].add(at[-1])
        else:
            element.clear()
    return counts, fields


def _record_path(counts: Counter[Path_], fields: dict[Path_, set[str]], path: Path, options: ReadOptions) -> Path_:
    if options.path:
        wanted = tuple(options.path.split("."))
        found = next((p for p in counts if p in (wanted, p[:1] + wanted)), None)
        if found is None:
            known = [".".join(p) for p in list(counts)[:20]]
            raise InputError("tables.no_such_path", file=path.name, path=options.path, at=options.path, known=known)
        return found
    repeated = [p for p, n in counts.items() if n > 1 and fields[p]]
    if repeated:
        return max(repeated, key=lambda p: (counts[p], -len(p)))
    leaves = [p for p, n in counts.items() if n > 1]
    if leaves:
        return max(leaves, key=lambda p: (counts[p], -len(p)))
    return _only_record(fields)


def _only_record(fields: dict[Path_, set[str]]) -> Path_:
    """Nothing repeats: a list of one. The first element down the tree with more than one field is the record."""
    at = next(iter(fields))
    while len(fields[at]) == 1 and (*at, next(iter(fields[at]))) in fields:
        inner = (*at, next(iter(fields[at])))
        if not fields[inner]:
            break
        at = inner
    return at


def _rows(path: Path, encoding: Encoding, options: ReadOptions, record: Path_) -> Iterator[dict[str, Any]]:
    depth = len(record)
    for event, element, at in _events(path, encoding, options):
        if event != "end":
            continue
        if at == record:
            value = _value(element)
            yield value if isinstance(value, dict) else {record[-1]: value}
        if len(at) <= depth or at[:depth] != record:
            element.clear()


def _value(element: Any) -> Any:
    """An element as text, or as an object of its attributes and children; children of one name become a list."""
    made: dict[str, Any] = {_local(name): text for name, text in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _value(child)
        if name in made:
            made[name] = [*made[name], value] if isinstance(made[name], list) else [made[name], value]
        else:
            made[name] = value
    pieces = (element.text, *(child.tail for child in element))
    text = " ".join(stripped for piece in pieces if (stripped := (piece or "").strip()))
    if not made:
        return text or None
    if text:
        made[free_name("text", set(made))] = text
    return made
