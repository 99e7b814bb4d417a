"""Two releases of a product side by side: columns, figures, inputs, evidence, and the rows that differ by their key."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache

from dataferry.messages import DataferryError, InputError, UnavailableError
from dataferry.server.workshop.models import Release

logger = logging.getLogger(__name__)

MOST_ROWS = 5_000_000
MEMORY_BYTES = 512 * 1024 * 1024
EXAMPLES = 10
LONGEST_CELL = 200
KEPT_SECONDS = 24 * 3600
WAIT_SECONDS = 20.0
_turn = threading.BoundedSemaphore(1)
DECLARED = ("type", "unit", "precision", "nullable")
MEASURES = ("nulls", "distinct", "min", "max", "mean")
PARTS = ("source", "datum", "quality", "privacy", "licence", "border")


@dataclass(frozen=True)
class Change:
    """One thing that differs. `of` is a column, figure, input or part of the evidence; `what` says which side of it."""

    of: str
    what: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class RowChanges:
    """Rows told apart by the key: how many came, went, or changed, and the first of each in the order of the key.

    `columns` counts, for each column that both have, the rows in which it changed. `reason` is a message code where
    rows could not be compared; the counts are None then.
    """

    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What changed from one release to another."""

    before: Release
    after: Release
    rows: tuple[int, int]
    columns: Sequence[Change]
    figures: Sequence[Change]
    measures: Sequence[Change]
    inputs: Sequence[Change]
    evidence: Sequence[Change]
    row_changes: RowChanges

    @property
    def same(self) -> bool:
        """Whether the content is the same: equal digests."""
        return self.before.digest == self.after.digest

    def to_json(self) -> dict[str, Any]:
        sides = {
            name: {"version": release.version, "digest": release.digest, "rows": rows}
            for name, release, rows in zip(("before", "after"), (self.before, self.after), self.rows, strict=True)
        }
        lists = ("columns", "figures", "measures", "inputs", "evidence")
        changes = {name: [vars(each) for each in getattr(self, name)] for name in lists}
        return {"same": self.same, **sides, **changes, "row_changes": vars(self.row_changes)}


def compare_releases(before: Release, after: Release) -> Comparison:
    """Compare two releases of one product that the caller may see; in bounded memory.

    Raises:
        InputError: `server.workshop.other_product`, they are of different products.
        UnavailableError: `server.workshop.busy_comparing`, others are being compared in this process.
    """
    if before.product_id != after.product_id:
        raise InputError("server.workshop.other_product")
    old, new = before.document, after.document
    return Comparison(
        before=before,
        after=after,
        rows=(old["output"]["rows"], new["output"]["rows"]),
        columns=_columns(old, new),
        figures=_figures(old, new),
        measures=_measures(old, new),
        inputs=_inputs(old, new),
        evidence=_evidence(old, new),
        row_changes=_row_changes(before, after),
    )


def _named(items: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(item["name"]): item for item in items}


