"""JSON of any shape to rows: wrapped in JavaScript, encoded twice, keyed by id, nested, or one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataferry.messages import Finding, InputError, LimitError
from dataferry.tables.columns.finish import RawTable, finish
from dataferry.tables.columns.naming import name_columns
from dataferry.tables.encoding import Encoding, detect_encoding, note_encoding, text_lines
from dataferry.tables.options import ReadOptions
from dataferry.tables.parsers.records import Records
from dataferry.tables.report import ReadReport
from dataferry.tables.sniff import json_wrapper

_SEARCHED_DEPTH = 4
_DECODED_TIMES = 3
_PIECE = 4 * 1024 * 1024


@dataclass(frozen=True)
class RecordSet:
    """A place in the document that holds records. `shape`: objects, keyed, lists, grouped, scalars or single."""

    path: tuple[str, ...]
    shape: str
    value: Any
    count: int

    @property
    def name(self) -> str:
        return ".".join(self.path) or "$"


def parse_json(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read one JSON document; `options.path` (dotted) says where the records are, else the largest set is taken.

    Raises:
        InputError: broken JSON (with line and column), or no records at the path.
        LimitError: the document is larger or deeper than the limits allow.
    """
    limit = options.limits.document_bytes
    if report.bytes > limit:
        raise LimitError("tables.document_too_big", file=path.name, bytes=path.stat().st_size, limit=limit)
    encoding, text = _text_of(path, options, report)
    note_encoding(report, encoding)
    document = _load(_unwrapped(text, report), path, options, report)
    del text
    chosen = _chosen(document, path, options, report)
    records = Records(path.name, options.limits)
    records.extend(_rows(chosen))
    if chosen.shape == "keyed":
        data = {"path": chosen.name, "count": chosen.count}
        report.note(Finding("tables.keyed_records", "repaired", data))
    return _table(records, options, report)


def _text_of(path: Path, options: ReadOptions, report: ReadReport) -> tuple[Encoding, str]:
    raw = path.read_bytes()
    encoding = detect_encoding(raw, options.encoding, whole=True)
    body = raw[encoding.mark_bytes :]
    try:
        text = body.decode(encoding.codec)
    except UnicodeDecodeError as error:
        if options.encoding is not None:
            name = path.name
            raise InputError("tables.not_decodable", file=name, encoding=encoding.codec, byte=error.start) from None
        text = body.decode(encoding.codec, "replace")
        data = {"count": text.count("\ufffd"), "encoding": encoding.codec}
        report.note(Finding("tables.characters_lost", "irrecoverable", data))
    return encoding, text


def _unwrapped(text: str, report: ReadReport) -> str:
    """The JSON without `var x =` or `callback(` before it and `;` or `)` after it."""
    text = text.lstrip("\ufeff \t\r\n\0").rstrip("\0 \t\r\n")
    wrapper = json_wrapper(text[:300])
    if wrapper:
        report.note(Finding("tables.wrapper", "repaired", {"text": wrapper.strip()}))
        text = re.sub(r"\)?\s*;?\s*$", "", text[len(wrapper) :])
    return text


def _load(text: str, path: Path, options: ReadOptions, report: ReadReport) -> Any:
    """Parse, counting repeated keys, and parse again while the result is a text of JSON."""
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            keys = [key for key, _ in items]
            repeated.extend({key for key in keys if keys.count(key) > 1})
        return made

    document: Any = text
    for time in range(_DECODED_TIMES):
        try:
            document = json.loads(document, object_pairs_hook=pairs)
        except json.JSONDecodeError as error:
            _refuse(error, path)
        except RecursionError:
            raise LimitError("tables.too_deep", file=path.name, limit=options.limits.nesting) from None
        if not (isinstance(document, str) and document.lstrip()[:1] in ("{", "[", '"')):
            break
        if time == 0:
            report.note(Finding("tables.encoded_twice", "repaired", {"path": "$"}))
    _check_depth(document, path, options.limits.nesting)
    if repeated:
        data = {"count": len(repeated), "examples": sorted(set(repeated))[:8]}
        report.note(Finding("tables.repeated_keys", "irrecoverable", data))
    return document


