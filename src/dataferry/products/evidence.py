"""The chips of the evidence strip that a build can judge by its inputs: source and datum."""

from __future__ import annotations

from collections.abc import Sequence

from dataferry.messages import Finding, State, worst_state
from dataferry.products.inputs import Prepared
from dataferry.products.lineage import Lineage

CHIPS = ("source", "datum", "quality", "privacy", "licence", "border")


def source_evidence(inputs: Sequence[Prepared]) -> State:
    """Clear when every input says who published it and where it comes from, and was read without loss."""
    return worst_state(_source(item) for item in inputs)


def _source(item: Prepared) -> State:
    if item.upstream is not None:
        return "clear"
    named: State = "clear" if item.spec.publisher and item.spec.source else "unknown"
    read: State = "attention" if item.read_report.get("state") in ("attention", "blocked") else "clear"
    return worst_state([named, read])


def datum_evidence(inputs: Sequence[Prepared], lineage: Lineage) -> tuple[State, tuple[Finding, ...]]:
    """Clear when the datum of every geometry is declared or stated, and each conversion on the way is recorded."""
    findings: list[Finding] = []
    states: list[State] = ["clear"]
    for item in inputs:
        if item.upstream is not None:
            states.append(item.upstream.datum)
            continue
        for column, crs in item.geometry_crs.items():
            data = {"input": item.name, "column": column, "crs": crs or "?"}
            if crs is None:
                states.append("unknown")
                findings.append(Finding("products.datum_unknown", "attention", data))
            elif item.spec.crs is None:
                findings.append(Finding("products.datum_stated", "note", data))
            else:
                findings.append(Finding("products.datum_declared", "note", data))
        states += ["attention" for finding in _reading_doubts(item)]
        findings += _reading_doubts(item)
    for conversion in lineage.conversions:
        findings.append(Finding("products.datum_converted", "note", dict(conversion)))
        if "?" in str(conversion["from"]):
            states.append("unknown")
    return worst_state(states), tuple(findings)


_DATUM_WORDS = ("crs", "datum", "coordinate", "axes", "axis", "geometr")


def _reading_doubts(item: Prepared) -> list[Finding]:
    """What the read report says about coordinates that a person should look at."""
    doubts = []
    for value in item.read_report.get("findings", ()):
        grave = value["severity"] in ("attention", "irrecoverable", "blocked")
        if grave and any(word in value["code"] for word in _DATUM_WORDS):
            doubts.append(Finding.from_json(value))
    return doubts
