"""Letters to the managers of a merchant: what the exchange decided, and where to read more."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override

from dataferry.messages import LANGUAGES, say
from dataferry.server import journal, letters
from dataferry.server.merchants.models import Merchant

_CODES = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans"}
WORDS = {
    "verified": ("server.merchants.letter_verified", "server.merchants.letter_verified_body"),
    "returned": ("server.merchants.letter_returned", "server.merchants.letter_returned_body"),
    "refused": ("server.merchants.letter_refused", "server.merchants.letter_refused_body"),
    "suspended": ("server.merchants.letter_suspended", "server.merchants.letter_suspended_body"),
    "classes_granted": ("server.merchants.letter_classes_granted", "server.merchants.letter_classes_granted_body"),
    "classes_refused": ("server.merchants.letter_classes_refused", "server.merchants.letter_classes_refused_body"),
    "reinstated": ("server.merchants.letter_reinstated", "server.merchants.letter_reinstated_body"),
}


def tell_managers(merchant: Merchant, what: str, reason: str | None = None) -> None:
    """Write to every manager, in the caller's transaction. The reason (the merchant's, where none is given) stands in
    the letter, never in the journal."""
    said = merchant.reason if reason is None else reason
    subject_code, body_code = WORDS[what]
    subject: dict[str, str] = {}
    body: dict[str, str] = {}
    for language in LANGUAGES:
        data = {"number": merchant.number, "reason": said, "page": _address(merchant, _CODES[language])}
        subject[language] = say(subject_code, data, language)
        body[language] = say(body_code, data, language)
    last = journal.head()
    for membership in merchant.organisation.memberships.filter(is_manager=True).select_related("user"):
        key = f"merchants.{what}:{merchant.pk}:{last.sequence if last else 0}:{membership.user_id}"
        letters.post(membership.user, key=key, subject=subject, body=body, about=merchant.reference)


def _address(merchant: Merchant, code: str) -> str:
    site = settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""
    with override(code):
        try:
            return site + reverse("merchants-application", args=[merchant.number])
        except NoReverseMatch:
            return site
