"""`dataferry up` for real: from an empty folder to built products on a page, down by Ctrl-C, up with all kept."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from server.databases import FILE, Template
from server.houses import EXAMPLES, PATIENCE_AT_THE_END, processes_of, running

pytestmark = pytest.mark.slow


def migrated(folder: Path, template: Template) -> Path:
    """A data home with a database that has every migration: an empty one is tried below."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template.place, home / FILE)
    return home


def test_up_builds_serves_stops_and_keeps_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home, EXAMPLES) as house:
        house.until("/readyz", holds="true")
        names = {folder.parent.name for folder in EXAMPLES.glob("*/product.yaml")}
        for name in names:
            house.until(f"/en/products/{name}/", holds="sha256:")
        shown = re.findall(r'<h3><a href="/en/products/([a-z0-9-]+)/"', house.get("/en/products/"))
        assert set(shown) == names
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


def test_a_killed_house_leaves_no_process_and_builds_again(tmp_path: Path, template: Template) -> None:
    home = migrated(tmp_path, template)
    one = tmp_path / "products"
    one.mkdir()
    (one / "product").symlink_to(EXAMPLES / "metro-entries-by-hour")
    with running(home, one, measured=False) as house:
        house.until("/healthz", holds="true")
        os.kill(house.process.pid, signal.SIGKILL)
        house.process.wait()
    end = time.monotonic() + PATIENCE_AT_THE_END
    while processes_of(home) and time.monotonic() < end:
        time.sleep(0.2)
    assert processes_of(home) == []
    with running(home, one, measured=False) as house:
        house.until("/en/products/", holds="<article", not_holds='class="build state-')
        house.stop()


def test_a_second_house_in_the_same_home_is_refused(tmp_path: Path, template: Template) -> None:
    home = migrated(tmp_path, template)
    (tmp_path / "none").mkdir()
    with running(home, tmp_path / "none", measured=False) as house:
        house.until("/healthz", holds="true")
        with running(home, tmp_path / "none", measured=False) as second:
            assert second.process.wait(timeout=60) != 0
            assert "already" in second.said()
        assert "There is no data product here yet." in house.get("/en/products/")
        house.stop()
