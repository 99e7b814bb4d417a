"""Where one can go on the exchange: one navigation for its four rooms, by what the person has to do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server import people

ROOMS = ("merchants-directory", "compliance-cases", "exchange-listings", "delivery-mine")
TRADE = ("agreements", "negotiations", "invoices", "statements", "disputes")
MONEY = ("payments", "transfers", "owners")


@dataclass(frozen=True)
class Place:
    """One entry. `current` is the value of aria-current, empty where the page belongs elsewhere."""

    name: str
    address: str
    current: str


@dataclass(frozen=True)
class Row:
    """Entries of one kind with what they are called together."""

    name: str
    places: list[Place]


def exchange_places(request: HttpRequest) -> dict[str, Any]:
    """For templates of the exchange's rooms: what is open to all, what is the person's own, their desks."""
    if not request.path.startswith(_roots()):
        return {}
    user = getattr(request, "user", None)
    rows = [(_("Market"), _market())]
    if user is not None and user.is_authenticated:
        rows += [(_("Mine"), _mine()), (_("Desks"), _desks(user))]
    owner = _owner(request.path, [address for _name, places in rows for _word, address in places])
    shown = [
        Row(name, [Place(word, address, _current(request.path, address, owner)) for word, address in places])
        for name, places in rows
        if places
    ]
    return {"section": "exchange", "exchange_rows": shown}


def _roots() -> tuple[str, ...]:
    compliance = reverse("compliance-cases").removesuffix("cases/")
    return (*(reverse(name) for name in ROOMS if name != "compliance-cases"), compliance)


def _market() -> list[tuple[str, str]]:
    return [
        (_("Products for sale"), reverse("exchange-listings")),
        (_("The register"), reverse("exchange-registrations")),
        (_("Public notices"), reverse("exchange-notices")),
        (_("Merchants"), reverse("merchants-directory")),
    ]


def _mine() -> list[tuple[str, str]]:
    return [
        (_("My merchants"), reverse("merchants-mine")),
        (_("My products"), reverse("exchange-mine")),
        (_("Compliance"), reverse("compliance-cases")),
        (_("Border"), reverse("compliance-border")),
        (_("My trade"), reverse("exchange-trade")),
        (_("My data"), reverse("delivery-mine")),
    ]


def _desks(user: Any) -> list[tuple[str, str]]:
    desks = [
        ("merchants.see_desk", _("Merchants' desk"), "merchants-desk"),
        ("compliance.see_case_desk", _("Compliance desk"), "compliance-desk"),
        ("exchange.see_desk", _("Registrar's desk"), "exchange-desk"),
        ("exchange.operate", _("Money desk"), "exchange-money-desk"),
        ("delivery.operate", _("Delivery desk"), "delivery-desk"),
    ]
    return [(word, reverse(name)) for permission, word, name in desks if people.can(user, permission)]


def _owner(path: str, addresses: list[str]) -> str:
    """The entry that a page belongs to: papers of trade to one's trade, those of money to
    its desk, else the longest address it lies below."""
    exchange = reverse("exchange-listings")
    if path.startswith(tuple(f"{exchange}{part}/" for part in TRADE)):
        return reverse("exchange-trade")
    if path.startswith(tuple(f"{exchange}desk/{part}/" for part in MONEY)):
        return reverse("exchange-money-desk")
    return max((each for each in addresses if path.startswith(each)), key=len, default="")


def _current(path: str, address: str, owner: str) -> str:
    if address != owner:
        return ""
    return "page" if address == path else "true"
