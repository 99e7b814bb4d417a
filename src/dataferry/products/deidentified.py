"""The recipe's answer made less personal as product.yaml says, and judged before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dataferry.messages import Finding, State
from dataferry.privacy import AggregateCellHour, PrivacyReport, Step, Suppress, columns_of, deidentify_each, judge
from dataferry.products.lineage import Lineage
from dataferry.products.manifest import Manifest

_NO_FIGURES = ("examples", "example")


@dataclass(frozen=True)
class PrivacyEvidence:
    """What a product says of its privacy.

    Args:
        report: the judgement of the table that the release holds.
        before: the judgement of the recipe's answer, where steps followed.
        steps: each step with what it did.
    """

    report: PrivacyReport
    before: PrivacyReport | None = None
    steps: tuple[tuple[Step, tuple[Finding, ...]], ...] = ()

    @property
    def state(self) -> State:
        return self.report.state

    def findings(self) -> list[Finding]:
        """What a person should know: everything of the report but mere notes, and what steps ask attention for."""
        found = [*self.report.findings, *(finding for _, said in self.steps for finding in said)]
        return [finding for finding in found if finding.severity not in ("note", "repaired")]

    def to_json(self) -> dict[str, Any]:
        """`privacy` of release.json. Of the table before the steps only figures: no example, not even a masked one."""
        steps = [
            {"step": step.model_dump(exclude_none=True), "findings": [finding.to_json() for finding in said]}
            for step, said in self.steps
        ]
        return {
            "state": self.state,
            "privacy_class": str(self.report.privacy_class),
            "report": self.report.to_json(),
            "before": None if self.before is None else _figures(self.before.to_json()),
            "steps": steps,
        }


def make_less_personal(
    answer: pa.Table, steps: Sequence[Step], crs: str | None
) -> tuple[pa.Table, PrivacyReport | None, tuple[tuple[Step, tuple[Finding, ...]], ...]]:
    """The recipe's answer after its steps, the judgement before them (None without any), and what each step did.

    Raises:
        InputError: a step does not fit the answer.
    """
    if not steps:
        return answer, None, ()
    before = judge(answer, crs=crs)
    table, said = deidentify_each(answer, steps, crs=crs)
    return table, before, tuple(zip(steps, said, strict=True))


def _figures(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _figures(item) for key, item in value.items() if key not in _NO_FIGURES}
    return [_figures(item) for item in value] if isinstance(value, list) else value


def recipe_columns(manifest: Manifest) -> list[str]:
    """The columns of the recipe's answer that the declared columns come from; without steps, the declared ones."""
    return list(dict.fromkeys(name for names, _ in _sources(manifest).values() for name in names))


def through_steps(lineage: Lineage, manifest: Manifest) -> Lineage:
    """The lineage of the declared columns, from the lineage of `recipe_columns`."""
    if not manifest.deidentify:
        return lineage
    traced = {column["column"]: column for column in lineage.columns}
    columns = []
    for name, (sources, through) in _sources(manifest).items():
        found = [traced[source] for source in sources if source in traced]
        origins = {(origin["input"], origin["column"]) for column in found for origin in column["from"]}
        passed = [*through, *(function for column in found for function in column["through"])]
        told = [{"input": table, "column": column} for table, column in sorted(origins)]
        columns.append({"column": name, "from": told, "through": list(dict.fromkeys(passed))})
    return replace(lineage, columns=tuple(columns))


def _sources(manifest: Manifest) -> dict[str, tuple[list[str], list[str]]]:
    """For each declared column: the columns of the recipe's answer behind it, and the steps they passed, last first."""
    known: dict[str, tuple[list[str], list[str]]] | None = None
    for step in manifest.deidentify:
        if isinstance(step, AggregateCellHour):
            known = {name: _of(known, columns, step.step) for name, columns in _aggregated(step).items()}
        elif not isinstance(step, Suppress) or step.what == "cells":
            changed = columns_of(step)[: len(step.column)] if not isinstance(step, Suppress) else step.columns or []
            known = {**(known or {}), **{name: _of(known, [name], step.step) for name in changed}}
    return {name: (known or {}).get(name, ([name], [])) for name in manifest.output.names()}


def _of(
    known: dict[str, tuple[list[str], list[str]]] | None, columns: Sequence[str], step: str
) -> tuple[list[str], list[str]]:
    behind = [(known or {}).get(name, ([name], [])) for name in columns]
    sources = list(dict.fromkeys(name for names, _ in behind for name in names))
    return sources, list(dict.fromkeys([step, *(each for _, passed in behind for each in passed)]))


def _aggregated(step: AggregateCellHour) -> dict[str, list[str]]:
    """The columns of an aggregate, and the columns each is made of."""
    measured = {
        name: [step.subject]
        if each.count == "subjects"
        else [column]
        if (column := each.sum or each.mean)
        else [step.subject]
        for name, each in step.measures.items()
    }
    made = {"cell": step.place, step.period: [step.time], **{name: [name] for name in step.by}, **measured}
    return made if step.geometry == "none" else {**made, "geometry": step.place}
