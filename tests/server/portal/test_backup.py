"""Promise: a backup of a house at work is consistent and whole, and restores into a fresh home that verifies."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from server.databases import dataferry, fresh_environment, python

AT_WORK = ("-m", "server.portal.house_at_work")
BACKUP = (sys.executable, "-c", "from dataferry.cli import main; main()", "backup")


@pytest.fixture
def house(migrated_house: dict[str, str], release_folder: Path) -> dict[str, str]:
    """A house with a release, snapshots, an anchor and events."""
    python(migrated_house, *AT_WORK, "fill", str(release_folder))
    return migrated_house


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


@pytest.mark.slow
def test_a_house_at_work_is_backed_up_and_restored(house: dict[str, str], tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    writer = subprocess.Popen([sys.executable, *AT_WORK, "write"], env=house, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    try:
        writer.stdout.readline()
        made = json.loads(dataferry(house, "backup", str(archive), "--json"))
    finally:
        writer.kill()
        writer.wait()
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    home = {name.removeprefix("home/") for name in names(archive) if name.startswith("home/")}
    assert not home & {"secret_key", "keys/signing_key.pem", "up.lock"}
    assert any(name.endswith(".pub.pem") for name in home)
    assert not any("sqlite3" in name for name in home)
    with fresh_environment(tmp_path / "empty") as fresh:
        new = tmp_path / "restored"
        fresh["DATAFERRY_HOME"] = str(new)
        told = json.loads(dataferry(fresh, "restore", str(archive), "--home", str(new), "--json"))
        assert (told["sound"], told["snapshots"], told["releases"], told["findings"]) == (True, 2, 1, [])
        assert told["events"] == made["database"]["head"]["sequence"]
        seen = json.loads(python(fresh, *AT_WORK, "look"))
        assert seen.pop("written") >= 1
        assert seen == {
            "page": 200,
            "whole": True,
            "sound": True,
            "anchored": 1,
            "snapshots": ["large.bin", "small.csv"],
        }
        assert "is not empty" in _refusal(fresh, "restore", str(archive), "--home", str(new))


@pytest.mark.slow
def test_without_the_tools_of_postgresql(house: dict[str, str], tmp_path: Path) -> None:
    if "DATABASE_URL" not in house:
        pytest.skip("only PostgreSQL has tools")
    archive, bare = tmp_path / "backup.tar", {**house, "PATH": str(tmp_path)}
    made = json.loads(dataferry(bare, "backup", str(archive), "--with-keys", "--json"))
    assert made["database"]["kind"] == "postgresql-tables"
    with fresh_environment(tmp_path / "empty") as fresh:
        new = tmp_path / "restored"
        fresh |= {"DATAFERRY_HOME": str(new), "PATH": str(tmp_path)}
        assert json.loads(dataferry(fresh, "restore", str(archive), "--home", str(new), "--json"))["sound"]
        assert json.loads(python(fresh, *AT_WORK, "look"))["page"] == 200
        assert stat.S_IMODE((new / "keys" / "signing_key.pem").stat().st_mode) == 0o600
        # Counters go on behind the highest number, and triggers refuse again.
        python(fresh, "-c", CHANGES)


CHANGES = """
import django; django.setup()
from django.contrib.auth.models import Group
from django.db import Error, connection, transaction
Group.objects.create(name="one more")
try:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_event")
except Error:
    pass
else:
    raise SystemExit("not refused")
"""


@pytest.mark.slow
def test_a_killed_backup_leaves_nothing_under_its_name(house: dict[str, str], tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    large = Path(house["DATAFERRY_HOME"]) / "releases" / "large.bin"
    large.write_bytes(b"\0")
    os.truncate(large, 3_000_000_000)
    killed = subprocess.Popen([*BACKUP, str(archive)], env=house, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (parts := list(tmp_path.glob(".backup.tar.*.part"))) or parts[0].stat().st_size < 1_000_000:
        assert killed.poll() is None, "it was quicker than this test"
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not archive.exists()
    large.unlink()
    dataferry(house, "backup", str(archive), "--with-keys")
    assert not list(tmp_path.glob(".backup.tar.*"))
    assert {"home/keys/signing_key.pem", "manifest.json"} <= names(archive)
    before = archive.read_bytes()
    assert "exists already" in _refusal(house, "backup", str(archive))
    assert archive.read_bytes() == before


def _refusal(house: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-c", "from dataferry.cli import main; main()", *words]
    ended = subprocess.run(command, env={**house, "COLUMNS": "300"}, capture_output=True, text=True, check=False)
    assert ended.returncode == 4, ended.stderr
    return ended.stderr
