"""`dataferry journal`: verify, export, head, anchor and key of the append-only record of a house."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataferry.cli.house import open_house
from dataferry.cli.output import console, show, word, writing

if TYPE_CHECKING:
    from dataferry.server.journal import Retold, Verification

Home = Annotated[Path | None, typer.Option("--home", help="Data home. (DATAFERRY_HOME, else ./var)")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write (default: standard output).")]

journal_app = typer.Typer(
    help="The append-only record of every binding act: verify it, export it, sign its head.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `journal` with its commands."""
    for command in (verify, replay, export, head, anchor, key):
        journal_app.command(command.__name__)(command)
    app.add_typer(journal_app, name="journal")


def verify(
    anchors: Annotated[
        list[Path] | None, typer.Option("--anchor", help="A signed head kept elsewhere; may be given again.")
    ] = None,
    keys: Annotated[
        list[Path] | None, typer.Option("--key", help="A public key to trust, PEM; may be given again.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Walk the whole journal and name every event that was changed, removed, inserted or moved. Ends with 3 then."""
    with open_house(home):
        from dataferry.server import journal

        result = journal.verify([journal.read_anchor(file) for file in anchors or ()], keys or ())
    value = {
        "sound": result.sound,
        "instance": result.instance,
        "events": result.events,
        "sequence": result.sequence,
        "hash": result.hash,
        "anchors": {"read": result.anchors, "right": result.anchored},
        "found": result.count,
        "findings": [{**finding.to_json(), "message": finding.text()} for finding in result.findings],
    }
    show(value, as_json, lambda: tell_verification(result))
    if not result.sound:
        raise typer.Exit(3)


def tell_verification(result: Verification) -> None:
    """What a verification found, in words."""
    for finding in result.findings:
        console.print("[red]✗[/]", end=" ")
        console.print(finding.text(), markup=False, soft_wrap=True)
    if result.count > len(result.findings):
        console.print(word("journal_more", count=result.count - len(result.findings)))
    if result.sound:
        console.print("[green]✓[/]", end=" ")
        console.print(word("journal_sound", events=result.events, anchors=result.anchored), soft_wrap=True)
        if not result.anchored:
            console.print(word("journal_no_anchor"), soft_wrap=True)
    else:
        console.print(word("journal_unsound", count=result.count, events=result.events), soft_wrap=True)


def replay(home: Home = None, as_json: Json = False) -> None:
    """Tell every state from the journal alone and compare it with the tables. Ends with 3 if they differ."""
    with open_house(home):
        from dataferry.server import journal

        told = journal.replay(journal.events())
    findings = [{**finding.to_json(), "message": finding.text()} for finding in told.findings]
    value = {"holds": told.holds, "things": len(told.states), "findings": findings}
    show(value, as_json, lambda: tell_replay(told))
    if not told.holds:
        raise typer.Exit(3)


def tell_replay(told: Retold) -> None:
    """What a replay found, in words."""
    for finding in told.findings:
        console.print("[red]✗[/]", end=" ")
        console.print(finding.text(), markup=False, soft_wrap=True)
    if told.holds:
        console.print("[green]✓[/]", end=" ")
        console.print(word("journal_replayed", things=len(told.states)), soft_wrap=True)


def export(
    since: Annotated[int, typer.Option("--since", min=0, help="Only events behind this number.")] = 0,
    out: Out = None,
    home: Home = None,
) -> None:
    """Write the journal as lines of JSON that can be verified without Dataferry."""
    with open_house(home):
        from dataferry.server import journal

        lines = journal.export_lines(since)
        if out is None:
            for line in lines:
                sys.stdout.write(line.decode())
            return
        part = out.with_name(f".{out.name}.part")
        with writing(out), part.open("wb") as file:
            for line in lines:
                file.write(line)
        with writing(out):
            part.replace(out)


def head(home: Home = None, as_json: Json = False) -> None:
    """Show the last event's number and hash."""
    with open_house(home):
        from dataferry.server import journal

        chain = journal.head()
    value: dict[str, Any] = {"sequence": 0, "hash": None, "instance": None}
    if chain is not None:
        value = {"sequence": chain.sequence, "hash": chain.hash, "instance": str(chain.instance)}
    show(value, as_json, lambda: console.print(f"{value['sequence']} {value['hash'] or ''}", soft_wrap=True))


def anchor(out: Out = None, home: Home = None) -> None:
    """Sign the head of the journal. Keep the anchor where nobody who runs the server can reach it."""
    with open_house(home):
        from dataferry.server import journal

        made = journal.make_anchor()
    _put(made.document.encode() + b"\n", out)


def key(out: Out = None, home: Home = None) -> None:
    """Show the public key that this house signs with, as PEM, for those who keep its anchors."""
    with open_house(home):
        from dataferry.server import journal

        public = journal.signing_key().public_key()
    _put(journal.public_pem(public), out)


def _put(body: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(body.decode())
        return
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    with writing(out):
        part.write_bytes(body)
        part.replace(out)
