"""`dataferry check` tells what is wrong in words or JSON; its exit code tells whether it must be put right first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataferry.cli import main
from dataferry.messages import Finding
from dataferry.server.portal import checkup


@pytest.fixture
def check(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run the command in this process: its exit code and what it printed."""
    monkeypatch.setenv("DATAFERRY_LANG", "en")

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["dataferry", "check", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("severity", "code", "sound"), [("attention", 0, True), ("blocked", 1, False)], ids=["attention", "blocked"]
)
def test_what_must_be_put_right_ends_with_one(
    check: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, severity: Any, code: int, sound: bool
) -> None:
    monkeypatch.setattr(checkup, "CHECKS", (lambda: iter([Finding("server.portal.check_debug", severity, {})]),))
    ended, text = check()
    assert (ended, "DATAFERRY_DEBUG" in text) == (code, True)
    ended, text = check("--json")
    told = json.loads(text)
    assert (ended, told["sound"], told["findings"][0]["severity"]) == (code, sound, severity)


def test_a_sound_deployment_is_said_to_be_sound(
    check: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup, "CHECKS", ())
    assert check() == (0, "Nothing is wrong with this deployment.\n")


@pytest.mark.django_db
def test_a_machine_that_cannot_confine_and_a_silent_worker_are_named(
    home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataferry.products import sandbox
    from dataferry.products.sandbox.confinement import Confinement

    settings.STORE = str(home / "snapshots")
    monkeypatch.setattr(sandbox, "choose", lambda: Confinement("landlock", landlock=True, seccomp=True))
    monkeypatch.setenv("DATAFERRY_BEHIND_PROXY", "yes")
    monkeypatch.setenv("DATAFERRY_HOST", "192.0.2.1")
    monkeypatch.setattr(checkup, "LEAST_FREE", 2**70)
    found = {finding.code.removeprefix("server.portal.check_") for finding in checkup.examine()}
    assert {"sandbox_second", "no_worker", "mail_files", "proxy_open", "disk"} <= found


def test_letters_without_a_mail_server_are_files_that_only_the_owner_reads(home: Path, settings: Any) -> None:
    from django.core.mail import EmailMessage

    from dataferry.server.people.mail import PrivateFiles

    settings.EMAIL_FILE_PATH = home / "mail"
    letters = [EmailMessage("Hello", "A link", "site@example.org", [f"{name}@example.org"]) for name in ("a", "b")]
    assert PrivateFiles().send_messages(letters) == 2
    files = list((home / "mail").iterdir())
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert all("A link" in file.read_text(encoding="utf-8") for file in files)
