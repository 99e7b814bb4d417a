"""Signs that a source was cut off: a limit of an interface or a program shows as a round number of rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import Finding
from dataferry.tables.report import ReadReport

_PROGRAM_LIMITS = {65_535, 65_536, 1_048_575, 1_048_576}
_ROUND = {m * 10**e for m in (1, 2, 5) for e in range(3, 9)} - {2_000_000, 5_000_000}
_MOST_GROUPS = 300
_LEAST_GROUPS = 3
_LEAST_CAP = 100
_SAMPLED = 20_000


def note_round_total(report: ReadReport, rows: int) -> None:
    """Exactly 1,000, 5,000, 65,535 ... rows."""
    if rows in _PROGRAM_LIMITS or rows in _ROUND:
        report.note(Finding("tables.round_row_count", "attention", {"count": rows}))


def note_capped_groups(report: ReadReport, columns: Iterable[tuple[str, pa.ChunkedArray]]) -> None:
    """Several groups of one column with exactly the same round number of rows, which no group passes.

    Groups that are all equal are a balanced table, not a cut one.
    """
    for name, column in columns:
        if not pa.types.is_string(column.type) or len(column) < _LEAST_CAP * _LEAST_GROUPS:
            continue
        if len(pc.unique(column.slice(0, _SAMPLED))) > _MOST_GROUPS:
            continue
        counted = pc.value_counts(column.drop_null())
        counts = sorted((n.as_py() for n in counted.field("counts")), reverse=True)
        if len(counts) > _MOST_GROUPS or len(counts) <= _LEAST_GROUPS:
            continue
        cap, capped = counts[0], counts.count(counts[0])
        if capped < _LEAST_GROUPS or capped == len(counts) or cap < _LEAST_CAP or cap % 50:
            continue
        full = [item["values"].as_py() for item in counted if item["counts"].as_py() == cap]
        data = {"column": name, "count": cap, "groups": capped, "of": len(counts), "examples": full[:10]}
        report.note(Finding("tables.capped_groups", "attention", data))
