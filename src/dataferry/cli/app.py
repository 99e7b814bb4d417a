"""The `dataferry` command: which commands there are, in which language they speak, how errors end."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer

from dataferry import __version__
from dataferry.cli.help import translate
from dataferry.cli.output import json_text, progress_console
from dataferry.messages import LANGUAGES, DataferryError, Language, speaking

COMMANDS = (
    "geo",
    "read",
    "build",
    "login",
    "sync",
    "up",
    "serve",
    "check",
    "journal",
    "judging",
    "challenge",
    "backup",
    "credential",
    "border",
    "market",
)

app = typer.Typer(
    name="dataferry",
    help="Raw open data of Hong Kong and Shanghai in; a built and checked data product out.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dataferry {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Read by typer: options that stand before the command."""


def language_of_environment() -> Language:
    """`DATAFERRY_LANG` (en, zh-Hant, zh-Hans), else the locale's Chinese script, else English."""
    wanted = os.environ.get("DATAFERRY_LANG", "")
    for language in LANGUAGES:
        if wanted.lower() == language.lower():
            return language
    locale = (os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "").lower()
    if locale.startswith(("zh_hk", "zh_tw", "zh_mo", "yue")):
        return "zh-Hant"
    return "zh-Hans" if locale.startswith("zh") else "en"


def command_tree() -> Any:
    """All commands, ready to run."""
    if not app.registered_commands:
        for command in COMMANDS:
            importlib.import_module(f"dataferry.cli.{command}").register(app)
    return typer.main.get_command(app)


def main() -> None:
    """Entry point: runs a command; a `DataferryError` ends as one clear line (or JSON) and its own exit code."""
    language = language_of_environment()
    with speaking(language):
        try:
            commands = command_tree()
            translate(commands, language)
            commands(prog_name="dataferry")
        except DataferryError as error:
            if "--json" in sys.argv:
                sys.stdout.write(json_text({"error": error.to_json()}) + "\n")
            progress_console.print("[bold red]✗[/]", end=" ")
            # Code and words may be a server's: text, never markup.
            progress_console.print(error.code, markup=False, end=" ")
            progress_console.print(error.text(), markup=False)
            sys.exit(error.exit_code)
