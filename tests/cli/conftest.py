"""Shared by the command line's tests: the real entry point, run in a folder of this test's own."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from dataferry.cli import main


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ended]:
    """`command("read", file)` runs `dataferry read FILE` in English; set DATAFERRY_LANG for another language."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATAFERRY_HOME", raising=False)
    monkeypatch.setenv("DATAFERRY_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["dataferry", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ended(code, *capsys.readouterr())

    return run
