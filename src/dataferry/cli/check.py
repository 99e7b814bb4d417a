"""`dataferry check`: what is wrong with this deployment, or what is private in a file or product, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from dataferry.cli.build import local_store
from dataferry.cli.check_privacy import render_check
from dataferry.cli.house import enter_house
from dataferry.cli.output import console, progress, show, word
from dataferry.messages import DataferryError, Finding

if TYPE_CHECKING:
    from dataferry.products.privacy_check import PrivacyCheck

MARKS = {"blocked": "[bold]✗[/]", "attention": "!"}


def register(app: typer.Typer) -> None:
    """Add `check`."""
    app.command("check")(check)


def check(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|PRODUCT]...", help="Files, product folders or release folders.", show_default=False
        ),
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="Datum of the coordinates, where the file does not state it.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer, sheet or member of an archive.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="A folder outside PRODUCT that input files may lie in.")
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="The snapshot store of PRODUCT (default: DATAFERRY_HOME).")
    ] = None,
    unsafe_local: Annotated[
        bool, typer.Option("--unsafe-local", help="Run PRODUCT's recipe without a sandbox. For your own recipes only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is private in each FILE or PRODUCT; without any, what is wrong with this deployment.

    Ends with 1 when something must be put right before it can be handed on, or before the deployment can work.
    """
    if not places:
        _check_deployment(as_json)
        return
    from dataferry.products import BuildOptions
    from dataferry.products.privacy_check import check_privacy

    options = BuildOptions(store=local_store(store), data_roots=tuple(data or ()), unsafe_local=unsafe_local)

    def judged(place: Path) -> PrivacyCheck:
        with progress(str(place)) as step:
            return check_privacy(place, crs=crs, layer=layer, options=options, progress=step)

    if len(places) > 1:
        _check_several(places, judged, as_json)
        return
    checked = judged(places[0])
    show(checked.to_json(), as_json, lambda: render_check(checked))
    if checked.blocked:
        raise typer.Exit(1)


def _check_several(places: list[Path], judged: Callable[[Path], PrivacyCheck], as_json: bool) -> None:
    """Each place after the other; one that cannot be read is told in its place, and keeps nothing from the others."""
    told: list[dict[str, Any]] = []
    for place in places:
        try:
            checked = judged(place)
        except DataferryError as error:
            told.append({"place": place.name, "blocked": True, "error": error.to_json()})
            if not as_json:
                console.print(f"[bold]{escape(str(place))}[/]\n{MARKS['blocked']} {escape(error.text())}\n")
            continue
        told.append(checked.to_json())
        if not as_json:
            render_check(checked)
            console.print()
    stopped = [each["place"] for each in told if each["blocked"]]
    last = word("privacy_several", checked=len(told), stopped=len(stopped))
    show({"checks": told, "blocked": bool(stopped)}, as_json, lambda: console.print(last, markup=False))
    if stopped:
        raise typer.Exit(1)


def _check_deployment(as_json: bool) -> None:
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
