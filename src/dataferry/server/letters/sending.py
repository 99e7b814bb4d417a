"""Handing one letter to the mail server, and what its answer means."""

from __future__ import annotations

import hashlib
import re
import smtplib
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from dataferry.messages import DataferryError, InputError, UnavailableError
from dataferry.server.display.words import TAGS
from dataferry.server.letters.models import Letter

_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_FIRST_PERMANENT = 500
_SERVICE_CLOSING = 421


def message_id(letter: Letter) -> str:
    """The same for every try of one letter, and another for any other letter: from its key and when it was posted."""
    digest = hashlib.sha256(f"{letter.key}\n{letter.posted_at.isoformat()}".encode()).hexdigest()
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{digest[:40]}@{domain}>"


def as_message(letter: Letter, address: str) -> EmailMessage:
    """The letter as mail. Two tries of one letter differ in nothing."""
    headers = {
        "Message-ID": message_id(letter),
        "Date": format_datetime(letter.posted_at),
        "Content-Language": TAGS.get(letter.language, letter.language),
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(letter.subject, f"{letter.body}\n", None, [address], headers=headers)


def hand_over(letter: Letter, address: str, connection: BaseEmailBackend | None = None) -> None:
    """Give the letter to the mail server (or file, or console, as configured).

    Raises:
        InputError: `server.letters.refused`, `server.letters.unsendable`: this letter will never be taken.
        UnavailableError: `server.letters.later`, this letter not now; `server.letters.no_server`, no letter now.
            Both with `retry`. Answers of the server are kept as their codes only: their words name addresses.
    """
    try:
        (connection or get_connection()).send_messages([as_message(letter, address)])
    except (UnicodeError, ValueError) as error:
        raise InputError("server.letters.unsendable", kind=type(error).__name__) from error
    except OSError as error:
        raise what_it_means(error) from error


def open_connection() -> BaseEmailBackend:
    """A connection for several letters.

    Raises:
        UnavailableError: `server.letters.no_server`.
    """
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        raise _no_server(error) from error
    return connection


def what_it_means(error: OSError) -> DataferryError:
    """An error of sending as ours. Every error of smtplib is an OSError."""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code, words = next(iter(error.recipients.values()))
        return _of_this_letter(code, words)
    if isinstance(error, smtplib.SMTPDataError):
        return _of_this_letter(error.smtp_code, error.smtp_error)
    return _no_server(error)


def _of_this_letter(code: int, words: bytes | str) -> DataferryError:
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    enhanced = _ENHANCED.search(text)
    answer = f"{code} {enhanced[0]}" if enhanced else str(code)
    if code == _SERVICE_CLOSING:
        return UnavailableError("server.letters.no_server", retry=True, answer=answer)
    if code >= _FIRST_PERMANENT:
        return InputError("server.letters.refused", answer=answer)
    return UnavailableError("server.letters.later", retry=True, answer=answer)


def _no_server(error: OSError) -> UnavailableError:
    """Refused before it came to a letter: settings, sign-in, network. That is ours to mend, so it is tried again."""
    code = getattr(error, "smtp_code", None)
    answer = type(error).__name__ if code is None else f"{type(error).__name__} {code}"
    return UnavailableError("server.letters.no_server", retry=True, answer=answer)
