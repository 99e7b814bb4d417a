"""What every command prints with: JSON on standard output when asked for, people's words otherwise, progress aside."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dataferry.messages import RefusedError, say

console = Console(highlight=False)
progress_console = Console(stderr=True, highlight=False)


def word(name: str, /, **data: Any) -> str:
    """A word of the command line's own tables and lines, in the language of the environment."""
    return say(f"cli.{name}", data)


_SEEN = re.compile(r"[ -~\n]+")


def json_text(value: Any) -> str:
    """One JSON document that a terminal can be shown: what does not print stands as its escape, and means the same."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if _SEEN.fullmatch(text):
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def show(value: Any, as_json: bool, render: Callable[[], None]) -> None:
    """Print `value` as one JSON document, or let `render` print it for people."""
    if as_json:
        sys.stdout.write(json_text(value) + "\n")
    else:
        render()


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Around the writing of a result: a full disk or a closed folder is told like any other refusal."""
    try:
        yield
    except OSError as error:
        raise RefusedError(
            "cli.out_unwritable", out=str(out), problem=error.strerror or type(error).__name__
        ) from error


@contextmanager
def progress(description: str) -> Iterator[Callable[[str, float | None], None]]:
    """A progress line on standard error. The block calls `step(what, share)`; share is 0..1, or None when unknown."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task(description, total=None)

        def step(what: str, share: float | None = None) -> None:
            bar.update(task, description=what, total=None if share is None else 1.0, completed=share or 0.0)

        yield step
