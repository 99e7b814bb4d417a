"""release.json from a product made: every part of the evidence in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dataferry.messages import Finding, State, worst_state
from dataferry.products.conform import decimals
from dataferry.products.figures import fill_summary
from dataferry.products.maker import Made
from dataferry.products.quality import quality_state
from dataferry.products.release_document import FORMAT
from dataferry.products.report import output_column
from dataferry.tables import profile


def assemble(made: Made, bbox: list[float] | None, notes: Iterable[Finding]) -> dict[str, Any]:
    """Everything of release.json but its files.

    Args:
        bbox: west, south, east, north in WGS84.
        notes: findings about the build, beside those of quality, licence and datum.
    """
    manifest = made.product.manifest
    datum_state, datum_findings = made.datum
    quality = _quality(made)
    return {
        "format": FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "digest": made.digest,
        "built_for": manifest.build.instant.isoformat().replace("+00:00", "Z"),
        "title": manifest.title.to_json(),
        "description": manifest.description.to_json(),
        "summary": fill_summary(manifest, made.figures),
        "figures": dict(made.figures),
        "cities": list(manifest.cities),
        "licence": manifest.licence,
        "synthetic": made.synthetic,
        "output": _output(made, bbox),
        "map": None if manifest.map is None else manifest.map.model_dump(),
        "chart": None if manifest.chart is None else manifest.chart.model_dump(),
        "merge": manifest.merge.model_dump(),
        "inputs": [item.to_json() for item in made.inputs],
        "lineage": made.lineage.to_json(),
        "profile": profile(made.table).to_json(),
        "quality": {"state": quality, "results": [outcome.to_json() for outcome in made.outcomes]},
        "licence_verdict": made.verdict.to_json(),
        "privacy": made.privacy.to_json(),
        "border": {"state": "unknown"},
        "datum": {"state": datum_state, "findings": [finding.to_json() for finding in datum_findings]},
        "evidence": _evidence(made, quality),
        "findings": [finding.to_json() for finding in _findings(made, notes)],
        "run": dict(made.run),
    }


def _quality(made: Made) -> State:
    noted = any(note.severity == "attention" for note in made.notes)
    return worst_state([quality_state(made.outcomes), *(("attention",) if noted else ())])


def _output(made: Made, bbox: list[float] | None) -> dict[str, Any]:
    output = made.product.manifest.output
    return {
        "rows": made.table.num_rows,
        "key": list(output.key),
        "crs": made.crs,
        "geometry": output.geometry,
        "bbox": bbox,
        "columns": [output_column(column, decimals(column, made.crs)) for column in output.columns],
    }


def _evidence(made: Made, quality: str) -> Mapping[str, str]:
    return {
        "source": made.source,
        "datum": made.datum[0],
        "quality": quality,
        "privacy": made.privacy.state,
        "licence": made.verdict.state,
        "border": "unknown",
    }


def _findings(made: Made, notes: Iterable[Finding]) -> list[Finding]:
    """What a person should know, gravest first; what merely holds is told with the quality results."""
    judged = (outcome.finding for outcome in made.outcomes)
    found = [*made.verdict.findings, *judged, *made.datum[1], *made.privacy.findings(), *notes]
    kept = [finding for finding in found if finding.code != "products.quality_holds"]
    order = ("blocked", "irrecoverable", "attention", "repaired", "note")
    return sorted(kept, key=lambda finding: order.index(finding.severity))
