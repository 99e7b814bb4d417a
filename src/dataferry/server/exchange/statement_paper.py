"""Statements as PDF in one of the three languages, made from their documents alone: the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.server.display.words import city_name, day, money, spoken
from dataferry.server.exchange.models import OwnerStatement, Statement
from dataferry.server.exchange.sheet.sections import TONGUES
from dataferry.server.papers import documents

if TYPE_CHECKING:
    from dataferry.messages import Language

Rows = Sequence[tuple[str, str]]


def statement_pdf(statement: Statement, language: Language) -> bytes:
    """What a merchant earned and paid."""
    document, currency = statement.document, statement.currency
    with override(TONGUES[language]):
        party = spoken(statement.party.organisation.name, language).text
        kinds = {"earned": _("Earned"), "paid": _("Paid")}
        columns = [_("Day"), _("What"), _("Source"), _("Amount"), _("In %(currency)s") % {"currency": currency}]
        rows = [
            [
                day(line["at"]),
                kinds[line["kind"]],
                f"{line['source']} · {line['invoice']}",
                money(line["amount"], line["currency"]),
                money(line["amount_here"], currency),
            ]
            for line in document["lines"]
        ]
        totals = [
            (_("Earned"), money(document["totals"]["earned"], currency)),
            (_("Paid"), money(document["totals"]["paid"], currency)),
            (_("Balance"), money(document["totals"]["balance"], currency)),
        ]
        head = [(_("Merchant"), f"{party} · {document['party']}".lstrip(" ·"))]
        return _paper(statement, head, (columns, rows), totals, language)


def owner_pdf(statement: OwnerStatement, language: Language) -> bytes:
    """What an owner upstream earned."""
    document, currency = statement.document, statement.currency
    with override(TONGUES[language]):
        kinds = {"share": _("Share of a payment"), "returned": _("Taken back with a refund")}
        columns = [_("Day"), _("What"), _("Source"), _("Product"), _("Amount")]
        rows = [
            [
                day(line["at"]),
                kinds[line["kind"]],
                line["source"],
                f"{line['listing']} · {line['release']}",
                money(line["amount"], currency),
            ]
            for line in document["lines"]
        ]
        totals = [
            (_("Parts of payments"), money(document["totals"]["share"], currency)),
            (_("Taken back with refunds"), money(document["totals"]["returned"], currency)),
            (_("Balance"), money(document["totals"]["balance"], currency)),
        ]
        head = [(_("Owner of data upstream"), document["owner"]), (_("Exchange"), city_name(document["city"]))]
        return _paper(statement, head, (columns, rows), totals, language)


def _paper(
    statement: Any, head: Rows, table: tuple[list[str], list[list[str]]], totals: Rows, language: Language
) -> bytes:
    document, (titles, rows) = statement.document, table
    money_from = len(titles) - (2 if "rates" in document else 1)
    columns = [documents.Column(title, number=place >= money_from) for place, title in enumerate(titles)]
    facts = [
        *head,
        (_("Period"), f"{day(document['from'])} – {day(document['until'])}"),
        (_("Currency"), document["currency"]),
        (_("Made"), day(document["made_at"])),
    ]
    blocks: list[documents.Block] = [documents.Facts(facts), documents.Heading(_("Lines"))]
    blocks.append(documents.Table(columns, rows) if rows else documents.Paragraph(_("Nothing came in or went out.")))
    blocks += [documents.Heading(_("Totals")), documents.Facts(totals)]
    blocks += [documents.Paragraph(text) for text in _rates(document.get("rates") or [])]
    blocks.append(documents.Seal([_("Digest of the statement:"), statement.digest]))
    return documents.render(
        documents.Document(
            title=_("Statement %(number)s") % {"number": statement.number},
            language=language,
            blocks=blocks,
            ink=document.get("city") or "both",
            footer=statement.number,
            subject=statement.number,
            dated=datetime.fromisoformat(document["made_at"]),
        )
    ).body


def _rates(rates: Sequence[dict[str, Any]]) -> list[str]:
    told = "{day}: 1 {from} = {numerator}/{denominator} {to} · {source}"
    return [told.format_map({**each, "day": day(each["day"])}) for each in rates]
