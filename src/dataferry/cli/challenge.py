"""`dataferry challenge`: replay the results of an edition, or rehearse one before it is announced."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataferry.cli.house import enter_house, open_house
from dataferry.cli.output import console, progress, show, word
from dataferry.messages import InputError, MissingError

if TYPE_CHECKING:
    from dataferry.server.challenge.rehearsal.playing import Step
    from dataferry.server.challenge.results.replaying import Replay

challenge_app = typer.Typer(
    help="The challenge: replay the results of an edition, rehearse one before it is announced.", no_args_is_help=True
)
MOST_TEAMS, MOST_JUDGES = 200, 60


def register(app: typer.Typer) -> None:
    """Add `challenge` with its commands."""
    challenge_app.command("replay")(replay)
    challenge_app.command("rehearse")(rehearse)
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


def rehearse(
    file: Annotated[Path, typer.Argument(help="The edition's YAML file.")],
    teams: Annotated[int, typer.Option("--teams", min=1, max=MOST_TEAMS, help="Teams in each division.")] = 12,
    judges: Annotated[int, typer.Option("--judges", min=1, max=MOST_JUDGES, help="Judges of each city.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="The same seed plays the same play.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Tell each step as a line of JSON on standard error, for programs.")
    ] = False,
) -> None:
    """Play an edition with synthetic teams, from registration to replay, in a house that is thrown away.

    Everything runs through the same steps as a real edition, at the instants of its own calendar. Values that nobody
    has verified are accepted for the play. Ends with 2 and the reason where the edition cannot go on.
    """
    if not file.is_file():
        raise MissingError("cli.no_edition_file", file=str(file))
    text = file.read_text(encoding="utf-8", errors="replace")
    with tempfile.TemporaryDirectory(prefix="dataferry-rehearsal-") as home, progress(word("rehearsing")) as step:

        def told(name: str, share: float) -> None:
            tell_line({"begins": name, "share": share}) if lines else step(word(f"rehearsal_{name}"), share)

        done = (lambda each: tell_line({"done": each.to_json()})) if lines else (lambda each: None)
        steps = play(text, Path(home), Cast(teams, judges, seed), told, done)
    value = {"steps": [each.to_json() for each in steps], "holds": bool(steps[-1].figures["holds"])}
    show(value, as_json, lambda: tell_steps(steps))


@dataclass(frozen=True)
class Cast:
    """How many play: teams in each division, judges of each city; and the seed of the play."""

    teams: int
    judges: int
    seed: int


def tell_line(value: dict[str, Any]) -> None:
    """One line of JSON on standard error."""
    sys.stderr.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()


def play(
    text: str, home: Path, cast: Cast, told: Callable[[str, float], None], came: Callable[[Step], None]
) -> list[Step]:
    """The whole play in the data home `home`.

    Args:
        told: hears of each step, and how far the play is, before it begins.
        came: hears what each step came to.
    """
    os.environ.pop("DATABASE_URL", None)
    enter_house(home)
    from dataferry.server.challenge.edition_file import read_edition
    from dataferry.server.challenge.rehearsal.cast import CITIES, Size
    from dataferry.server.challenge.rehearsal.playing import Rehearsal
    from dataferry.server.portal import house

    file = read_edition(text)
    if not file.divisions:
        raise InputError("cli.no_divisions")
    told("house", 0.0)
    house.migrate()
    size = Size(dict.fromkeys(file.divisions, cast.teams), dict.fromkeys(CITIES, cast.judges), members=1)
    rehearsal = Rehearsal(text, size, cast.seed)
    done = []
    for number, step in enumerate(rehearsal.steps):
        told(step.__name__, number / len(rehearsal.steps))
        done.append(step())
        came(done[-1])
    return done


def tell_steps(steps: list[Step]) -> None:
    """What each step came to."""
    for step in steps:
        figures = ", ".join(f"{name} {value}" for name, value in step.figures.items())
        console.print("[green]✓[/]", end=" ")
        console.print(
            f"{step.at:%Y-%m-%d %H:%M}  {word(f'rehearsal_{step.code}')}  {figures}", markup=False, soft_wrap=True
        )
    console.print(word("rehearsal_done"), soft_wrap=True)
