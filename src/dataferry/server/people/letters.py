"""Letters that this room writes itself; allauth writes those about signing in."""

from __future__ import annotations

import logging
import smtplib

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.people.models import Organisation

logger = logging.getLogger(__name__)


def send_invitation(organisation: Organisation, email: str, page: str) -> None:
    """Tell an address that it was asked to join, in the language of who asks. A failed letter undoes nothing."""
    name = spoken(organisation.name, page_language()).text
    subject = _("Invitation to join %(organisation)s on Dataferry") % {"organisation": name}
    parts = (
        _("Somebody who manages %(organisation)s on Dataferry invites you to join it.") % {"organisation": name},
        _("Sign in, or sign up with this e-mail address, and accept or decline the invitation on this page:"),
        page,
        _("If you do not know this organisation, do nothing: nobody joins without accepting."),
    )
    try:
        send_mail(subject, "\n\n".join(parts) + "\n", None, [email])
    except (OSError, smtplib.SMTPException):
        logger.warning("an invitation to organisation %s could not be mailed", organisation.pk)
