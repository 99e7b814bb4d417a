"""Uploads in templates: what may be sent for a purpose."""

from __future__ import annotations

from django import template

from dataferry.server.uploads.purposes import purpose_of

register = template.Library()


@register.filter
def most_bytes(purpose: str) -> int:
    """The largest file that a purpose takes."""
    return purpose_of(purpose).limit
