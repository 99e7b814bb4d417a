"""Letters about teams: to an invited address, in all three languages, since nobody knows which one its owner reads."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.server import letters
from dataferry.server.challenge.models import CheckStep, EligibilityCheck, TeamInvitation
from dataferry.server.challenge.states import CheckState
from dataferry.server.challenge.team_view import rule_word
from dataferry.server.display.words import moment, spoken

logger = logging.getLogger(__name__)

_TONGUES = {"en": "en", "zh-hant": "zh-Hant", "zh-hans": "zh-Hans"}


def post_invitation(invitation: TeamInvitation) -> None:
    """Write to the invited address once the invitation stands. A failed letter undoes nothing: the invitation waits
    on the page "My challenge" of whoever shows that the address is theirs."""
    subjects, bodies = zip(*(_said(invitation, code) for code in _TONGUES), strict=True)

    def send() -> None:
        try:
            send_mail(subjects[0], "\n\n――――\n\n".join(bodies) + "\n", None, [invitation.email])
        except (OSError, smtplib.SMTPException):
            logger.warning("invitation %s to a team could not be mailed", invitation.pk)

    transaction.on_commit(send)


def post_decision(check: EligibilityCheck, step: CheckStep) -> None:
    """Tell the member whose check it is (for the team's: its leader) what the organisers ask or have decided."""
    team = check.team
    leader = team.members.filter(is_leader=True, left_at=None).select_related("user").first()
    member = check.member or leader
    if member is None or member.user is None:
        return
    subject, body = {}, {}
    for code, language in _TONGUES.items():
        with override(code):
            asks = check.state == CheckState.QUERIED
            what = _("A question about your eligibility") if asks else _("A decision about your eligibility")
            parts = (
                _("Team: %(team)s") % {"team": team.name},
                f"{rule_word(check.rule)}: {CheckState(check.state).label}",
                step.words,
                _site() + reverse("challenge-check", args=[check.pk]),
            )
            subject[language], body[language] = what, "\n\n".join(part for part in parts if part)
    letters.post(member.user, key=f"challenge.check:{step.pk}", subject=subject, body=body, about=f"team:{team.pk}")


def _said(invitation: TeamInvitation, code: str) -> tuple[str, str]:
    team = invitation.team
    with override(code):
        edition = spoken(team.edition.document.get("title"), _TONGUES[code]).text  # type: ignore[arg-type]
        subject = _("Invitation to join a team: %(edition)s") % {"edition": edition}
        parts = (
            _("You are invited to join the team “%(team)s” in %(edition)s.") % {"team": team.name, "edition": edition},
            _("Sign in, or sign up with this e-mail address, and accept or decline on the page “My challenge”:"),
            _site() + reverse("challenge-mine"),
            _("The invitation is good until %(until)s.") % {"until": moment(invitation.until)},
            _("If you do not know this team, do nothing: nobody joins without accepting."),
        )
    return subject, "\n\n".join(parts)


def _site() -> str:
    """How the site is called from outside, where the operator has said so."""
    return settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""
