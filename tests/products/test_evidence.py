"""The chips say the worst of what is known of the inputs; a datum nobody stated is unknown, never clear."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataferry.products.evidence import datum_evidence, source_evidence
from dataferry.products.inputs import Prepared
from dataferry.products.lineage import Lineage
from dataferry.products.manifest import Input
from dataferry.tables.geoparquet import geometry_field

NOTHING = Lineage((), (), (), "SELECT 1")
SPEC = {"publisher": "P", "source": "S", "licence": "MIT", "file": "a.csv"}


def prepared(
    report: dict[str, Any] | None = None, crs: str | None = "EPSG:4326", declared: str | None = None, **spec: Any
) -> Prepared:
    schema = pa.schema([geometry_field("geometry", crs)])
    described = Input.model_construct(**{**SPEC, "crs": declared, **spec})
    return Prepared("a", described, Path("a"), schema, 1, 1, "sha256:0", "a.csv", report or {"state": "clear"})


def found(code: str, severity: str) -> dict[str, Any]:
    return {"state": "attention", "findings": [{"code": code, "severity": severity, "data": {}}]}


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (prepared(), "clear"),
        (prepared(publisher=None), "unknown"),
        (prepared(source=""), "unknown"),
        (prepared({"state": "attention"}), "attention"),
        (prepared({"state": "blocked"}, publisher=None), "attention"),
    ],
)
def test_a_source_is_clear_when_it_is_named_and_was_read_without_loss(item: Prepared, state: str) -> None:
    assert source_evidence([item]) == state
    assert source_evidence([prepared(), item]) == state


@pytest.mark.parametrize(
    ("item", "state", "codes"),
    [
        (prepared(), "clear", ["products.datum_stated"]),
        (prepared(crs="DATAFERRY:GCJ02"), "clear", ["products.datum_stated"]),
        (prepared(crs=None), "unknown", ["products.datum_unknown"]),
        (
            prepared(found("tables.points_crs_unknown", "attention")),
            "attention",
            ["products.datum_stated", "tables.points_crs_unknown"],
        ),
        (prepared(found("tables.points_crs_unknown", "note")), "clear", ["products.datum_stated"]),
        (prepared(found("tables.formulas", "attention")), "clear", ["products.datum_stated"]),
    ],
)
def test_a_datum_is_clear_when_it_is_stated_and_nothing_doubts_it(item: Prepared, state: str, codes: list[str]) -> None:
    said, findings = datum_evidence([item], NOTHING)
    assert (said, [finding.code for finding in findings]) == (state, codes)


def test_a_declared_datum_and_each_conversion_are_told() -> None:
    item = prepared(declared="EPSG:4326")
    step = {"function": "to_wgs84", "input": "a", "column": "geometry", "from": "DATAFERRY:GCJ02", "to": "EPSG:4326"}
    for origin, state in (("DATAFERRY:GCJ02", "clear"), ("?", "unknown")):
        lineage = Lineage((), ({**step, "from": origin},), (), "")
        said, findings = datum_evidence([item], lineage)
        assert said == state
        assert [finding.code for finding in findings] == ["products.datum_declared", "products.datum_converted"]
        assert all(origin in finding.text() for finding in findings[1:])
