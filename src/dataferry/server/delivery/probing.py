"""The live connection test of a service: its door is asked real questions of the release before it is listed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dataferry.messages import RefusedError
from dataferry.privacy import answers
from dataferry.privacy.answers import Group, Protection, Question
from dataferry.server.delivery.answering import Asked, read_answer
from dataferry.server.delivery.changes import schema_of
from dataferry.server.delivery.limits import Cut
from dataferry.server.delivery.models import ServedTable
from dataferry.server.delivery.rows import Condition
from dataferry.server.delivery.screening import protection_of
from dataferry.server.delivery.serving import served_table
from dataferry.server.exchange import connection
from dataferry.server.exchange.models.listings import Listing


def probe(listing: Listing) -> None:
    """Ask how many rows there are, and try every input field of the sheet as a buyer would.

    Raises:
        DataferryError: the door does not answer: `server.delivery.not_screened`, `probe_too_few`, `probe_input`,
            `probe_input_type`, or what stands in its way.
    """
    protection = protection_of(listing, listing.release)
    served = served_table(listing.release, Cut(), wait=True)
    if read_answer(served, Asked(), protection).too_few:
        raise RefusedError("server.delivery.probe_too_few", release=str(listing.release), least=protection.k)
    for each in listing.details.get("inputs") or []:
        _try_input(served, str(each["name"]), str(each["type"]), protection)


def _try_input(served: ServedTable, name: str, stated: str, protection: Protection) -> None:
    schema = schema_of(served)
    if name not in answers.askable(schema, protection):
        possible = ", ".join(answers.askable(schema, protection))[:1000]
        raise RefusedError("server.delivery.probe_input", column=name[:80], possible=possible)
    if stated not in types_of(schema.field(name).type):
        true = ", ".join(types_of(schema.field(name).type))
        raise RefusedError("server.delivery.probe_input_type", column=name, stated=stated, true=true)
    groups = (Group(name),) if answers.can_group(schema.field(name).type) else ()
    answers.check(Question(groups), schema, protection)
    read_answer(served, Asked(conditions=(Condition(name, "present", ("",)),)), protection)


def types_of(kind: pa.DataType) -> tuple[str, ...]:
    """What a sheet may call a column of such a type; a place is kept as bytes."""
    if pa.types.is_integer(kind):
        return ("integer", "number")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ("number",)
    if pa.types.is_boolean(kind):
        return ("boolean",)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return ("date",) if pa.types.is_date(kind) else ("timestamp",)
    return ("geometry",) if pa.types.is_binary(kind) else ("string",)


def _registered(listing: Any) -> None:
    probe(listing)


connection.register(_registered)
