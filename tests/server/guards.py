"""Emptying the database between tests, although triggers refuse to: rows that are never deleted are, by tests only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def without_triggers() -> Iterator[None]:
    """Inside the block the database's triggers are silent, as for a thief who owns the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _text in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, text in triggers:
            cursor.execute(text)


def flushing(original: Callable[..., None]) -> Callable[..., None]:
    """`execute_sql_flush` of a database's operations, with the triggers silent."""

    def execute_sql_flush(self: Any, sql_list: Sequence[str]) -> None:
        if not sql_list:
            return
        with without_triggers():
            original(self, [_with_dependants(statement) for statement in sql_list])

    return execute_sql_flush


def _with_dependants(statement: str) -> str:
    """PostgreSQL: tables that a migration made without a model refer to those that have one."""
    return statement.rstrip(";") + " CASCADE;" if statement.startswith("TRUNCATE") else statement
