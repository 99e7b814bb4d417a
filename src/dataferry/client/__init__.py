"""The client of a Dataferry server: its API as Python calls, and product folders that travel both ways.

The names below are loaded when they are first used, so that `import dataferry` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.client.calls import Client
    from dataferry.client.comparing import standing
    from dataferry.client.errors import ServerError
    from dataferry.client.logins import Login, Logins
    from dataferry.client.market import Market
    from dataferry.client.market_records import (
        AccessKey,
        Agreement,
        Delivery,
        Invoice,
        Listing,
        Negotiation,
        Offer,
        Usage,
    )
    from dataferry.client.pulling import pull
    from dataferry.client.pushing import push
    from dataferry.client.records import (
        Build,
        Column,
        Dataset,
        Draft,
        Job,
        Person,
        Product,
        ReleaseRecord,
        SnapshotRecord,
        Upload,
    )

_PLACES = {
    "AccessKey": "market_records",
    "Agreement": "market_records",
    "Build": "records",
    "Client": "calls",
    "Column": "records",
    "Dataset": "records",
    "Delivery": "market_records",
    "Draft": "records",
    "Invoice": "market_records",
    "Job": "records",
    "Listing": "market_records",
    "Login": "logins",
    "Logins": "logins",
    "Market": "market",
    "Negotiation": "market_records",
    "Offer": "market_records",
    "Person": "records",
    "Product": "records",
    "ReleaseRecord": "records",
    "ServerError": "errors",
    "SnapshotRecord": "records",
    "Upload": "records",
    "Usage": "market_records",
    "pull": "pulling",
    "push": "pushing",
    "standing": "comparing",
}

__all__ = [
    "AccessKey",
    "Agreement",
    "Build",
    "Client",
    "Column",
    "Dataset",
    "Delivery",
    "Draft",
    "Invoice",
    "Job",
    "Listing",
    "Login",
    "Logins",
    "Market",
    "Negotiation",
    "Offer",
    "Person",
    "Product",
    "ReleaseRecord",
    "ServerError",
    "SnapshotRecord",
    "Upload",
    "Usage",
    "pull",
    "push",
    "standing",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dataferry.client.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
