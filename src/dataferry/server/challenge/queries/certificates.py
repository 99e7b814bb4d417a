"""Certificates as everybody, their teams and the organisers find them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from dataferry.messages import MissingError
from dataferry.server.challenge.models import Certificate, Edition, Entry


def certificates_of(edition: Edition) -> QuerySet[Certificate]:
    """Every certificate of an edition, revoked ones too."""
    rows = Certificate.objects.filter(edition=edition)
    return rows.select_related("edition", "entry__team", "entry__division", "award").order_by("serial")


def of_entry(entry: Entry) -> QuerySet[Certificate]:
    """The certificates of an entry that stand."""
    return certificates_of(entry.edition).filter(entry=entry, revoked_at=None)


def certificate_by(serial: str) -> Certificate:
    """A certificate by its number: whoever holds the paper knows it.

    Raises:
        MissingError: `server.challenge.no_certificate`.
    """
    rows = Certificate.objects.select_related("edition", "entry__team", "entry__division", "award__result")
    found = rows.filter(serial=serial[:60]).first()
    if found is None:
        raise MissingError("server.challenge.no_certificate", serial=serial[:60])
    return found


def said_in(certificate: Certificate) -> dict[str, Any]:
    """What the certificate says, as its credential has it."""
    subject: dict[str, Any] = certificate.credential["credentialSubject"]
    return subject
