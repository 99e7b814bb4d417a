"""Promise: pages together are the list, once each, also while rows come and go; a cursor cannot be made up."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.test.utils import CaptureQueriesContext

ADDRESS = "/api/v1/names"


def pages(caller: Client, limit: int, meanwhile: Any = None) -> list[int]:
    seen: list[int] = []
    cursor = None
    while True:
        page = caller.get(ADDRESS, {"limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        assert 0 < len(page["items"]) <= limit
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return seen
        if meanwhile:
            meanwhile()
            meanwhile = None


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_pages_together_are_the_list_in_order(caller: Client, limit: int) -> None:
    expected = list(Permission.objects.order_by("-content_type__model", "codename", "pk").values_list("pk", flat=True))
    assert pages(caller, limit) == expected[: len(expected)]


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(caller: Client) -> None:
    before = set(Permission.objects.values_list("pk", flat=True))
    first = Permission.objects.order_by("-content_type__model", "codename", "pk")[0]
    gone = first.pk

    def change() -> None:
        # A row of the first page goes, and one that sorts before it comes: offsets would slip by one or two.
        first.delete()
        kind = ContentType.objects.order_by("-model")[0]
        Permission.objects.create(content_type=kind, codename="000", name="new")

    seen = pages(caller, 5, change)
    assert len(seen) == len(set(seen))
    assert set(seen) == before
    assert gone in seen


def test_the_number_of_queries_does_not_grow_with_the_page(caller: Client) -> None:
    from django.db import connection

    counts = []
    for limit in (2, 40):
        caller.get(ADDRESS, {"limit": limit})
        with CaptureQueriesContext(connection) as queries:
            caller.get(ADDRESS, {"limit": limit})
        counts.append(sum("auth_permission" in query["sql"] for query in queries))
    # The order names a related column, which the last row of a page is asked for once.
    assert counts[0] == counts[1] <= 2


def test_a_cursor_of_another_list_or_of_nobody_is_refused(caller: Client) -> None:
    good = caller.get(ADDRESS, {"limit": 2, "scope": "a"}).json()["next"]
    assert caller.get(ADDRESS, {"cursor": good, "scope": "a"}).status_code == 200
    bad = [good[:-1] + ("A" if good[-1] != "A" else "B"), "x" + good, good + ".x", "", ".", "e30.e30", "x" * 2001]
    for cursor in bad[:3] + bad[4:]:
        answer = caller.get(ADDRESS, {"cursor": cursor, "scope": "a"})
        assert answer.status_code == 422, cursor
    assert caller.get(ADDRESS, {"cursor": good, "scope": "b"}).json()["code"] == "server.web.bad_cursor"


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1e3", ""])
def test_the_size_of_a_page_has_bounds(caller: Client, limit: str) -> None:
    answer = caller.get(ADDRESS, {"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == "query.limit"
