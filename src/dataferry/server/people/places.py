"""Where one can go inside the account, for the pages of this room and allauth's alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server.people.permissions import can


@dataclass(frozen=True)
class Place:
    name: str
    address: str
    current: bool


def account_places(request: HttpRequest) -> dict[str, Any]:
    """On pages of the account: its parts, with the one that the page belongs to marked."""
    root = reverse("account_overview")
    if not request.path.startswith(root):
        return {}
    if not request.user.is_authenticated:
        return {"section": "account"}
    names = [
        (_("Overview"), "account_overview"),
        (_("Profile"), "account_profile"),
        (_("Organisations"), "account_organisations"),
        (_("API tokens"), "account_tokens"),
        (_("E-mail addresses"), "account_email"),
        (_("Password"), "account_change_password"),
        (_("Second step"), "mfa_index"),
        (_("Sessions"), "usersessions_list"),
        (_("Your data"), "account_data"),
    ]
    if can(request.user, "people.see_roles"):
        names += [(_("Roles of people"), "account_roles"), (_("Verify organisations"), "account_all_organisations")]
    places = [(name, reverse(address)) for name, address in names]
    current = max((address for _name, address in places if request.path.startswith(address)), key=len)
    if request.path.startswith(reverse("account_delete")):
        current = reverse("account_data")
    return {
        "section": "account",
        "account_places": [Place(name, address, address == current) for name, address in places],
    }