def _refuse(error: json.JSONDecodeError, path: Path) -> None:
    at_end = error.pos >= len(error.doc.rstrip()) - 1
    if at_end:
        raise InputError("tables.json_cut_off", file=path.name, line=error.lineno, column=error.colno) from None
    raise InputError(
        "tables.json_broken", file=path.name, line=error.lineno, column=error.colno, reason=error.msg
    ) from None


def _check_depth(document: Any, path: Path, limit: int) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > limit:
            raise LimitError("tables.too_deep", file=path.name, limit=limit)
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [value for values in inner for value in values if isinstance(value, dict | list)]


def _decoded(value: Any, path: tuple[str, ...], report: ReadReport) -> Any:
    """A text that is itself a JSON object or list (as data.sh.gov.cn answers), parsed."""
    if isinstance(value, str) and value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return value
        report.note(Finding("tables.encoded_twice", "repaired", {"path": ".".join(path)}))
        return inner
    return value


def _chosen(document: Any, path: Path, options: ReadOptions, report: ReadReport) -> RecordSet:
    wanted = options.path or options.layer
    if wanted not in (None, "", "$"):
        node = _walk(document, str(wanted), path, report)
        found = _as_records(node, tuple(str(wanted).split(".")))
        if found is None:
            raise InputError("tables.no_records", file=path.name, path=wanted)
        report.layer = found.name
        return found
    found_sets = list(_search(document, (), report, 0))
    if not found_sets:
        return _single(document, path)
    best = max(found_sets, key=lambda found: (found.count, -len(found.path)))
    others = [found for found in found_sets if found is not best and not _inside(found.path, best.path)]
    report.layer = best.name
    report.other_layers = tuple(found.name for found in others)[:100]
    if others:
        names = [f"{found.name} ({found.count:,})" for found in others][:20]
        data = {"chosen": best.name, "count": best.count, "others": names}
        report.note(Finding("tables.several_record_sets", "attention", data))
    return best


