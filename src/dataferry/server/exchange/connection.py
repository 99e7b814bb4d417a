"""The live connection test that an API product passes before it is listed. The delivery room brings the test.

    connection.register(probe)      # in the delivery room's AppConfig: probe(listing) -> None, or a DataferryError

A product whose door nobody can try is not put on the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dataferry.messages import DataferryError, RefusedError

Probe = Callable[[Any], None]

_probes: list[Probe] = []


def register(probe: Probe) -> Probe:
    """Say how an API product is tried. The last one registered counts.

    Args:
        probe: is given the listing; returns when its door answered as the sheet says, else raises a DataferryError.
    """
    _probes.append(probe)
    return probe


def forget(probe: Probe) -> None:
    """Take a test away again."""
    _probes.remove(probe)


def require_answer(listing: Any) -> None:
    """Do nothing when the product's door answers.

    Raises:
        RefusedError: `server.exchange.no_connection_test`, `server.exchange.connection_failed` with the code of why.
    """
    if not _probes:
        raise RefusedError("server.exchange.no_connection_test", number=listing.number)
    try:
        _probes[-1](listing)
    except DataferryError as error:
        raise RefusedError("server.exchange.connection_failed", number=listing.number, why=error.text()) from error
