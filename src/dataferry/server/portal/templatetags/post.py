"""Letters in the operators' templates."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from dataferry.server.letters import Letter
from dataferry.server.people.queries import display_name

register = template.Library()


@register.filter
def letter_state(state: str) -> str:
    """The state of a letter in plain words."""
    return {
        "queued": _("waiting"),
        "sending": _("being sent"),
        "sent": _("sent"),
        "failed": _("failed"),
        "withheld": _("withheld"),
    }.get(state, state)


@register.filter
def reader_name(user: User) -> str:
    """What the person is called, never their address."""
    return display_name(user)


@register.filter
def may_be_retried(letter: Letter) -> bool:
    """Offer another try only where there is something to send."""
    stopped = letter.campaign is not None and letter.campaign.cancelled_at is not None
    return letter.state in {"failed", "withheld"} and bool(letter.subject) and not stopped
