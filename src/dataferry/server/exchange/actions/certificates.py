"""Certificates of the exchange: of a registration, of a listing, of a trade. Issued once, revoked once.

One of a listing has two entries of status: a place in the list of revoked certificates, and the same place in the list
of suspended ones. The second list is drawn from the listings themselves each time it is asked for, so what is
suspended, resumed or delisted can never differ from what the list says.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings

from dataferry.server import journal
from dataferry.server.exchange.models import Agreement, Certificate, Listing, Registration
from dataferry.server.exchange.models.certificates import CertificateKind
from dataferry.server.exchange.states import ListingState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.papers import credentials
from dataferry.server.workshop.models import Release

SERIES = "CERT"
LIST_LASTS = timedelta(days=7)
"""How long a copy of a list of revoked or suspended certificates is good for."""
REVOKED, SUSPENDED = "/exchange/status-list", "/exchange/suspension-list"
"""Where the two lists are, for ever: certificates name these addresses."""
TYPES: Mapping[str, str] = {
    CertificateKind.REGISTRATION: "DataProductRegistrationCertificate",
    CertificateKind.LISTING: "DataProductListingCertificate",
    CertificateKind.TRADE: "DataTradeCertificate",
}
NAMES: Mapping[str, Mapping[str, str]] = {
    CertificateKind.REGISTRATION: {
        "en": "Certificate of registration of a data product",
        "zh-Hant": "數據產品登記證書",
        "zh-Hans": "数据产品登记证书",
    },
    CertificateKind.LISTING: {
        "en": "Certificate of listing of a data product",
        "zh-Hant": "數據產品掛牌證書",
        "zh-Hans": "数据产品挂牌证书",
    },
    CertificateKind.TRADE: {
        "en": "Certificate of a data trade",
        "zh-Hant": "數據交易證書",
        "zh-Hans": "数据交易凭证",
    },
}


def issue(
    kind: str,
    *,
    actor: str,
    registration: Registration | None = None,
    listing: Listing | None = None,
    agreement: Agreement | None = None,
) -> Certificate:
    """A certificate of what the rows say now, in the caller's transaction. One that it takes the place of is revoked.

    Args:
        actor: as the journal names it: `people.actor(user)` or `system`.
    """
    about = {"registration": registration, "listing": listing, "agreement": agreement}
    for former in Certificate.objects.select_for_update().filter(**about, revoked_at=None):
        revoke(former, actor=actor, because="replaced")
    now, serial = clock.now(), journal.next_number(SERIES, clock.now())
    site, index = settings.SITE, _free_index()
    credential = credentials.issue(
        _subject(registration, listing, agreement),
        identifier=f"{site}/exchange/certificates/{serial}",
        kinds=(TYPES[kind],),
        name=NAMES[kind],
        key=journal.signing_key(),
        issuer=issuer(site),
        valid_from=now.replace(microsecond=0),
        valid_until=_end(registration),
        status=_entries(kind, site.rstrip("/"), index),
    )
    made = Certificate.objects.create(
        serial=serial, kind=kind, status_index=index, credential=credential, issued_at=now, **about
    )
    thing = next(each for each in about.values() if each is not None)
    journal.append(actor, "exchange.certificate_issued", made.reference, {"kind": kind, "of": thing.reference})
    return made


def _entries(kind: str, site: str, index: int) -> dict[str, Any] | list[dict[str, Any]]:
    revoked = credentials.status_entry(f"{site}{REVOKED}", index)
    if kind != CertificateKind.LISTING:
        return revoked
    return [revoked, credentials.status_entry(f"{site}{SUSPENDED}", index, "suspension")]


def is_suspended(certificate: Certificate) -> bool:
    """Whether what it certifies stands still for a time; one that is revoked is gone for good."""
    listing = certificate.listing
    return certificate.revoked_at is None and listing is not None and listing.state == ListingState.SUSPENDED


def tells_suspension(certificate: Certificate) -> bool:
    """Whether the credential itself names the list of suspended ones; the first that were issued did not."""
    entries = certificate.credential.get("credentialStatus") or []
    entries = entries if isinstance(entries, list) else [entries]
    return any(each.get("statusPurpose") == "suspension" for each in entries)


def revoke(certificate: Certificate, *, actor: str, because: str) -> None:
    """Put a certificate on the list of revoked ones, in the caller's transaction. Done before: nothing happens."""
    if certificate.revoked_at is not None:
        return
    certificate.revoked_at, certificate.revoked_because = clock.now(), because
    certificate.save(update_fields=["revoked_at", "revoked_because"])
    journal.append(actor, "exchange.certificate_revoked", certificate.reference, {"because": because})


