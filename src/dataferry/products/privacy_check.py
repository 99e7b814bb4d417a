"""The privacy of a file, a product or a release, judged on request: nothing is written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dataferry.messages import Finding
from dataferry.privacy import PrivacyReport, Step, judge, suggest_steps
from dataferry.products.deidentified import PrivacyEvidence
from dataferry.products.load import MANIFEST
from dataferry.products.maker import BuildOptions, make
from dataferry.products.release import Release
from dataferry.products.release_document import RELEASE
from dataferry.tables import ReadOptions, read, read_geoparquet

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class PrivacyCheck:
    """What was judged, and what it says.

    Args:
        kind: what `place` is.
        read: findings of the reading of a file.
        suggested: steps that would make the table less personal.
    """

    place: str
    kind: Literal["file", "product", "release"]
    evidence: PrivacyEvidence
    read: tuple[Finding, ...] = ()
    suggested: Sequence[Step] = ()

    @property
    def report(self) -> PrivacyReport:
        return self.evidence.report

    @property
    def blocked(self) -> bool:
        return self.evidence.state == "blocked"

    def to_json(self) -> dict[str, Any]:
        said = [*self.report.findings, *(finding for _, found in self.evidence.steps for finding in found)]
        return {
            "place": self.place,
            "kind": self.kind,
            "blocked": self.blocked,
            "privacy": self.evidence.to_json(),
            "messages": [{"code": each.code, "severity": each.severity, "message": each.text()} for each in said],
            "suggested": [step.model_dump(exclude_defaults=True) | {"step": step.step} for step in self.suggested],
        }


def check_privacy(
    place: Path,
    *,
    crs: str | None = None,
    layer: str | None = None,
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> PrivacyCheck:
    """Judge a file that `dataferry.tables.read` understands, a folder with product.yaml, or a release folder.

    Args:
        crs: datum of the coordinates of a file.
        layer: layer, sheet or archive member of a file.
        options: how a product is made.

    Raises:
        DataferryError: the file cannot be read, the product not made, or the release is not whole.
    """
    if (place / RELEASE).is_file():
        release = Release.load(place)
        table = read_geoparquet(place / "data.parquet")
        return _checked(place, "release", PrivacyEvidence(judge(table, crs=release.output.crs)))
    if (place / MANIFEST).is_file():
        with tempfile.TemporaryDirectory(prefix="dataferry-check-") as work:
            made = make(place, Path(work), options, progress)
        return _checked(place, "product", made.privacy)
    reading = read(place, ReadOptions(crs=crs, layer=layer))
    evidence = PrivacyEvidence(judge(reading.table, crs=crs))
    return _checked(place, "file", evidence, tuple(reading.report.findings))


def _checked(
    place: Path, kind: Literal["file", "product", "release"], evidence: PrivacyEvidence, read: tuple[Finding, ...] = ()
) -> PrivacyCheck:
    steps = suggest_steps(evidence.report) if evidence.state in ("blocked", "attention") else ()
    return PrivacyCheck(place.name or str(place), kind, evidence, read, steps)
