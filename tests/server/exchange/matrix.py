"""The permission matrix of the exchange: whose it is, and what its page says. How it is tried: server/matrix.py.

`python tools/make_exchange_permissions.py` writes the page anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from server.exchange.matrix_lines import AGAIN, OPERATIONS, PAGES
from server.matrix import Rooms

ROLES = (
    "visitor",
    "member",
    "supplier's manager",
    "supplier's member",
    "buyer's manager",
    "buyer's member",
    "another merchant's manager",
    "assessor",
    "another assessor",
    "officer of the city",
    "officer of the other city",
    "operator of the city",
    "operator of the other city",
    "administrator",
)
HEAD = """# Who may do what on the exchange

Made by `tools/make_exchange_permissions.py` from `tests/server/exchange/test_matrix.py`, which tries every page, every
operation and every door for programs of merchants, compliance, exchange and delivery as every role; a test compares.
The supplier is a company of Shanghai and "the city" is Shanghai; the buyer is a company of Hong Kong, and another
merchant buys the same product. The assessor works for the merchant that assesses the case. At the doors for programs
both buyers come with their keys, everybody else without one. `POST` without more is an empty
form, where nothing else is posted.

| mark | meaning |
|---|---|
| **yes** | shown, or done |
| refused | may be asked, and the state of things or what was handed in stands against it |
| sign in | a visitor is led to the sign-in page, a program gets 401 |
| forbidden | the person knows that it is there, and may not |
| – | not there for this person: what is private and what does not exist answer alike |

"""
EXCHANGE = Rooms(
    roles=ROLES,
    routes="merchants/|compliance/|exchange/|delivery/|delta-sharing/",
    tags=("merchants", "compliance", "exchange", "delivery"),
    pages=PAGES,
    operations=OPERATIONS,
    again=AGAIN,
    usual={"tag": "en", "format": "csv", "path": "nothing"},
    words={"accepted": True, "side": "buyer", "terms": {"amount": 600}, "scopes": ["files"]},
    doors="/(delta-sharing|delivery|api)/",
    empty_posts=False,
    head=HEAD,
    parts=(
        ("begun", "What is begun"),
        ("examined", "What is handed in"),
        ("decided", "What waits for a decision"),
        ("traded", "A product that is listed, sold, paid and delivered"),
    ),
)


@contextmanager
def plainly_drawn() -> Iterator[None]:
    """Pages without their templates, papers without their drawing: both are looked at in the tests of their pages."""
    from django.template.backends.django import Template

    from dataferry.server.papers import documents

    def drawn(_self: Any, context: Any = None, request: Any = None) -> str:
        return ""

    def printed(_document: Any, *_rest: Any, **_named: Any) -> Any:
        return documents.Rendered(b"%PDF-", "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", drawn)
        patch.setattr(documents, "render", printed)
        yield