def revoke_all(actor: str, because: str, **about: Any) -> None:
    """Revoke every certificate of one thing that stands: `listing=...`, `registration=...` or `agreement=...`."""
    for each in Certificate.objects.select_for_update().filter(**about, revoked_at=None):
        revoke(each, actor=actor, because=because)


def _free_index() -> int:
    """A place in the list drawn at random: numbers in order would tell how many were issued, and when."""
    while True:
        index = secrets.randbelow(credentials.SMALLEST)
        if not Certificate.objects.filter(status_index=index).exists():
            return index


def _end(registration: Registration | None) -> datetime | None:
    if registration is None or registration.valid_until is None:
        return None
    return datetime.combine(registration.valid_until + timedelta(days=1), time(), BOTH_CITIES)


def _subject(registration: Registration | None, listing: Listing | None, agreement: Agreement | None) -> dict[str, Any]:
    if registration is not None:
        return _registration(registration)
    if listing is not None:
        return _listing(listing)
    if agreement is None:
        raise ValueError("a certificate is about something")
    return _trade(agreement)


def _release(release: Release) -> dict[str, Any]:
    return {"product": release.product.slug, "version": release.version, "digest": release.digest}


def _party(merchant: Merchant) -> dict[str, Any]:
    return {"number": merchant.number, "name": dict(merchant.organisation.name)}


def _registration(registration: Registration) -> dict[str, Any]:
    newest = registration.versions.order_by("-version").first()
    return {
        "type": "DataProductRegistration",
        "registration": registration.number,
        "title": dict(registration.release.document.get("title") or {}),
        "release": _release(registration.release),
        "supplier": _party(registration.supplier),
        "source": registration.source_kind,
        "rights": sorted(registration.rights.get("kinds") or []),
        "entry": newest.digest if newest is not None else "",
    }


def _listing(listing: Listing) -> dict[str, Any]:
    return {
        "type": "DataProductListing",
        "listing": listing.number,
        "registration": listing.registration.number,
        "title": dict(listing.details.get("title") or {}),
        "release": _release(listing.release),
        "supplier": _party(listing.supplier),
        "level": listing.level,
        "clearance": listing.clearance.digest if listing.clearance is not None else "",
    }


def _trade(agreement: Agreement) -> dict[str, Any]:
    return {
        "type": "DataTrade",
        "agreement": agreement.number,
        "listing": agreement.listing.number,
        "release": _release(agreement.release),
        "supplier": _party(agreement.supplier),
        "buyer": _party(agreement.buyer),
        "terms": agreement.digest,
    }


def issuer(site: str) -> credentials.Issuer:
    """Who signs the certificates of this house."""
    return credentials.Issuer.of_site("Dataferry", site.rstrip("/"))


def status_list(site: str) -> dict[str, Any]:
    """The signed list of revoked certificates, as `site` serves it."""
    revoked = Certificate.objects.exclude(revoked_at=None).values_list("status_index", flat=True)
    return _list(site, REVOKED, revoked, "revocation")


def suspension_list(site: str) -> dict[str, Any]:
    """The signed list of suspended certificates, as `site` serves it."""
    suspended = Certificate.objects.filter(revoked_at=None, listing__state=ListingState.SUSPENDED)
    return _list(site, SUSPENDED, suspended.values_list("status_index", flat=True), "suspension")


def _list(site: str, path: str, marked: Iterable[int], purpose: credentials.Purpose) -> dict[str, Any]:
    return credentials.issue_status_list(
        marked,
        address=f"{site.rstrip('/')}{path}",
        key=journal.signing_key(),
        issuer=issuer(site),
        valid_from=clock.now().replace(microsecond=0),
        purpose=purpose,
        valid_for=LIST_LASTS,
    )
