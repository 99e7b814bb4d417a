"""A consistent copy of the database while the house runs, and the way back.

SQLite is copied by its online backup. PostgreSQL is dumped by `pg_dump` where it is installed and new enough; else
every table is copied in one repeatable-read transaction, and restored into the schema that the migrations make.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dataferry.messages import InputError, RefusedError, UnavailableError
from dataferry.server.portal import environment
from dataferry.server.portal.backup.archive import PIECE, Step

PAGES_AT_ONCE = 2000
_TABLE = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Copy:
    """What was copied: the kind of copy, the state of its migrations, the journal's head, its tables' columns."""

    kind: str
    migrations: Mapping[str, list[str]]
    head: Mapping[str, Any] | None
    tables: Mapping[str, list[str]]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "migrations": self.migrations, "head": self.head, "tables": self.tables}


def copy_database(folder: Path, step: Step) -> Copy:
    """Put a copy of the database into `folder`.

    Raises:
        UnavailableError: `server.portal.backup_database`, the copy did not succeed.
    """
    try:
        return _copy_sqlite(folder, step) if connection.vendor == "sqlite" else _copy_postgresql(folder)
    except sqlite3.Error as error:
        raise UnavailableError("server.portal.backup_database", retry=True, problem=str(error)) from error


def _copy_sqlite(folder: Path, step: Step) -> Copy:
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, uri=name.startswith("file:"), timeout=60)) as source:
        # A transaction that stays open keeps one state, so that the copy does not start anew with every writer.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(folder / "database.sqlite3")) as target:
            source.backup(target, pages=PAGES_AT_ONCE, progress=lambda _s, left, all_: step("", 1 - left / (all_ or 1)))
            target.execute("PRAGMA journal_mode=DELETE")
            if target.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise UnavailableError("server.portal.backup_database", problem="quick_check")
            return Copy("sqlite", *_state(target.cursor()), {})


def _copy_postgresql(folder: Path) -> Copy:
    """One repeatable-read transaction for what is said of the database and for its rows."""
    import psycopg

    with psycopg.connect(**_address()) as source, source.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        state = _state(cursor)
        if _tool("pg_dump", source.info.server_version):
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            _run("pg_dump", [*options, f"--file={folder / 'database.dump'}"])
            return Copy("postgresql-dump", *state, {})
        tables = _columns(cursor)
        for table, columns in tables.items():
            with (
                (folder / f"{table}.copy").open("wb") as file,
                cursor.copy(_copy_statement(table, columns, "TO STDOUT")) as rows,
            ):
                for piece in rows:
                    file.write(piece)
        return Copy("postgresql-tables", *state, tables)


def check_empty() -> None:
    """Refuse a PostgreSQL database that holds anything.

    Raises:
        RefusedError: `server.portal.restore_not_empty`.
    """
    if connection.vendor == "postgresql" and connection.introspection.table_names():
        raise RefusedError("server.portal.restore_not_empty", place=str(connection.settings_dict["NAME"]))


def check_fits(database: Mapping[str, Any]) -> None:
    """Can this house take that database in?

    Raises:
        InputError: `server.portal.backup_newer`, its migrations are not all known here.
        RefusedError: `server.portal.backup_other_database`, SQLite into PostgreSQL or the other way.
    """
    if not database["kind"].startswith(connection.vendor):
        raise RefusedError("server.portal.backup_other_database", kind=database["kind"], vendor=connection.vendor)
    known = MigrationExecutor(None).loader.disk_migrations or {}
    unknown = [
        f"{app}.{name}" for app, names in database["migrations"].items() for name in names if (app, name) not in known
    ]
    if unknown:
        raise InputError("server.portal.backup_newer", migrations=unknown)


def load_database(database: Mapping[str, Any], folder: Path) -> None:
    """Bring a copy of a PostgreSQL database, which lies in `folder`, into the empty one of this house.

    Raises:
        UnavailableError: `server.portal.backup_tool`, `pg_restore` is not installed or too old;
            `server.portal.backup_database`, it failed.
    """
    if database["kind"] == "postgresql-dump":
        with connection.cursor():
            version = connection.connection.info.server_version
        if not _tool("pg_restore", version):
            raise UnavailableError("server.portal.backup_tool", tool="pg_restore")
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run("pg_restore", [*options, f"--dbname={connection.settings_dict['NAME']}", str(folder / "database.dump")])
        return
    executor = MigrationExecutor(connection)
    executor.migrate(_last_of(database["migrations"], executor))
    _load_tables(database["tables"], folder)


def _last_of(migrations: Mapping[str, list[str]], executor: MigrationExecutor) -> list[tuple[str, str]]:
    """Those that no other of them needs: to name an earlier one as well would ask for the way back to it."""
    graph = executor.loader.graph
    ran = {(app, name) for app, names in migrations.items() for name in names} & set(graph.nodes)
    return sorted(each for each in ran if not any(child.key in ran for child in graph.node_map[each].children))


def _load_tables(tables: Mapping[str, list[str]], folder: Path) -> None:
    """All tables in one transaction, with the triggers that refuse changes silent until it ends."""
    import psycopg

    with psycopg.connect(**_address()) as target, target.cursor() as cursor:
        present = _columns(cursor)
        if set(tables) - set(present) or not all(map(_TABLE.fullmatch, tables)):
            raise InputError("server.portal.backup_unknown", file=", ".join(sorted(set(tables) - set(present))))
        for table in present:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in present))
        for table, columns in tables.items():
            with (
                (folder / f"{table}.copy").open("rb") as file,
                cursor.copy(_copy_statement(table, columns, "FROM STDIN")) as rows,
            ):
                while piece := file.read(PIECE):
                    rows.write(piece)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in present:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        _reset_counters(cursor)


def _reset_counters(cursor: Any) -> None:
    cursor.execute(
        """SELECT t.relname, a.attname, pg_get_serial_sequence(quote_ident(t.relname), a.attname)
        FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
        WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace AND a.attnum > 0
        AND NOT a.attisdropped AND pg_get_serial_sequence(quote_ident(t.relname), a.attname) IS NOT NULL"""
    )
    for table, column, sequence in cursor.fetchall():
        highest = f'SELECT max("{column}") AS highest FROM "{table}"'
        cursor.execute(
            f"SELECT setval(%s, coalesce(highest, 1), highest IS NOT NULL) FROM ({highest}) AS rows", [sequence]
        )


def _columns(cursor: Any) -> dict[str, list[str]]:
    """Every table of the schema with the columns that hold values of their own."""
    cursor.execute(
        """SELECT t.relname, a.attname FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
        WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY t.relname, a.attnum"""
    )
    found: dict[str, list[str]] = {}
    for table, column in cursor.fetchall():
        found.setdefault(table, []).append(column)
    return found


def _copy_statement(table: str, columns: list[str], direction: str) -> str:
    names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    return f'COPY "{table}" ({names}) {direction}'


def _state(cursor: Any) -> tuple[dict[str, list[str]], dict[str, Any] | None]:
    """The migrations that were run, by app, and the journal's head."""
    migrations: dict[str, list[str]] = {}
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    for app, name in cursor.fetchall():
        migrations.setdefault(app, []).append(name)
    if "journal" not in migrations:
        return migrations, None
    cursor.execute("SELECT sequence, hash FROM journal_chain")
    row = cursor.fetchone()
    return migrations, {"sequence": row[0], "hash": row[1]} if row else None


def _address() -> dict[str, Any]:
    given = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = {name: given[key] for name, key in names.items() if given[key]}
    return {**{key: value for key, value in given["OPTIONS"].items() if isinstance(value, str)}, **address}


def _tool(name: str, server_version: int) -> bool:
    """Is the program there, and at least as new as the server?"""
    program = shutil.which(name)
    if program is None:
        return False
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"(\d+)(?:\.\d+)*", said)
    return version is not None and int(version[1]) >= server_version // 10000


def _run(name: str, options: list[str]) -> None:
    """The address goes through the environment: a password has no place among the arguments."""
    address = _address()
    variables = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    given = {variable: str(address[key]) for key, variable in variables.items() if key in address}
    ended = subprocess.run(  # noqa: S603  a program of PostgreSQL with options of ours
        [shutil.which(name) or name, *options],
        env=environment.of_child(given),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        problem = next(iter(ended.stderr.strip().splitlines()), str(ended.returncode))
        raise UnavailableError("server.portal.backup_database", problem=f"{name}: {problem}")