def _inside(path: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return path[: len(outer)] == outer


def _single(document: Any, path: Path) -> RecordSet:
    if isinstance(document, dict) and document:
        return RecordSet((), "single", document, 1)
    if document is None or document in ({}, []):
        raise InputError("tables.no_records", file=path.name, path="$")
    return RecordSet((), "scalars", document if isinstance(document, list) else [document], 1)


def _walk(document: Any, dotted: str, path: Path, report: ReadReport) -> Any:
    node, rest = document, dotted
    gone: tuple[str, ...] = ()
    while rest:
        node = _decoded(node, gone, report)
        key = rest if isinstance(node, dict) and rest in node else rest.partition(".")[0]
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            known = list(node)[:20] if isinstance(node, dict) else []
            raise InputError("tables.no_such_path", file=path.name, path=dotted, at=key, known=known)
        gone = (*gone, key)
        rest = rest[len(key) :].lstrip(".")
    return _decoded(node, gone, report)


def _search(node: Any, path: tuple[str, ...], report: ReadReport, depth: int) -> Iterator[RecordSet]:
    """Every set of records down to four levels."""
    node = _decoded(node, path, report)
    found = _as_records(node, path) if isinstance(node, list) or _is_keyed(node) else None
    if found is not None:
        yield found
    if isinstance(node, dict) and depth < _SEARCHED_DEPTH and (found is None or found.shape != "keyed"):
        for key, value in node.items():
            if isinstance(value, dict | list | str):
                yield from _search(value, (*path, key), report, depth + 1)


def _is_keyed(node: Any) -> bool:
    """An object of like objects, such as `{"0101": {...}, "0102": {...}}`: its keys are data, not names."""
    if not isinstance(node, dict) or len(node) < 2 or not all(isinstance(value, dict) for value in node.values()):
        return False
    keys = [frozenset(value) for value in list(node.values())[:500]]
    every = frozenset().union(*keys)
    alike = sum(len(some) for some in keys) / (len(keys) * max(1, len(every)))
    return bool(every) and alike >= (0.5 if len(node) > 3 else 0.9)


def _as_records(node: Any, path: tuple[str, ...]) -> RecordSet | None:
    if isinstance(node, dict):
        if _is_keyed(node):
            return RecordSet(path, "keyed", node, len(node))
        return RecordSet(path, "single", node, 1) if node else None
    if not isinstance(node, list) or not node:
        return None
    some = [item for item in node if item not in (None, [], {})]
    if some and all(isinstance(item, dict) for item in some):
        return RecordSet(path, "objects", node, len(node))
    if some and all(isinstance(item, list) for item in some):
        grouped = all(isinstance(cell, list) for item in some[:200] for cell in item)
        if grouped:
            return RecordSet(path, "grouped", node, sum(len(item) for item in some))
        return RecordSet(path, "lists", node, len(node))
    return RecordSet(path, "scalars", node, len(node))


def _rows(chosen: RecordSet) -> Iterator[dict[str, Any]]:
    if chosen.shape == "single":
        yield chosen.value
    elif chosen.shape == "objects":
        for item in chosen.value:
            yield item or {}
    elif chosen.shape == "keyed":
        for key, item in chosen.value.items():
            name = "key" if "key" not in item else "key_of_object"
            yield {name: key, **item}
    elif chosen.shape == "lists":
        for item in chosen.value:
            yield _numbered(item or [])
    elif chosen.shape == "grouped":
        for index, group in enumerate(chosen.value):
            for item in group or []:
                yield {"group": index, **_numbered(item)}
    else:
        for value in chosen.value:
            yield {"value": value}


def _numbered(cells: Any) -> dict[str, Any]:
    return {f"column_{position}": cell for position, cell in enumerate(cells, 1)}


def _table(records: Records, options: ReadOptions, report: ReadReport) -> pa.Table:
    columns = records.columns()
    if records.nested:
        report.note(Finding("tables.lists_as_text", "note", {"columns": sorted(records.nested)[:50]}))
    names = name_columns(list(columns), len(columns))
    return finish(RawTable(names, list(columns.values()), 1), options, report)


def parse_json_lines(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read one JSON value a line. A line that is no JSON stays as text in the column `unreadable_line`.

    Raises:
        LimitError: a line longer than the limit.
    """
    with path.open("rb") as file:
        encoding = detect_encoding(file.read(_PIECE), options.encoding, whole=report.bytes <= _PIECE)
    note_encoding(report, encoding)
    records = Records(path.name, options.limits)
    bad: list[int] = []
    for number, line in enumerate(_lines(path, encoding, options.limits.line_bytes), 1):
        text = line.strip("\ufeff \t\r\n\0")
        if not text:
            report.rows.read += 1
            report.rows.blank += 1
            continue
        records.add(_line_record(text, number, bad))
    if bad:
        report.note(Finding("tables.bad_lines", "attention", {"count": len(bad), "rows": bad[:20]}))
    return _table(records, options, report)


def _line_record(text: str, number: int, bad: list[int]) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        bad.append(number)
        return {"unreadable_line": text}
    if isinstance(value, Mapping):
        return dict(value) or {"value": None}
    return _numbered(value) if isinstance(value, list) else {"value": value}


def _lines(path: Path, encoding: Encoding, limit: int) -> Iterator[str]:
    rest = ""
    with path.open("rb") as file:
        file.seek(encoding.mark_bytes)
        pieces = iter(lambda: file.read(_PIECE), b"")
        for text in text_lines(pieces, encoding.codec, "replace"):
            *lines, rest = (rest + text).split("\n")
            if len(rest) > limit:
                raise LimitError("tables.line_too_long", file=path.name, limit=limit)
            yield from lines
    if rest:
        yield rest
