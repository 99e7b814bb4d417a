"""Letters about a case: to the assessor's people, to the officers of the city, to the supplier's managers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override

from dataferry.messages import LANGUAGES, say
from dataferry.server import journal, letters
from dataferry.server.compliance.models import ComplianceCase
from dataferry.server.merchants.models import Merchant
from dataferry.server.people import Role

_CODES = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans"}
WORDS = {
    "submitted": ("server.compliance.letter_submitted", "server.compliance.letter_submitted_body"),
    "requested": ("server.compliance.letter_requested", "server.compliance.letter_requested_body"),
    "assessed": ("server.compliance.letter_assessed", "server.compliance.letter_assessed_body"),
    "decided": ("server.compliance.letter_decided", "server.compliance.letter_decided_body"),
    "ended": ("server.compliance.letter_ended", "server.compliance.letter_ended_body"),
}


def tell_assessor(case: ComplianceCase, assessor: Merchant) -> None:
    """The people of the assessor who hold its role."""
    members = User.objects.filter(memberships__organisation_id=assessor.organisation_id)
    _post(case, "submitted", members.filter(role_grants__role=Role.ASSESSOR).distinct())


def tell_officers(case: ComplianceCase) -> None:
    """The compliance officers of the supplier's city."""
    there = Q(role_grants__role=Role.COMPLIANCE_OFFICER, role_grants__city__in=("", case.city))
    _post(case, "assessed", User.objects.filter(there, is_active=True).distinct())


def tell_supplier(case: ComplianceCase, what: str, reason: str | None = None) -> None:
    """The managers of the supplier; the reason stands in the letter."""
    managers = User.objects.filter(
        memberships__organisation_id=case.supplier.organisation_id, memberships__is_manager=True
    )
    _post(case, what, managers, case.reason if reason is None else reason)


def _post(case: ComplianceCase, what: str, to: Iterable[Any], reason: str = "") -> None:
    subject: dict[str, str] = {}
    body: dict[str, str] = {}
    for language in LANGUAGES:
        with override(_CODES[language]):
            state = str(case.get_state_display())
            data = {"case": case.number, "state": state, "reason": reason, "page": _address(case)}
        subject[language] = say(WORDS[what][0], data, language)
        body[language] = say(WORDS[what][1], data, language)
    last = journal.head()
    for person in to:
        key = f"compliance.{what}:{case.pk}:{last.sequence if last else 0}:{person.pk}"
        letters.post(person, key=key, subject=subject, body=body, about=case.reference)


def _address(case: ComplianceCase) -> str:
    site = settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""
    try:
        return site + reverse("compliance-case", args=[case.number])
    except NoReverseMatch:
        return site
