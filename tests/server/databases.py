"""A data home and database of a test's own, for processes that it starts; PostgreSQL where the tests run on it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]


@contextmanager
def fresh_environment(home: Path, module: str = "dataferry.server.portal.settings") -> Iterator[dict[str, str]]:
    """The environment of a process on a new, empty house; its PostgreSQL database goes at the end."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATAFERRY_")}
    kept |= {"DATAFERRY_HOME": str(home), "DJANGO_SETTINGS_MODULE": module, "DATAFERRY_LANG": "en"}
    kept["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        kept.pop("DATABASE_URL", None)
        yield kept
        return
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"own_{secrets.token_hex(6)}"
    with _administering() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield {**kept, "DATABASE_URL": urlunsplit(address._replace(path=f"/{name}"))}
    finally:
        with _administering() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _administering() -> Iterator[Any]:
    import psycopg

    maintenance = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment for processes on a house of this test's own, not yet migrated."""
    with fresh_environment(tmp_path / "house") as environment:
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
