"""A comparison of two releases in the form of the API."""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema


class SideOut(Schema):
    version: str = Field(description="Version of the release.")
    digest: str = Field(description="Its digest.")
    rows: int = Field(description="How many rows it has.")


class ChangeOut(Schema):
    of: str = Field(description="The column, figure, input or part of the evidence; empty for the output as a whole.")
    what: str = Field(description="`added`, `removed`, or which side of it differs.")
    before: Any = Field(None, description="What it was.")
    after: Any = Field(None, description="What it is.")


class RowChangesOut(Schema):
    added: int | None = Field(description="Rows whose key came; null where rows were not compared.")
    removed: int | None = Field(description="Rows whose key went.")
    changed: int | None = Field(description="Rows of the same key with another value in any column that both have.")
    columns: dict[str, int] = Field(description="In how many rows each of these columns changed.")
    examples: dict[str, list[dict[str, Any]]] = Field(description="The first rows of each kind, in key order.")
    reason: str | None = Field(description="Code of why rows were not compared.")


class ComparisonOut(Schema):
    same: bool = Field(description="Whether both have the same content: equal digests.")
    before: SideOut = Field(description="The release that is compared from.")
    after: SideOut = Field(description="The release that is compared to.")
    columns: list[ChangeOut] = Field(description="Columns that came, went, or are declared otherwise.")
    figures: list[ChangeOut] = Field(description="Figures of the summary that differ.")
    measures: list[ChangeOut] = Field(description="Gaps, distinct values, ranges and means of columns that differ.")
    inputs: list[ChangeOut] = Field(description="Inputs that came, went, or are other snapshots.")
    evidence: list[ChangeOut] = Field(description="Parts of the evidence whose state differs.")
    row_changes: RowChangesOut = Field(description="Rows that differ, told apart by the key.")
