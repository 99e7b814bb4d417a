"""The read report: what was detected and why, what was repaired, what is lost, and row counts that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pyarrow as pa

from dataferry.messages import Finding, State

Basis = Literal["declared", "stated", "measured", "inferred"]
"""`declared` by the caller, `stated` in the file, `measured` from the content, `inferred` from weaker signs."""


@dataclass(frozen=True)
class Detected:
    """A value found out, with the basis and the evidence a person can check."""

    value: str
    basis: Basis
    evidence: str


@dataclass
class RowLedger:
    """Where every row of the file went. `read` equals the sum of the others, always."""

    read: int = 0
    kept: int = 0
    preamble: int = 0
    header: int = 0
    repeated_header: int = 0
    blank: int = 0
    totals: int = 0
    footer: int = 0

    def adds_up(self) -> bool:
        parts = asdict(self)
        return bool(parts.pop("read") == sum(parts.values()))


@dataclass
class ColumnReport:
    """How one column of the file became a column of the table (and perhaps a flag column beside it)."""

    name: str
    source_name: str
    type: str
    flag_column: str | None = None
    missing: int = 0
    flagged: int = 0
    censored: int = 0
    unreadable: int = 0
    formats: Mapping[str, int] = field(default_factory=dict)


@dataclass
class ReadReport:
    """Evidence about one reading. Plain data; `to_json` is what travels with a snapshot or a release."""

    file: str
    sha256: str
    bytes: int
    format: Detected | None = None
    encoding: Detected | None = None
    crs: Detected | None = None
    layer: str | None = None
    other_layers: tuple[str, ...] = ()
    rows: RowLedger = field(default_factory=RowLedger)
    columns: list[ColumnReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, finding: Finding) -> None:
        self.findings.append(finding)

    def state(self) -> State:
        severities = {finding.severity for finding in self.findings}
        if "blocked" in severities:
            return "blocked"
        return "attention" if severities & {"attention", "irrecoverable"} else "clear"

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        value["findings"] = [finding.to_json() for finding in self.findings]
        value["state"] = self.state()
        return value


@dataclass(frozen=True)
class Reading:
    """A file read: the table, and the report beside it.

    A geometry column is a WKB `binary` field with the `geoarrow.wkb` extension metadata, its CRS in it as PROJJSON;
    `dataferry.tables.geometry_field` makes such a field and `geometry_columns` reads it.
    """

    table: pa.Table
    report: ReadReport
