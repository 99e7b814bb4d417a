"""`dataferry check`: what is wrong with this deployment, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from dataferry.cli.house import enter_house
from dataferry.cli.output import console, progress, show, word
from dataferry.messages import Finding

MARKS = {"blocked": "[bold]✗[/]", "attention": "!"}


def register(app: typer.Typer) -> None:
    """Add `check`."""
    app.command("check")(check)


def check(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say what is wrong with this deployment. Ends with 1 when something must be put right before it can work."""
    enter_house()
    from dataferry.server.portal.checkup import examine

    with progress(word("check_looking")):
        findings = examine()
    blocked = any(finding.severity == "blocked" for finding in findings)
    value = {"sound": not blocked, "findings": [{**each.to_json(), "message": each.text()} for each in findings]}
    show(value, as_json, lambda: _tell(findings))
    if blocked:
        raise typer.Exit(1)


def _tell(findings: list[Finding]) -> None:
    if not findings:
        console.print(word("check_sound"))
    for finding in findings:
        console.print(MARKS[finding.severity], end=" ")
        console.print(finding.text(), markup=False)
