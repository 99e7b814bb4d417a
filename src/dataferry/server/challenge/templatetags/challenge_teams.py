"""Eligibility in templates."""

from __future__ import annotations

from django import template

from dataferry.server.challenge.models import EligibilityCheck

register = template.Library()


@register.filter
def seen(check: EligibilityCheck) -> str:
    """What a form names the state of a check by, as it was when the page was made."""
    return f"{check.state}:{check.answered_at.isoformat() if check.answered_at else ''}"
