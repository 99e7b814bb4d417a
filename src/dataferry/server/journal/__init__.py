"""The append-only, hash-chained record of every binding act.

Front door (the names are resolved when they are asked for, since models need a started Django):

    journal.append(actor, act, object, payload) -> Event        inside transaction.atomic(), as its last step
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.server.journal.canonical import PayloadError
    from dataferry.server.journal.chain import OutsideTransactionError, append
    from dataferry.server.journal.models import Event

_WHERE = {
    "Event": "models",
    "OutsideTransactionError": "chain",
    "PayloadError": "canonical",
    "append": "chain",
}

__all__ = ["Event", "OutsideTransactionError", "PayloadError", "append"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(import_module(f"dataferry.server.journal.{_WHERE[name]}"), name)
