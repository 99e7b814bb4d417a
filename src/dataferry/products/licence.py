"""Licence algebra: may a product of these inputs be traded under these terms? The blocking input is named.

The rules are data (`licences.toml`, dated, each with its source). The answer can only get stricter when an input is
added, and what is unknown never permits. A person decides; this says on what grounds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from dataferry.messages import Finding, State, worst_state

Permission = Literal["yes", "conditional", "no", "unknown"]
ACTS: tuple[str, ...] = ("reuse", "commercial", "derivatives")
"""What a listing needs of every input: pass it on, for money, in adapted form."""


@dataclass(frozen=True)
class Licence:
    """Terms, as far as they matter for a tradable product."""

    id: str
    title: Mapping[str, str]
    url: str
    reuse: Permission
    commercial: Permission
    derivatives: Permission
    share_alike: bool
    attribution: bool
    output: bool
    read: str
    source: str
    caution: Mapping[str, str] | None = None

    def permissions(self) -> dict[str, Permission]:
        return {"reuse": self.reuse, "commercial": self.commercial, "derivatives": self.derivatives}


@dataclass(frozen=True)
class InputTerms:
    """One input, as the algebra sees it. `name` may be a path such as `other/hk_stops` for an input of an input."""

    name: str
    licence: str
    attribution: str | None = None


@dataclass(frozen=True)
class LicenceVerdict:
    """The answer, with its grounds."""

    state: State
    listable: bool
    output: str
    attribution: tuple[str, ...]
    inputs: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...] = field(default_factory=tuple)

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "listable": self.listable,
            "output": self.output,
            "as_of": licences_as_of().isoformat(),
            "attribution": list(self.attribution),
            "inputs": [dict(item) for item in self.inputs],
            "findings": [finding.to_json() for finding in self.findings],
        }


@cache
def _table() -> tuple[date, Mapping[str, Licence]]:
    text = resources.files("dataferry.products").joinpath("licences.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return data["as_of"], {row["id"]: Licence(**row) for row in data["licence"]}


def licences_as_of() -> date:
    """The day on which the table was last checked."""
    return _table()[0]


def licence_ids() -> tuple[str, ...]:
    return tuple(_table()[1])


def terms_of(identifier: str) -> Licence:
    """The terms called `identifier`; terms that are not in the table are unknown terms."""
    table = _table()[1]
    return table.get(identifier, table["unknown"])


_SEVERITY_STATE: Mapping[str, State] = {"blocked": "blocked", "attention": "attention", "note": "clear"}


def judge_licences(inputs: Iterable[InputTerms], output: str) -> LicenceVerdict:
    """Judge whether a product of `inputs`, offered under `output`, may be listed.

    A listing is possible only in the state `clear`. ShareAlike, unknown or closed inputs stop a listing, never a build.
    """
    inputs = tuple(inputs)
    states: list[State] = []
    findings: list[Finding] = []
    for item in inputs:
        for state, finding in _judge_input(item, output):
            states.append(state)
            findings.append(finding)
    for state, finding in _judge_output(inputs, output):
        states.append(state)
        findings.append(finding)
    state = worst_state([*states, "clear"]) if inputs else "unknown"
    credit = tuple(dict.fromkeys(item.attribution for item in inputs if item.attribution))
    rows = tuple(_row(item) for item in inputs)
    return LicenceVerdict(state, state == "clear", output, credit, rows, tuple(findings))


def _row(item: InputTerms) -> dict[str, Any]:
    terms = terms_of(item.licence)
    return {
        "input": item.name,
        "licence": item.licence,
        "title": dict(terms.title),
        **terms.permissions(),
        "share_alike": terms.share_alike,
        "attribution": terms.attribution,
        "source": terms.source,
        "url": terms.url,
        "read": terms.read,
        "caution": None if terms.caution is None else dict(terms.caution),
    }


def _judge_input(item: InputTerms, output: str) -> Iterable[tuple[State, Finding]]:
    terms = terms_of(item.licence)
    data = {"input": item.name, "licence": item.licence, "output": output}
    permissions = terms.permissions()
    refused = [act for act in ACTS if permissions[act] == "no"]
    if item.licence == "none":
        yield "blocked", Finding("products.licence_none", "blocked", {**data, "acts": refused})
    elif refused:
        yield "blocked", Finding("products.licence_refused", "blocked", {**data, "acts": refused})
    if "unknown" in permissions.values():
        yield "unknown", Finding("products.licence_unknown", "attention", data)
    if "conditional" in permissions.values():
        yield "attention", Finding("products.licence_conditional", "attention", data)
    if terms.share_alike and output == item.licence:
        yield "blocked", Finding("products.licence_share_alike", "blocked", data)
    elif terms.share_alike:
        yield "blocked", Finding("products.licence_share_alike_other", "blocked", data)
    if terms.attribution and not item.attribution:
        yield "attention", Finding("products.licence_no_attribution", "attention", data)
    if terms.attribution and not terms_of(output).attribution and output not in ("none", "unknown"):
        yield "blocked", Finding("products.licence_drops_attribution", "blocked", data)
    if terms.caution is not None:
        yield "clear", Finding("products.licence_caution", "note", data)


def _judge_output(inputs: tuple[InputTerms, ...], output: str) -> Iterable[tuple[State, Finding]]:
    terms = terms_of(output)
    data = {"output": output}
    if not inputs:
        yield "unknown", Finding("products.licence_no_inputs", "attention", data)
    if terms.id == "unknown":
        yield "unknown", Finding("products.licence_output_unknown", "attention", data)
    elif not terms.output:
        yield "attention", Finding("products.licence_output_not_yours", "attention", data)
    if terms.share_alike and not any(item.licence == output for item in inputs):
        yield "blocked", Finding("products.licence_output_share_alike", "blocked", data)
