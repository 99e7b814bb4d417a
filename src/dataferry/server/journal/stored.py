"""The chain as it stands in the database, row by row, believing nothing of it: no type, no encoding, no order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from dataferry.server.journal.canonical import canonical, digest

ROWS_AT_ONCE = 1000
_COLUMNS = ("sequence", "instant", "actor", "act", "object", "payload", "previous", "hash")


@dataclass(frozen=True)
class StoredRow:
    """One row; a field that is no text is `None`."""

    sequence: int
    instant: str | None
    actor: str | None
    act: str | None
    object: str | None
    payload: str | None
    previous: str | None
    hash: str | None

    def computed(self, sequence: int | None = None) -> str | None:
        """The hash of what the row says, at its own place or another; `None` where it says nothing canonical."""
        texts = (self.instant, self.actor, self.act, self.object, self.payload, self.previous)
        if None in texts or self.payload is None:
            return None
        try:
            payload = json.loads(self.payload)
            if not isinstance(payload, dict) or canonical(payload) != self.payload:
                return None
            value = {
                "act": self.act,
                "actor": self.actor,
                "instant": self.instant,
                "object": self.object,
                "payload": payload,
                "previous": self.previous,
                "sequence": self.sequence if sequence is None else sequence,
            }
            return digest(canonical(value))
        except (ValueError, RecursionError):
            return None


def stored_rows(after: int = 0) -> Iterator[StoredRow]:
    """All rows in the order of their numbers, a thousand at a time: memory does not grow with the journal."""
    while True:
        page = _page(after)
        yield from page
        if len(page) < ROWS_AT_ONCE:
            return
        after = page[-1].sequence


def row_with_hash(value: str | None) -> int | None:
    """The number of the row that has this hash."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequence FROM journal_event WHERE hash = %s", [value])
        row = cursor.fetchone()
    return row[0] if row and isinstance(row[0], int) else None


def rows_outside() -> int:
    """How many rows have a number that no event can have: below one, or (SQLite) no integer at all."""
    sqlite = connection.vendor == "sqlite"
    condition = "sequence < 1" + (" OR typeof(sequence) <> 'integer'" if sqlite else "")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM journal_event WHERE {condition}")
        return int(cursor.fetchone()[0])


def _page(after: int) -> list[StoredRow]:
    sqlite = connection.vendor == "sqlite"
    # As bytes: SQLite would fail on a text that is no UTF-8, and so hide which row holds it.
    columns = [f"CAST({name} AS BLOB)" if sqlite and name != "sequence" else name for name in _COLUMNS]
    only = "AND typeof(sequence) = 'integer'" if sqlite else ""
    query = (
        f"SELECT {', '.join(columns)} FROM journal_event WHERE sequence > %s {only} "
        f"ORDER BY sequence LIMIT {ROWS_AT_ONCE}"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [after])
        return [StoredRow(row[0], *map(_text, row[1:])) for row in cursor.fetchall()]


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None
