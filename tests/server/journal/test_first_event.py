"""Promise: processes that write the first event of a house at the same instant make one chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from dataferry.server import journal
from server.databases import on_postgresql
from server.journal.chains import write


def written_elsewhere() -> int:
    """Write an event over another connection, and commit it."""
    with transaction.atomic():
        (event,) = write(1)
    connection.close()
    return event.sequence


@pytest.mark.skipif(not on_postgresql(), reason="SQLite lets one transaction in at a time")
@pytest.mark.django_db(transaction=True)
def test_a_head_that_appears_between_two_questions_is_found() -> None:
    elsewhere: list[int] = []

    def commit_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if 'FROM "journal_event"' in sql and not elsewhere:
            elsewhere.append(0)
            with ThreadPoolExecutor() as pool:
                elsewhere[0] = pool.submit(written_elsewhere).result()
        return execute(sql, *arguments)

    with connection.execute_wrapper(commit_first), transaction.atomic():
        (event,) = write(1)
    assert (elsewhere, event.sequence) == ([1], 2)
    assert journal.verify().sound
