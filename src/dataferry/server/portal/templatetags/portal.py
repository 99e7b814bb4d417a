"""Small questions of the portal's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from dataferry.server import people

register = template.Library()


@register.filter
def named(names: Mapping[int, str], person: int) -> str:
    """What a person calls themselves; empty where the list does not say."""
    return names.get(person, "")


@register.filter
def may(user: Any, permission: str) -> bool:
    """Whether this person may do that at all: what they may not do is not offered."""
    return people.can(user, permission)
