"""The outcomes of a border decision in words, and the state that each is drawn as."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from dataferry.border import Outcome
from dataferry.messages import State

STATES: Mapping[str, State] = {
    Outcome.FREE: "clear",
    Outcome.REPORT: "attention",
    Outcome.CONTRACT_OR_CERTIFICATION: "attention",
    Outcome.SECURITY_ASSESSMENT: "attention",
    Outcome.NEEDS_HUMAN: "unknown",
    Outcome.BLOCKED: "blocked",
}


def outcome_words() -> dict[str, str]:
    """Every outcome in the language in force."""
    return {
        Outcome.FREE: _("Free to cross"),
        Outcome.REPORT: _("Free, with a report"),
        Outcome.CONTRACT_OR_CERTIFICATION: _("Standard contract or certification first"),
        Outcome.SECURITY_ASSESSMENT: _("Security assessment first"),
        Outcome.NEEDS_HUMAN: _("A person must decide"),
        Outcome.BLOCKED: _("Blocked"),
    }
