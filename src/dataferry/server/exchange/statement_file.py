"""Invoices and statements as files: tables for spreadsheets, none of whose cells becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from dataferry.server.display.cells import harmless
from dataferry.server.exchange.models import Invoice, OwnerStatement, Statement

MARK = "\ufeff"
"""Spreadsheets take a file without it for one in another encoding."""


def statement_csv(statement: Statement) -> str:
    """The lines of a statement; amounts are minor units, as in the document."""
    document = statement.document
    head = ("statement", "party", "kind", "source", "invoice", "at", "currency", "amount", "amount_in_currency")
    rows = [
        (
            document["number"],
            document["party"],
            line["kind"],
            line["source"],
            line["invoice"],
            line["at"],
            line["currency"],
            line["amount"],
            line["amount_here"],
        )
        for line in document["lines"]
    ]
    return table(head, rows)


def owner_statement_csv(statement: OwnerStatement) -> str:
    """The lines of an owner's statement; amounts are minor units, as in the document."""
    document = statement.document
    head = ("statement", "owner", "city", "kind", "source", "listing", "release", "at", "currency", "amount")
    told = (document["number"], document["owner"], document["city"])
    names = ("kind", "source", "listing", "release", "at")
    rows = [
        (*told, *(line[name] for name in names), document["currency"], line["amount"]) for line in document["lines"]
    ]
    return table(head, rows)


def invoice_csv(invoice: Invoice) -> str:
    """The lines of an invoice; amounts are minor units."""
    head = ("invoice", "agreement", "what", "quantity", "per", "price", "amount", "currency")
    rows = [
        (
            invoice.number,
            invoice.agreement.number,
            line["what"],
            line["quantity"],
            line["per"],
            line["price"],
            line["amount"],
            invoice.currency,
        )
        for line in invoice.lines
    ]
    return table(head, rows)


def owners_csv(rows: Iterable[dict[str, Any]]) -> str:
    """What each beneficiary has earned: names are other people's text."""
    head = ("beneficiary", "kind", "currency", "amount")
    return table(head, [tuple(row[name] for name in ("beneficiary", "kind", "currency", "total")) for row in rows])


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV in UTF-8 with a mark; cells that would begin a formula are defused."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return MARK + out.getvalue()
