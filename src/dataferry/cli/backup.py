"""`dataferry backup` and `dataferry restore`: a whole house in one file, and back into a fresh home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataferry.cli.house import enter_house, open_house
from dataferry.cli.journal import tell_verification
from dataferry.cli.output import console, progress, show, word

if TYPE_CHECKING:
    from dataferry.server.portal.backup import Restored

Home = Annotated[Path | None, typer.Option("--home", help="Data home. (DATAFERRY_HOME, else ./var)")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add `backup` and `restore`."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Also the private keys: whoever has the file can then sign as this house."),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a backup of the whole house to a new file, while it runs: database, releases, snapshots, anchors."""
    with open_house(home), progress(target.name) as step:
        from dataferry.server.portal.backup import make_backup

        manifest = make_backup(target.absolute(), with_keys=with_keys, step=step)
    files, store = manifest["files"], manifest["store"]
    megabytes = f"{sum(entry['bytes'] for entry in files) / 1e6:,.1f} MB"

    def render() -> None:
        console.print("[green]✓[/]", end=" ")
        console.print(word("backup_made", files=len(files), size=megabytes, file=str(target)), markup=False)
        if store["kind"] == "listed":
            console.print(word("backup_listed", store=store["address"], count=len(store["snapshots"])), soft_wrap=True)
        if not with_keys:
            console.print(word("backup_no_keys", keys="secret_key, keys/signing_key.pem"), soft_wrap=True)

    brief = {key: value for key, value in manifest.items() if key != "files"}
    show({**brief, "file": str(target), "files": len(files)}, as_json, render)


def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The file that `dataferry backup` wrote.")],
    home: Annotated[Path, typer.Option("--home", help="The new data home; it must not exist, or be empty.")],
    as_json: Json = False,
) -> None:
    """Restore a backup into a fresh data home, then verify journal, snapshots and releases. Ends with 3 when one is wrong."""  # noqa: E501
    home = home.expanduser().absolute()
    os.environ["DATAFERRY_HOME"] = str(home)
    enter_house(home)
    with progress(archive.name) as step:
        from dataferry.server.portal.backup import restore_backup

        restored = restore_backup(archive.absolute(), step=step)
    value = {
        "home": str(home),
        "sound": restored.sound,
        "events": restored.journal.events,
        "snapshots": restored.snapshots,
        "releases": restored.releases,
        "made_at": restored.manifest["made_at"],
        "findings": [
            {**finding.to_json(), "message": finding.text()}
            for finding in [*restored.journal.findings, *restored.findings]
        ],
    }
    show(value, as_json, lambda: _tell(restored, home))
    if not restored.sound:
        raise typer.Exit(3)


def _tell(restored: Restored, home: Path) -> None:
    counts = {"events": restored.journal.events, "snapshots": restored.snapshots, "releases": restored.releases}
    console.print(word("restore_done", home=str(home), **counts), soft_wrap=True)
    tell_verification(restored.journal)
    for finding in restored.findings:
        console.print("[red]✗[/]", end=" ")
        console.print(finding.text(), markup=False, soft_wrap=True)
    if restored.sound:
        console.print("[green]✓[/]", end=" ")
        console.print(word("restore_sound"))
        console.print(word("restore_next", home=str(home)), soft_wrap=True)
