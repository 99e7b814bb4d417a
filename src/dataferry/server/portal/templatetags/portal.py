"""Small questions of the portal's templates."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def named(names: Mapping[int, str], person: int) -> str:
    """What a person calls themselves; empty where the list does not say."""
    return names.get(person, "")
