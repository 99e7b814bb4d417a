"""`dataferry up` for real: from an empty folder to built products on a page, down by Ctrl-C, up with all kept."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up")]

EXAMPLES = Path(__file__).parents[2] / "examples"
STOPS_WITHIN = 10
PATIENCE = 240


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that live with this data home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATAFERRY_HOME={home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


class House:
    """A running `dataferry up`."""

    def __init__(self, home: Path, examples: Path) -> None:
        self.home, self.port = home, free_port()
        self.log = home.parent / f"log-{self.port}"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DATAFERRY_")}
        program = "import typer; from dataferry.cli import up; app = typer.Typer(); up.register(app); app()"
        command = [sys.executable, "-c", program, "up", "--port", str(self.port), "--examples", str(examples)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env={**environment, "DATAFERRY_HOME": str(home), "COLUMNS": "200"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def until(self, path: str, *, holds: str, not_holds: str = "\0") -> str:
        end = time.monotonic() + PATIENCE
        text = ""
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said()
            try:
                text = self.get(path)
            except (urllib.error.URLError, ConnectionError):
                text = ""
            if holds in text and not_holds not in text:
                return text
            time.sleep(0.3)
        raise AssertionError(f"{holds!r} did not come: {text[:500]}\n{self.said()}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=STOPS_WITHIN)


@contextmanager
def running(home: Path, examples: Path) -> Iterator[House]:
    house = House(home, examples)
    try:
        yield house
    finally:
        if house.process.poll() is None:
            os.killpg(house.process.pid, signal.SIGKILL)
            house.process.wait()


def test_up_builds_serves_stops_and_keeps_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home, EXAMPLES) as house:
        house.until("/readyz", holds="true")
        text = house.until("/en/products/", holds="<article", not_holds='class="build state-')
        names = set(re.findall(r'<h3><a href="/en/products/([a-z0-9-]+)/"', text))
        assert names == {folder.parent.name for folder in EXAMPLES.glob("*/product.yaml")}
        for name in names:
            for language in ("en", "zh-hant", "zh-hans"):
                assert "sha256:" in house.get(f"/{language}/products/{name}/")
        password = re.search(r"one-time password: (\S+)", house.said())
        assert password is not None
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
        assert len(processes_of(home)) >= 3
        house.stop()
        assert house.process.returncode == 0, house.said()
    assert processes_of(home) == []
    key = (home / "secret_key").read_text()
    with running(home, EXAMPLES) as house:
        text = house.until("/en/products/", holds="<article")
        assert set(re.findall(r'<h3><a href="/en/products/([a-z0-9-]+)/"', text)) == names
        assert 'class="build' not in text
        assert "password" not in house.said()
        assert (home / "secret_key").read_text() == key
        house.stop()
    assert processes_of(home) == []
    with sqlite3.connect(home / "dataferry.sqlite3") as database:
        (states,) = database.execute(
            "SELECT json_group_array(state) FROM jobs_job WHERE kind = 'workshop.build_product'"
        ).fetchone()
        stored = database.execute("SELECT password FROM auth_user").fetchall()
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert set(json.loads(states)) == {"done"}
    assert len(stored) == 1
    assert password[1] not in stored[0][0]


def test_a_killed_house_leaves_no_process_and_builds_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    one = tmp_path / "products"
    one.mkdir()
    (one / "product").symlink_to(EXAMPLES / "metro-entries-by-hour")
    with running(home, one) as house:
        house.until("/healthz", holds="true")
        os.kill(house.process.pid, signal.SIGKILL)
        house.process.wait()
    end = time.monotonic() + STOPS_WITHIN
    while processes_of(home) and time.monotonic() < end:
        time.sleep(0.2)
    assert processes_of(home) == []
    with running(home, one) as house:
        house.until("/en/products/", holds="<article", not_holds='class="build state-')
        house.stop()


def test_a_second_house_in_the_same_home_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "none").mkdir()
    with running(home, tmp_path / "none") as house:
        house.until("/healthz", holds="true")
        with running(home, tmp_path / "none") as second:
            assert second.process.wait(timeout=60) != 0
            assert "already" in second.said()
        assert "There is no data product here yet." in house.get("/en/products/")
        house.stop()
