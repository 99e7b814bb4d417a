"""The append-only, hash-chained record of every binding act.

    with transaction.atomic():
        dataset.save()
        journal.append("person:12", "catalogue.dataset_published", "dataset:air-quality", {"snapshot": digest})

The names below are found when they are asked for: models cannot be imported before Django has started.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.server.journal.actions import append
    from dataferry.server.journal.anchors import SignedHead, make_anchor, parse_anchor, read_anchor
    from dataferry.server.journal.canonical import PayloadError
    from dataferry.server.journal.chain import OutsideTransactionError
    from dataferry.server.journal.checking import Verification, findings, verify
    from dataferry.server.journal.final_rows import FinalRow
    from dataferry.server.journal.keys import public_pem, signing_key, trusted_keys
    from dataferry.server.journal.lives import Life, Retold, register, replay, retell
    from dataferry.server.journal.models import Anchor, Chain, Cursor, Event
    from dataferry.server.journal.numbers import next_in_series, next_number
    from dataferry.server.journal.queries import events, export_lines, head, selected, told
    from dataferry.server.journal.subscribers import catch_up, subscribe, subscribers

_WHERE = {
    "Anchor": "models",
    "Chain": "models",
    "Cursor": "models",
    "Event": "models",
    "FinalRow": "final_rows",
    "Life": "lives",
    "OutsideTransactionError": "chain",
    "PayloadError": "canonical",
    "Retold": "lives",
    "SignedHead": "anchors",
    "Verification": "checking",
    "append": "actions",
    "catch_up": "subscribers",
    "events": "queries",
    "export_lines": "queries",
    "findings": "checking",
    "head": "queries",
    "make_anchor": "anchors",
    "parse_anchor": "anchors",
    "next_in_series": "numbers",
    "next_number": "numbers",
    "public_pem": "keys",
    "read_anchor": "anchors",
    "register": "lives",
    "replay": "lives",
    "retell": "lives",
    "selected": "queries",
    "signing_key": "keys",
    "subscribe": "subscribers",
    "subscribers": "subscribers",
    "told": "queries",
    "trusted_keys": "keys",
    "verify": "checking",
}

__all__ = [
    "Anchor",
    "Chain",
    "Cursor",
    "Event",
    "FinalRow",
    "Life",
    "OutsideTransactionError",
    "PayloadError",
    "Retold",
    "SignedHead",
    "Verification",
    "append",
    "catch_up",
    "events",
    "export_lines",
    "findings",
    "head",
    "make_anchor",
    "next_in_series",
    "next_number",
    "parse_anchor",
    "public_pem",
    "read_anchor",
    "register",
    "replay",
    "retell",
    "selected",
    "signing_key",
    "subscribe",
    "subscribers",
    "told",
    "trusted_keys",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"the journal has no {name}")
    return getattr(import_module(f"dataferry.server.journal.{_WHERE[name]}"), name)
