"""Worker processes with a database of their own, SQLite or PostgreSQL as the environment says."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.databases import FILE, Template, fresh_environment, make_template
from server.jobs.doing import Clock

PROGRAM = Path(__file__).with_name("worker_process.py")
PATIENCE = 60


class Site:
    """A data home and database, and the processes that work in it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.home, self.database = Path(environment["DATAFERRY_HOME"]), environment.get("DATABASE_URL", "")
        self.processes: list[subprocess.Popen[str]] = []
        self.environment = {**environment, "DATAFERRY_JOB_LEASE": "60"}

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments],
            env={**self.environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **settings: str) -> str:
        process = self.start(*arguments, **settings)
        out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        return out

    def worker(self, *, grace: float = 20, until_empty: bool = False, **settings: str) -> subprocess.Popen[str]:
        return self.start("work", str(grace), "until-empty" if until_empty else "for-ever", **settings)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self.database:
            import psycopg

            with psycopg.connect(self.database, autocommit=True) as connection:
                return connection.execute(query).fetchall()
        with sqlite3.connect(self.home / FILE, timeout=20) as connection:
            return connection.execute(query).fetchall()

    def jobs(self, columns: str = "state, attempts") -> list[tuple[Any, ...]]:
        return self.rows(f"SELECT {columns} FROM jobs_job WHERE kind LIKE 'test.%' ORDER BY id")

    def effects(self) -> int:
        return len(self.rows("SELECT * FROM effects WHERE what = 'done'"))

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, (self.jobs(), [one.poll() for one in self.processes])
            time.sleep(0.02)

    def began(self, attempt: int) -> None:
        self.until((self.home / f"began-{attempt}").exists)

    def go(self, name: str) -> None:
        (self.home / name).touch()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture(scope="session")
def jobs_template(shared_folder: Path) -> Template:
    return make_template(shared_folder, "jobs", words=(str(PROGRAM), "migrate"))


@pytest.fixture
def site(tmp_path: Path, jobs_template: Template) -> Iterator[Site]:
    with fresh_environment(tmp_path / "house", template=jobs_template) as environment:
        made = Site(environment)
        yield made
        made.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Registers handlers for one test."""
    from dataferry.server import jobs
    from dataferry.server.jobs import registry

    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))
    monkeypatch.setattr(registry, "_rhythms", dict(registry._rhythms))
    return jobs.handler


@pytest.fixture
def ask(kinds: Callable[..., Any]) -> Callable[..., Any]:
    """Asks for a job done by `work`."""
    from dataferry.server import jobs
    from dataferry.server.jobs import registry

    def asked(work: Any = lambda running: None, *, attempts: int = 3, key: str = "", **options: Any) -> Any:
        registry._handlers.pop("test.job", None)
        kinds("test.job", attempts=attempts, **options)(work)
        return jobs.enqueue("test.job", subject="test:1", payload={"id": 1}, asked_by=7, key=key)

    return asked
