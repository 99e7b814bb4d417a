"""The door of rows: JSON pages of a table, with an access key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from dataferry.messages import InputError
from dataferry.server.delivery import gate, metering
from dataferry.server.delivery.actions.first_delivery import before_leaving
from dataferry.server.delivery.doors import bearer, machine_door
from dataferry.server.delivery.rows import (
    LONGEST_CURSOR,
    LONGEST_VALUE,
    MOST,
    TESTS,
    USUAL,
    Asked,
    Condition,
    RowPage,
    read_page,
)
from dataferry.server.delivery.serving import served_table

OWN = frozenset({"limit", "cursor", "columns", "version", "lang"})


@require_http_methods(["GET", "HEAD"])
@machine_door
def rows(request: HttpRequest, share: str) -> HttpResponseBase:
    """One page of rows of a share, in the order of its key.

    `limit` (1 to 10000), `cursor`, `columns` (names with commas), `version`; every other parameter is a condition:
    `city=shanghai`, `chargers.at_least=3`, `district.one_of=a,b`, `name.missing=`.
    """
    asked = _asked(request)
    admission = gate.admit(bearer(request), gate.Door.ROWS, share=share, number=number_of(request, "version"))
    # What was answered, not what was written: `limit=1&limit=10000` and the other way round are two questions.
    key = metering.request_key(admission, asdict(asked), request.headers.get(metering.HEADER, ""))
    if asked.conditions:
        metering.check_probing(admission, key)
    served = served_table(admission.release, admission.cut)
    shown = replace(asked, limit=metering.rows_allowed(admission, key, asked.limit))
    page = read_page(served, shown, share, admission.version.number)
    before_leaving(admission)
    metering.record(admission, key, "rows", rows=len(page.items))
    told = {"share": share, "version": admission.version.number, "release": admission.release.version}
    answer = HttpResponse(_body(told, page), content_type="application/json")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _body(told: dict[str, Any], page: RowPage) -> bytes:
    """The answer around rows that are JSON already."""
    head = json.dumps(told, ensure_ascii=False)[:-1]
    parts = [
        f'{head}, "items": ['.encode(),
        b", ".join(page.items),
        f'], "next": {json.dumps(page.next or None)}}}'.encode(),
    ]
    return b"".join(parts)


def _asked(request: HttpRequest) -> Asked:
    limit = number_of(request, "limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise InputError("server.delivery.bad_limit", field="limit", most=MOST)
    cursor = request.GET.get("cursor", "")
    if len(cursor) > LONGEST_CURSOR:
        raise InputError("server.delivery.bad_cursor", field="cursor")
    columns = tuple(name for name in request.GET.get("columns", "").split(",") if name)
    return Asked(columns, tuple(conditions_of(request, OWN)), USUAL if limit is None else limit, cursor)


def number_of(request: HttpRequest, name: str) -> int | None:
    """A parameter that is a whole number; None where it is not given.

    Raises:
        InputError: `server.delivery.not_a_number`.
    """
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InputError("server.delivery.not_a_number", field=name)
    return int(text)


def conditions_of(request: HttpRequest, own: Collection[str]) -> Iterator[Condition]:
    """`column=value` or `column.test=value`; a column whose own name ends like a test is asked with `.equals`.

    Args:
        own: parameters of the door itself.

    Raises:
        InputError: `server.delivery.bad_value`.
    """
    for name, values in request.GET.lists():
        if name in own:
            continue
        column, _, test = name.rpartition(".")
        if not column or test not in TESTS:
            column, test = name, "equals"
        for value in values:
            if len(value) > LONGEST_VALUE:
                raise InputError("server.delivery.bad_value", field=name[:80], column=column[:80], value="", type="")
            yield Condition(column, test, tuple(value.split(",")) if test == "one_of" else (value,))