def _columns(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before, after = _named(old["output"]["columns"]), _named(new["output"]["columns"])
    found = [Change(name, "removed", before[name]["type"]) for name in before if name not in after]
    found += [Change(name, "added", None, after[name]["type"]) for name in after if name not in before]
    for name in (name for name in after if name in before):
        one, other = before[name], after[name]
        found += [Change(name, key, one.get(key), other.get(key)) for key in DECLARED if one.get(key) != other.get(key)]
        texts = [key for key in ("title", "description") if one.get(key) != other.get(key)]
        found += [Change(name, key, one.get(key), other.get(key)) for key in texts]
    for key in ("key", "crs"):
        if old["output"][key] != new["output"][key]:
            found.append(Change("", key, old["output"][key], new["output"][key]))
    return found


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Figures of the summary that came, went, or have another value."""
    before, after = old.get("figures") or {}, new.get("figures") or {}
    found = []
    for name in dict.fromkeys((*before, *after)):
        one, other = (side[name].get("value") if name in side else None for side in (before, after))
        what = "removed" if name not in after else "added" if name not in before else "value"
        if what != "value" or one != other:
            found.append(Change(name, what, one, other))
    return found


def _measures(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What the profiles count and measure of columns that both have."""
    before, after = (_named((side.get("profile") or {}).get("columns") or []) for side in (old, new))
    return [
        Change(name, measure, before[name].get(measure), after[name].get(measure))
        for name in after
        if name in before
        for measure in MEASURES
        if before[name].get(measure) != after[name].get(measure)
    ]


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before, after = _named(old["inputs"]), _named(new["inputs"])
    found = [Change(name, "removed", before[name]["snapshot"]) for name in before if name not in after]
    for name, other in after.items():
        one = before.get(name)
        if one is None:
            found.append(Change(name, "added", None, other["snapshot"]))
            continue
        keys = ("snapshot", "rows", "licence", "crs")
        found += [Change(name, key, one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)]
    return found


def _evidence(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before, after = old["evidence"], new["evidence"]
    return [Change(part, "state", before[part], after[part]) for part in PARTS if before[part] != after[part]]


def _row_changes(before: Release, after: Release) -> RowChanges:
    """Kept for a day: releases never change, so neither does what lies between them."""
    if before.digest == after.digest:
        return RowChanges(0, 0, 0)
    place = f"workshop.row_changes.{before.folder}.{after.folder}"
    kept: RowChanges | None = cache.get(place)
    if kept is None:
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise UnavailableError("server.workshop.busy_comparing", retry=True)
        try:
            kept = _compared(before, after)
        finally:
            _turn.release()
        cache.set(place, kept, KEPT_SECONDS)
    return kept


def _compared(before: Release, after: Release) -> RowChanges:
    old, new = before.document["output"], after.document["output"]
    paths = [Path(settings.HOME) / release.folder / "data.parquet" for release in (before, after)]
    types = [{column["name"]: column["type"] for column in side["columns"]} for side in (old, new)]
    key = list(old["key"])
    if key != list(new["key"]) or any(types[0].get(name) != types[1].get(name) for name in key):
        return RowChanges(reason="server.workshop.compare_other_key")
    if old["rows"] + new["rows"] > MOST_ROWS or not all(path.is_file() for path in paths):
        return RowChanges(reason="server.workshop.compare_too_large")
    both = [name for name in types[1] if types[0].get(name) == types[1][name] and name not in key]
    try:
        return _Rows(key, both, types[1], old["crs"] == new["crs"]).compared(paths[0], paths[1])
    except DataferryError:
        logger.warning("rows of %s and %s were not compared", before, after, exc_info=True)
        return RowChanges(reason="server.workshop.compare_too_large")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Rows:
    """The question for the engine: a full join by the key, counted there; only the first examples come out."""

    def __init__(self, key: Sequence[str], columns: Sequence[str], types: Mapping[str, str], same_crs: bool) -> None:
        self.key, self.types = key, types
        self.columns = [name for name in columns if types[name] != "geometry" or same_crs]
        self.on = " AND ".join(f"a.{_quoted(name)} = b.{_quoted(name)}" for name in key)
        self.differs = {
            name: f"({self._value('a', name)} IS DISTINCT FROM {self._value('b', name)})" for name in columns
        }
        self.differs = {name: self.differs[name] for name in self.columns}
        first = _quoted(key[0])
        self.added, self.removed = f"a.{first} IS NULL", f"b.{first} IS NULL"
        self.kept = f"a.{first} IS NOT NULL AND b.{first} IS NOT NULL"
        self.changed = f"{self.kept} AND ({' OR '.join(self.differs.values()) or 'FALSE'})"

    def _value(self, side: str, name: str) -> str:
        plain = f"{side}.{_quoted(name)}"
        return f"ST_AsBinary({plain})" if self.types[name] == "geometry" else plain

    def compared(self, before: Path, after: Path) -> RowChanges:
        from dataferry.tables.engine import EngineOptions, open_session

        with tempfile.TemporaryDirectory(prefix="compare-") as spill:
            options = EngineOptions(MEMORY_BYTES, Path(spill), 4 * MEMORY_BYTES, threads=1, functions=frozenset())
            session = open_session({"before": before, "after": after}, options)
            counts = session.run(self._counting()).to_pylist()[0]
            changed = {name: counts[f"c{at}"] for at, name in enumerate(self.columns) if counts[f"c{at}"]}
            examples = {what: self._examples(session, what) for what in ("added", "removed", "changed") if counts[what]}
        return RowChanges(counts["added"], counts["removed"], counts["changed"], changed, examples)

    def _counting(self) -> str:
        wanted = [("added", self.added), ("removed", self.removed), ("changed", self.changed)]
        wanted += [(f"c{at}", f"{self.kept} AND {self.differs[name]}") for at, name in enumerate(self.columns)]
        counts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in wanted)
        return f"SELECT {counts} FROM before a FULL OUTER JOIN after b ON {self.on}"

    def _examples(self, session: Any, what: str) -> list[dict[str, Any]]:
        """The first rows of a kind: their key, and for changed ones what was and is in the columns that differ."""
        side = "a" if what == "removed" else "b"
        condition = {"added": self.added, "removed": self.removed, "changed": self.changed}[what]
        picks = [f"{side}.{_quoted(name)} AS k{at}" for at, name in enumerate(self.key)]
        if what == "changed":
            for at, name in enumerate(self.columns):
                picks += [f"{self._shown(each, name)} AS {each}{at}" for each in ("a", "b")]
                picks.append(f"{self.differs[name]} AS d{at}")
        order = ", ".join(f"k{at}" for at in range(len(self.key)))
        sql = f"SELECT {', '.join(picks)} FROM before a FULL OUTER JOIN after b ON {self.on} WHERE {condition}"
        rows = session.run(f"{sql} ORDER BY {order} LIMIT {EXAMPLES}").to_pylist()
        return [self._example(row, what) for row in rows]

    def _shown(self, side: str, name: str) -> str:
        plain = f"{side}.{_quoted(name)}"
        return f"ST_AsText({plain})" if self.types[name] == "geometry" else plain

    def _example(self, row: Mapping[str, Any], what: str) -> dict[str, Any]:
        found: dict[str, Any] = {"key": {name: _cell(row[f"k{at}"]) for at, name in enumerate(self.key)}}
        if what == "changed":
            found["changes"] = {
                name: [_cell(row[f"a{at}"]), _cell(row[f"b{at}"])]
                for at, name in enumerate(self.columns)
                if row[f"d{at}"]
            }
        return found


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"
