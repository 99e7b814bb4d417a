"""Small questions of the portal's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from dataferry.server import people
from dataferry.server.exchange.models import Listing
from dataferry.server.portal.release_doors import Station, may_become_supplier, sold_as, stations
from dataferry.server.workshop.models import Release

register = template.Library()


@register.filter
def named(names: Mapping[int, str], person: int) -> str:
    """What a person calls themselves; empty where the list does not say."""
    return names.get(person, "")


@register.filter
def may(user: Any, permission: str) -> bool:
    """Whether this person may do that at all: what they may not do is not offered."""
    return people.can(user, permission)


@register.simple_tag
def exchange_listing(release: Release) -> Listing | None:
    """Where this product is sold."""
    return sold_as(release)


@register.simple_tag(takes_context=True)
def exchange_stations(context: Mapping[str, Any], release: Release) -> list[Station]:
    """The way to the list, for those who could sell this release."""
    return stations(context["user"], release)


@register.filter
def could_be_supplied_by(release: Release, user: Any) -> bool:
    """Whether this person could sell it after joining the market."""
    return may_become_supplier(user, release)
