"""`dataferry challenge`: replay the results of an edition from the journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataferry.cli.house import open_house
from dataferry.cli.output import console, show, word
from dataferry.messages import MissingError

if TYPE_CHECKING:
    from dataferry.server.challenge.results.replaying import Replay

challenge_app = typer.Typer(help="The challenge: replay the results of an edition.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `challenge` with its commands."""
    challenge_app.command("replay")(replay)
    # A group with one command would be that command.
    challenge_app.callback()(lambda: None)
    app.add_typer(challenge_app, name="challenge")


def replay(
    edition: Annotated[str, typer.Argument(help="Short name of the edition.")],
    home: Annotated[Path | None, typer.Option("--home", help="Data home. (DATAFERRY_HOME, else ./var)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Recompute every result of an edition from the journal and compare it, byte by byte, with what was sealed.

    Ends with 3 when a result, or a score row behind one, is not what the journal holds.
    """
    with open_house(home):
        from dataferry.server.challenge.actions.results import replay_edition
        from dataferry.server.challenge.models import Edition

        found = Edition.objects.filter(slug=edition).first()
        if found is None:
            known = ", ".join(Edition.objects.values_list("slug", flat=True)) or "-"
            raise MissingError("cli.no_edition", edition=edition[:60], known=known)
        replayed = replay_edition(found)
    show(as_value(replayed), as_json, lambda: tell(replayed))
    if not replayed.holds:
        raise typer.Exit(3)


def as_value(replayed: Replay) -> dict[str, Any]:
    """The replay as plain values."""
    return {
        "edition": replayed.edition,
        "holds": replayed.holds,
        "stages": [
            {
                "round": stage.round,
                "revision": stage.revision,
                "stated": stage.digest,
                "recomputed": stage.recomputed,
                "matches": stage.matches,
            }
            for stage in replayed.stages
        ],
        "findings": [{**finding.to_json(), "message": finding.text()} for finding in replayed.findings],
    }


def tell(replayed: Replay) -> None:
    """The replay in words: every stage, then what differs."""
    for stage in replayed.stages:
        mark = "[green]✓[/]" if stage.matches else "[red]✗[/]"
        console.print(mark, end=" ")
        console.print(f"{stage.round} {stage.revision}  {stage.recomputed}", markup=False, soft_wrap=True)
    for finding in replayed.findings:
        console.print("[red]✗[/]", end=" ")
        console.print(finding.text(), markup=False, soft_wrap=True)
    name = "challenge_replay_holds" if replayed.holds else "challenge_replay_differs"
    console.print(word(name, stages=len(replayed.stages), count=len(replayed.findings)), soft_wrap=True)
