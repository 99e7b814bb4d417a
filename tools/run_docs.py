"""Runs what the documentation shows: `python tools/run_docs.py [--write] PAGE...`.

In a page, a block fenced as

    ```console              is run; what it prints must be what stands there
    ```console no-compare   is run; it must succeed
    ```console fails        is run; it must fail, printing what stands there
    ```console no-run       is only shown
    ```sql file=a/b.sql     is written to that file first (any language)

Blocks of a page run in order in one fresh folder that holds a copy of examples/. `--write` puts what was printed into
the page. Times and the name of the sandbox are not compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
VARYING = ((re.compile(r"ran in [\w-]+; [\d.]+ s\."), "ran in bubblewrap; 1.0 s."),)
SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fenced block that does something. `file` for one that is written, else `console` with its words."""

    start: int
    end: int
    words: frozenset[str]
    body: str
    file: str | None = None

    @property
    def runs(self) -> bool:
        return self.file is None and "no-run" not in self.words

    def commands(self) -> list[str]:
        return [line.removeprefix("$ ") for line in self.body.splitlines() if line.startswith("$ ")]


def blocks(text: str) -> Iterator[Block]:
    for found in FENCE.finditer(text):
        words = found["info"].split()
        file = next((word.removeprefix("file=") for word in words if word.startswith("file=")), None)
        if file is not None or words[:1] == ["console"]:
            yield Block(*found.span("body"), frozenset(words[1:]), found["body"], file)


def tidy(text: str) -> str:
    """Without what differs from run to run and without white space that nobody sees."""
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def run(command: str, folder: Path) -> tuple[int, str]:
    """Exit code, and what a terminal would show."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    settings = measured | {"LC_ALL": "C.UTF-8", "DATAFERRY_LANG": "en", "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "DATAFERRY_HOME": str(folder / "var"), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return done.returncode, done.stdout


def play(text: str, folder: Path) -> Iterator[tuple[Block, str, list[str]]]:
    """Each running block with the body it should have, and complaints."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("release"))
    for block in blocks(text):
        if block.file is not None:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.body, encoding="utf-8")
        elif block.runs:
            shown, complaints = [], []
            for command in block.commands():
                code, printed = run(command, folder)
                if (code != 0) != ("fails" in block.words):
                    complaints.append(f"$ {command}\nended with {code}\n{printed}")
                shown.append(f"$ {command}\n{tidy(printed)}".strip())
            body = "\n".join(shown) + "\n"
            if "no-compare" not in block.words and tidy(block.body) != tidy(body):
                complaints.append(f"the page shows\n{block.body}\nbut this is printed\n{body}")
            yield block, body, complaints


def check(page: Path, folder: Path, *, write: bool = False) -> list[str]:
    """Complaints about a page; with `write`, its blocks are brought up to date."""
    text, found = page.read_text(encoding="utf-8"), []
    new = text
    for block, body, complaints in play(text, folder):
        found += complaints
        if write and "no-compare" not in block.words:
            new = new.replace(f"\n{block.body}```", f"\n{body}```", 1)
    if new != text:
        page.write_text(new, encoding="utf-8")
    return found


def main() -> None:
    pages = [Path(name) for name in sys.argv[1:] if not name.startswith("-")]
    for page in pages:
        with tempfile.TemporaryDirectory() as folder:
            for complaint in check(page, Path(folder), write="--write" in sys.argv):
                sys.stdout.write(f"{page}: {complaint}\n")


if __name__ == "__main__":
    main()
