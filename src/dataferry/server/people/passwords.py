"""How long a password must be, said in the page's language."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Ten characters at least: Django's rule with words that all three languages have."""

    def __init__(self, min_length: int = 10) -> None:
        super().__init__(min_length)

    def get_error_message(self) -> str:
        return _("This password is too short. Use %(count)d characters or more.") % {"count": self.min_length}

    def get_help_text(self) -> str:
        return _("Use %(count)d characters or more.") % {"count": self.min_length}
