"""Certificates as everybody finds them. One of a trade is its parties' own: its number leads to nobody else's deals."""

from __future__ import annotations

from typing import Any

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.models import Certificate
from dataferry.server.exchange.models.certificates import CertificateKind
from dataferry.server.people.predicates import organisations_of

_LONGEST = 40


def certificate_of(user: Any, serial: str) -> Certificate:
    """A certificate by its number.

    Raises:
        MissingError: `server.exchange.no_certificate`: none, or of a trade that is not this person's.
    """
    related = ("registration__supplier", "listing__supplier", "agreement__supplier", "agreement__buyer")
    found = Certificate.objects.select_related(*related).filter(serial=serial[:_LONGEST]).first()
    if found is None or not _may_see(user, found):
        raise MissingError("server.exchange.no_certificate", serial=serial[:_LONGEST])
    return found


def _may_see(user: Any, certificate: Certificate) -> bool:
    agreement = certificate.agreement
    if certificate.kind != CertificateKind.TRADE or agreement is None:
        return True
    parties = {agreement.supplier.organisation_id, agreement.buyer.organisation_id}
    return bool(parties & organisations_of(user)) or people.can(user, "exchange.list", agreement)


def said_in(certificate: Certificate) -> dict[str, Any]:
    """What the certificate says, as its credential has it."""
    subject: dict[str, Any] = certificate.credential["credentialSubject"]
    return subject
