"""Chains for tests: honest ones, and what a thief who owns the database does to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection, transaction

from dataferry.server import journal
from dataferry.server.journal.canonical import canonical, digest
from server.guards import without_triggers

COLUMNS = ("sequence", "instant", "actor", "act", "object", "payload", "previous", "hash")


def write(count: int, act: str = "catalogue.dataset_published") -> list[journal.Event]:
    """Append events that all differ."""
    with transaction.atomic():
        return [journal.append(f"person:{n % 3 + 1}", act, f"dataset:d{n}", {"rows": n}) for n in range(count)]


def rows() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM journal_event ORDER BY sequence")
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def right_hash(row: Mapping[str, Any]) -> str:
    """The hash of a row's content, written anew after docs/reference/journal.md."""
    value = {name: row[name] for name in COLUMNS if name != "hash"}
    return digest(canonical({**value, "payload": json.loads(row["payload"])}))


def rewrite(change: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Let `change` do what it likes to the list of rows, and put the outcome in the place of the table."""
    stored = rows()
    change(stored)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_event")
        for row in stored:
            places = ", ".join(["%s"] * len(COLUMNS))
            cursor.execute(f"INSERT INTO journal_event ({', '.join(COLUMNS)}) VALUES ({places})", [*row.values()])


def named(findings: list[Any]) -> set[int]:
    """The numbers of all rows that findings name."""
    numbers: set[int] = set()
    for finding in findings:
        data = finding.data
        numbers |= {data[key] for key in ("sequence", "written_as") if key in data}
        if "first" in data:
            numbers |= set(range(data["first"], data["last"] + 1))
    return numbers
