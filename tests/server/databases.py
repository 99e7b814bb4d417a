"""A data home and database of a test's own, for processes that it starts; PostgreSQL where the tests run on it.

Migrations take long: they are run once for all tests, into a template that every other database is a copy of.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = "dataferry.server.portal.settings"
MIGRATE = ("-m", "dataferry.server.manage", "migrate", "-v0", "--skip-checks")
FILE = "dataferry.sqlite3"
_PREFIX = "template_of_tests_"


@dataclass(frozen=True)
class Template:
    """A database that others are copied from: a file of SQLite, or the name of a database of PostgreSQL."""

    place: str

    def load_into(self, name: str) -> sqlite3.Connection:
        """Fill a database of SQLite; one in memory lives as long as the connection."""
        connection = sqlite3.connect(name, uri=name.startswith("file:"), check_same_thread=False)
        with closing(sqlite3.connect(self.place)) as source:
            source.backup(connection)
        return connection


def on_postgresql() -> bool:
    return bool(os.environ.get("DATABASE_URL"))


def make_template(folder: Path, name: str, module: str = SETTINGS, words: tuple[str, ...] = MIGRATE) -> Template:
    """The database that Python with these words leaves in an empty house.

    Args:
        folder: shared by all processes of this run; whichever of them is first makes the template.
    """
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = folder / name
        run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        template = Template(f"{_PREFIX}{run}_{name}" if on_postgresql() else str(home / FILE))
        if not home.exists():
            if on_postgresql():
                _forget_old_templates()
                _administer(f'DROP DATABASE IF EXISTS "{template.place}" WITH (FORCE)')
                _administer(f'CREATE DATABASE "{template.place}" TEMPLATE template0')
            making = folder / f"{name}-making"
            # A tracer would only make it slower.
            environment = _environment(making, module, template.place)
            python({key: value for key, value in environment.items() if not key.startswith("COVERAGE_")}, *words)
            making.rename(home)
    return template


def _forget_old_templates() -> None:
    """A run that was stopped leaves its own behind; the number in its name is that of a process."""
    with _administering() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
        for (name,) in cursor.fetchall():
            if not Path("/proc", name.removeprefix(_PREFIX).partition("_")[0]).exists():
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def fresh_environment(home: Path, module: str = SETTINGS, template: Template | None = None) -> Iterator[dict[str, str]]:
    """The environment of a process on a new house; its PostgreSQL database goes at the end.

    Args:
        template: what its database is a copy of; else it is empty.
    """
    if not on_postgresql():
        environment = _environment(home, module, "")
        if template is not None:
            shutil.copyfile(template.place, home / FILE)
        yield environment
        return
    name = f"own_{secrets.token_hex(6)}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template.place if template else "template0"}"')
    try:
        yield _environment(home, module, name)
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _environment(home: Path, module: str, database: str) -> dict[str, str]:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATAFERRY_")}
    kept |= {"DATAFERRY_HOME": str(home), "DJANGO_SETTINGS_MODULE": module, "DATAFERRY_LANG": "en"}
    kept["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    if kept.pop("DATABASE_URL", None):
        kept["DATABASE_URL"] = _address_of(database)
    return kept


def _address_of(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _administer(statement: str) -> None:
    with _administering() as cursor:
        cursor.execute(statement)


@contextmanager
def _administering() -> Iterator[Any]:
    import psycopg

    with psycopg.connect(_address_of("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def template(shared_folder: Path) -> Template:
    """A database with every migration."""
    return make_template(shared_folder, "migrated")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """The tests' own database starts as a copy of the template, so that no migration is left to run."""
    from django.db import connection

    template = request.getfixturevalue("template")
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = template.place
        yield
        return
    create, kept = connection.creation._create_test_db, []

    def created(*arguments: Any) -> str:
        name = str(create(*arguments))
        kept.append(template.load_into(name))
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.creation, "_create_test_db", created)
        yield
    for each in kept:
        each.close()


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment for processes on a house of this test's own, not yet migrated."""
    with fresh_environment(tmp_path / "house") as environment:
        yield environment


@pytest.fixture
def migrated_house(tmp_path: Path, template: Template) -> Iterator[dict[str, str]]:
    """The environment for processes on a house of this test's own, with every migration."""
    with fresh_environment(tmp_path / "house", template=template) as environment:
        yield environment


def manage(environment: dict[str, str], *words: str) -> str:
    """Run one of Django's commands there; what it printed."""
    return python(environment, "-m", "dataferry.server.manage", *words)


def python(environment: dict[str, str], *words: str, code: int = 0) -> str:
    """Run Python there and wait; what it printed. The test fails when it ends otherwise than with `code`."""
    ended = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout


def dataferry(environment: dict[str, str], *words: str, code: int = 0) -> str:
    """Run the `dataferry` command there."""
    return python(environment, "-c", "from dataferry.cli import main; main()", *words, code=code)
