"""Remarks of single columns gathered into findings: one finding a subject, naming its columns, not one a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import Finding
from dataferry.tables.columns.patterns import DAMAGED, DESTROYED, MOJIBAKE
from dataferry.tables.columns.typed import TypedColumn
from dataferry.tables.report import ReadReport

_CHECKED_BYTES = 256 * 1024 * 1024


def _with(typed: Mapping[str, TypedColumn], key: str) -> dict[str, Any]:
    return {name: column.remarks[key] for name, column in typed.items() if key in column.remarks}


def _kept(typed: Mapping[str, TypedColumn], key: str, count: str) -> dict[str, Any] | None:
    """Columns, total and examples of one kind of kept cell."""
    counts = {name: getattr(column, count) for name, column in typed.items() if getattr(column, count)}
    if not counts:
        return None
    examples: dict[str, None] = {}
    for name in counts:
        examples |= dict.fromkeys(typed[name].remarks.get("kept", {}).get(key, ()))
    data = {"columns": list(counts)[:50], "count": sum(counts.values()), "examples": list(examples)[:8]}
    return data | {"by_column": dict(list(counts.items())[:50])}


def note_columns(report: ReadReport, typed: Mapping[str, TypedColumn], row_numbers: Sequence[int]) -> None:
    """Turn the remarks of all columns into findings."""
    _note_kept(report, typed)
    _note_numbers(report, typed)
    _note_moments(report, typed)
    formulas = _with(typed, "formula")
    if formulas:
        rows = [int(row_numbers[value["index"]]) for value in formulas.values() if value["index"] < len(row_numbers)]
        data = {"columns": list(formulas), "count": sum(value["count"] for value in formulas.values()), "rows": rows}
        data["examples"] = next(iter(formulas.values()))["examples"]
        report.note(Finding("tables.formulas", "attention", data))


def _note_kept(report: ReadReport, typed: Mapping[str, TypedColumn]) -> None:
    if data := _kept(typed, "flagged", "flagged"):
        report.note(Finding("tables.flags", "repaired", data))
    if data := _kept(typed, "censored", "censored"):
        report.note(Finding("tables.censored", "repaired", data))
    if data := _kept(typed, "missing", "missing"):
        report.note(Finding("tables.missing_marks", "repaired", data))
    if data := _kept(typed, "unreadable", "unreadable"):
        report.note(Finding("tables.unreadable_values", "attention", data))


def _note_numbers(report: ReadReport, typed: Mapping[str, TypedColumn]) -> None:
    if found := _with(typed, "code"):
        for reason in dict.fromkeys(found.values()):
            columns = [name for name, value in found.items() if value == reason]
            examples = [text for name in columns for text in typed[name].remarks["examples"]][:6]
            data = {"columns": columns, "reason": reason, "examples": examples}
            report.note(Finding("tables.codes_kept", "note", data))
    for name, count in _with(typed, "mixed").items():
        remarks = typed[name].remarks
        data = {"column": name, "count": count, "share": remarks["share"], "examples": remarks["examples"]}
        report.note(Finding("tables.mixed_column", "attention", data))
    if found := _with(typed, "thousands"):
        report.note(Finding("tables.thousands", "repaired", {"columns": list(found), "count": sum(found.values())}))
    if found := _with(typed, "full_width"):
        report.note(Finding("tables.full_width", "repaired", {"columns": list(found), "count": sum(found.values())}))
    if found := _with(typed, "percent"):
        report.note(Finding("tables.percent", "repaired", {"columns": list(found), "count": sum(found.values())}))


def _note_moments(report: ReadReport, typed: Mapping[str, TypedColumn]) -> None:
    for name, column in typed.items():
        remarks = column.remarks
        if len(column.formats) > 1:
            shown = [f"{label}: {count}" for label, count in column.formats.items()]
            data = {"column": name, "formats": shown, "counts": dict(column.formats)}
            report.note(Finding("tables.mixed_dates", "repaired", data))
        if remarks.get("date_order") == "unknown":
            report.note(Finding("tables.date_order_unknown", "attention", _at(name, remarks)))
        elif remarks.get("date_order") == "conflict":
            report.note(Finding("tables.date_order_conflict", "attention", _at(name, remarks)))
        if "order_proved" in remarks:
            report.note(Finding("tables.date_order_proved", "note", {"column": name, "order": remarks["order_proved"]}))
        if "hour_24" in remarks:
            report.note(Finding("tables.hour_24", "repaired", {"column": name, **remarks["hour_24"]}))
        if "past_midnight" in remarks:
            report.note(Finding("tables.past_midnight", "attention", {"column": name, **remarks["past_midnight"]}))
        if "short_year" in remarks:
            report.note(Finding("tables.short_years", "repaired", {"column": name, "count": remarks["short_year"]}))
        if "mixed_zones" in remarks:
            report.note(Finding("tables.mixed_zones", "attention", {"column": name, "count": remarks["mixed_zones"]}))


def _at(name: str, remarks: Mapping[str, Any]) -> dict[str, Any]:
    return {"column": name, "examples": remarks.get("examples", [])}


def note_damage(report: ReadReport, columns: Iterable[tuple[str, pa.ChunkedArray]]) -> None:
    """Text that an earlier program destroyed (`____`, `??`, U+FFFD) or read in the wrong encoding."""
    for name, column in columns:
        if not pa.types.is_string(column.type) or column.nbytes > _CHECKED_BYTES or column.null_count == len(column):
            continue
        words = pc.unique(column)
        if not pc.any(pc.match_substring_regex(words, f"{DAMAGED}|{MOJIBAKE}")).as_py():
            continue
        _note_destroyed(report, name, column, words)
        wrong = pc.sum(pc.match_substring_regex(column, f"(?:{MOJIBAKE}){{2}}")).as_py() or 0
        if wrong >= 3 and wrong > 0.05 * (len(column) - column.null_count):
            report.note(Finding("tables.mojibake", "attention", {"column": name, "count": wrong}))


def _note_destroyed(report: ReadReport, name: str, column: pa.ChunkedArray, words: pa.Array) -> None:
    wholly = pc.sum(pc.match_substring_regex(column, DESTROYED)).as_py() or 0
    touched = pc.sum(pc.match_substring_regex(column, DAMAGED)).as_py() or 0
    replaced = pc.sum(pc.match_substring(column, "\ufffd")).as_py() or 0
    kinds = pc.sum(pc.match_substring_regex(words, DESTROYED)).as_py() or 0
    if not replaced and not (wholly >= 3 and kinds >= 2):
        return
    hit = np.asarray(pc.fill_null(pc.match_substring_regex(words, DAMAGED), False))
    data = {"column": name, "count": touched, "wholly": wholly, "share": touched / len(column)}
    data["examples"] = words.filter(pa.array(hit)).slice(0, 6).to_pylist()
    report.note(Finding("tables.text_destroyed", "irrecoverable", data))


def note_suspect_minus_one(
    report: ReadReport, columns: Iterable[tuple[str, pa.ChunkedArray]], declared: Mapping[str, Any]
) -> None:
    """`-1` as the only negative of a count: probably 'unknown', but a number until somebody says so."""
    for name, column in columns:
        if not pa.types.is_integer(column.type) or name in declared or "*" in declared:
            continue
        bounds = pc.min_max(column)
        if bounds["min"].as_py() != -1 or (bounds["max"].as_py() or 0) <= 2:
            continue
        count = pc.sum(pc.equal(column, -1)).as_py()
        if count < 0.5 * len(column):
            report.note(Finding("tables.suspect_minus_one", "attention", {"column": name, "count": count}))
