"""Writes docs/reference/cli.md from the commands themselves: `python tools/make_cli_reference.py [--check]`."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command

from dataferry.cli.app import COMMANDS, app

PAGE = Path(__file__).parents[1] / "docs/reference/cli.md"
HEAD = """# Commands

Made by `tools/make_cli_reference.py` from the commands themselves; a test compares. Every command that reports has
`--json`: one JSON document on standard output, progress on standard error. `DATAFERRY_LANG` (`en`, `zh-Hant` or
`zh-Hans`) chooses the language of messages.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a fault of Dataferry |
| 2 | the call is wrong: an unknown option, coordinate system or name |
| 3 | the input cannot be used as it is |
| 4 | understood, and not allowed |
| 5 | a limit of size, memory, time or rows was passed |
| 6 | what was named is not there |
| 7 | this machine lacks something, or it is busy |
"""


def plain(text: str | None) -> str:
    """Help text as one Markdown paragraph a paragraph, without terminal markup."""
    text = inspect.cleandoc(text or "").replace("\f", "").replace("\b", "")
    text = re.sub(r"\[/?(?:bold|dim|italic|green|red|yellow|cyan|blue)[^\]]*\]", "", text)
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def parameter_row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        name = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    text = " ".join(plain(getattr(parameter, "help", None)).split())
    cells = [cell.replace("|", "\\|") for cell in (name, text or "–")]
    return f"| {cells[0]} | {cells[1]} |"


def section(name: str, command: Any, level: int = 2) -> str:
    parts = [f"{'#' * level} dataferry {name}", plain(command.help)]
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    if shown:
        parts.append("\n".join(["| argument or option | meaning |", "|---|---|", *map(parameter_row, shown)]))
    for child, inner in sorted(getattr(command, "commands", {}).items()):
        parts.append(section(f"{name} {child}", inner, level + 1))
    return "\n\n".join(part for part in parts if part)


def page() -> str:
    for module in COMMANDS:
        importlib.import_module(f"dataferry.cli.{module}").register(app)
    root: Any = get_command(app)
    sections = [section(name, command) for name, command in sorted(root.commands.items()) if not command.hidden]
    return HEAD + "\n" + "\n\n".join(sections) + "\n"


def main() -> None:
    text = page()
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/reference/cli.md is out of date: run python tools/make_cli_reference.py")
        return
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
