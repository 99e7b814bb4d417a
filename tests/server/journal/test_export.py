"""Promise: an export is verified by the few lines of the documentation, without our software; commands end right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from dataferry.cli import main
from dataferry.server import journal
from server.databases import ROOT
from server.journal.chains import rewrite, write

PAGE = (ROOT / "docs" / "reference" / "journal.md").read_text(encoding="utf-8")


def outsider(export: bytes, folder: Path) -> tuple[int, str]:
    """How the documentation's own script ends."""
    found = re.search(r"^```python file=verify\.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert found[1].count("\n") <= 13
    (folder / "verify.py").write_text(found[1], encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")], input=export, capture_output=True, check=False
    )
    return ended.returncode, (ended.stdout + ended.stderr).decode()


@pytest.mark.django_db
def test_an_outsider_verifies_an_export(home: Path, tmp_path: Path) -> None:
    events = write(5)
    whole = b"".join(journal.export_lines())
    assert outsider(whole, tmp_path) == (0, f"5 events, head {events[-1].hash}\n")
    assert outsider(b"".join(journal.export_lines(since=2)), tmp_path)[0] == 0
    assert outsider(whole.replace(b"person:2", b"person:3"), tmp_path)[0] == 1
    lines = whole.splitlines(keepends=True)
    assert outsider(b"".join([*lines[:2], *lines[3:]]), tmp_path)[0] == 1
    rewrite(lambda rows: rows[2].update(object="dataset:forged"))
    assert outsider(b"".join(journal.export_lines()), tmp_path) == (1, "event 3 is not as it was written\n")


@pytest.fixture
def command(capsys: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, home: Path) -> Callable[..., str]:
    """`command("head", code=0)` runs `dataferry journal head`; what it printed."""
    monkeypatch.setenv("DATAFERRY_LANG", "en")
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: object, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["dataferry", "journal", *map(str, words)])
        ended = 0
        try:
            main()
        except SystemExit as error:
            ended = int(error.code or 0)
        printed = capsys.readouterr()
        assert ended == code, printed
        # Lines of messages break where the terminal ends.
        return printed.out if code == 0 else " ".join((printed.out + printed.err).split())

    return run


@pytest.mark.django_db
def test_the_commands(command: Callable[..., str], home: Path, tmp_path: Path) -> None:
    assert "no event yet" in command("anchor", code=6)
    write(3)
    assert "No anchor was compared" in command("verify")
    kept, public, exported = tmp_path / "kept.json", tmp_path / "public.pem", tmp_path / "journal.ndjson"
    command("anchor", "--out", kept)
    command("key", "--out", public)
    command("export", "--out", exported, "--since", 1)
    assert outsider(exported.read_bytes(), tmp_path)[0] == 0
    assert command("export").encode() == b"".join(journal.export_lines())
    head = json.loads(command("head", "--json"))
    assert (head["sequence"], head["hash"]) == (3, json.loads(kept.read_bytes())["statement"]["hash"])
    assert f"3 {head['hash']}" in command("head")
    options = ["--anchor", kept, "--key", public, "--json"]
    found = json.loads(command("verify", *options))
    assert (found["sound"], found["events"], found["anchors"]) == (True, 3, {"read": 2, "right": 2})
    rewrite(lambda rows: rows[1].update(act="catalogue.dataset_withdrawn"))
    found = json.loads(command("verify", *options, code=3))
    assert [finding["data"]["sequence"] for finding in found["findings"]] == [2]
    assert "Event 2 is not as it was written" in command("verify", code=3)
    assert "no Ed25519 key" in command("verify", "--key", kept, code=3)
    assert "not an anchor" in command("verify", "--anchor", public, code=3)
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.django_db
def test_a_house_without_a_database_is_told(command: Callable[..., str], monkeypatch: Any, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the address of PostgreSQL is checked when it is connected to")
    monkeypatch.setitem(connection.settings_dict, "NAME", tmp_path / "none.sqlite3")
    assert "no database" in command("head", code=6)
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.django_db
def test_a_damaged_database_is_told(command: Callable[..., str], monkeypatch: Any) -> None:
    def fail(*_arguments: object) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr("dataferry.server.journal.queries.head", fail)
    assert "disk I/O error" in command("head", code=7)
