"""What every check of a file writes down: findings and facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dataferry.server.challenge.inspection.demands import Demands
from dataferry.server.challenge.inspection.films import Film
from dataferry.server.challenge.inspection.findings import Finding, Severity


class Notes:
    """One file under inspection, with what was found so far."""

    def __init__(self, path: Path, name: str, demands: Demands, film: Film | None = None) -> None:
        self.path, self.name, self.demands, self.film = path, name, demands, film
        self.findings: list[Finding] = []
        self.facts: dict[str, Any] = {}

    def add(
        self, code: str, severity: Severity, figure: float | None = None, page: int | None = None, **data: Any
    ) -> None:
        self.findings.append(Finding(f"server.challenge.{code}", severity, self.demands.role, figure, page, data))
