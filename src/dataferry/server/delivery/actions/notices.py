"""Signed notices: whatever happens to an entitlement, both parties get it in writing, under the key of the house."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from dataferry.server import journal, letters
from dataferry.server.delivery.causes import cause_words
from dataferry.server.delivery.models import DeliveryNotice, Entitlement
from dataferry.server.journal import clock
from dataferry.server.papers import credentials
from dataferry.server.people.models import Membership

KIND = "DeliveryNotice"
TITLES: Mapping[str, Promise] = {
    "granted": gettext_lazy("Delivery begins"),
    "suspended": gettext_lazy("Delivery is suspended"),
    "resumed": gettext_lazy("Delivery goes on"),
    "revoked": gettext_lazy("Delivery is revoked"),
    "ended": gettext_lazy("Delivery has ended"),
}
TONGUES: Mapping[str, str] = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans"}


def give_notice(entitlement: Entitlement, kind: str, reason: str = "") -> DeliveryNotice:
    """Sign a notice, keep it, and write to the managers of both parties; in the caller's transaction.

    Args:
        kind: granted, suspended, resumed, revoked or ended.
        reason: what the person who decided wrote for both parties.
    """
    now = clock.now()
    document = credentials.issue(
        _subject(entitlement, kind, reason),
        identifier=f"urn:uuid:{uuid.uuid4()}",
        kinds=(KIND,),
        name={tag: _title(kind, code) for tag, code in TONGUES.items()},
        key=journal.signing_key(),
        issuer=credentials.Issuer.of_site("Dataferry", site_address()),
        valid_from=now,
    )
    notice = DeliveryNotice.objects.create(entitlement=entitlement, kind=kind, document=document, made_at=now)
    _write_to_both(entitlement, notice, reason)
    return notice


def _subject(entitlement: Entitlement, kind: str, reason: str) -> dict[str, Any]:
    agreement = entitlement.agreement
    told = {
        "type": "Entitlement",
        "entitlement": entitlement.number,
        "state": str(entitlement.state),
        "act": kind,
        "agreement": agreement.number,
        "agreementDigest": agreement.digest,
        "supplier": agreement.supplier.number,
        "recipient": entitlement.recipient.number,
        "cause": entitlement.reason,
        "reason": reason,
    }
    return {name: value for name, value in told.items() if value}


def _title(kind: str, code: str) -> str:
    with override(code):
        return str(TITLES[kind])


def site_address() -> str:
    """How the site is called from outside, where the operator has said so."""
    return settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""


def _write_to_both(entitlement: Entitlement, notice: DeliveryNotice, reason: str) -> None:
    parties = (entitlement.recipient.organisation_id, entitlement.agreement.supplier.organisation_id)
    managers = Membership.objects.filter(organisation__in=parties, is_manager=True).select_related("user")
    subject, body = {}, {}
    for tag, code in TONGUES.items():
        with override(code):
            subject[tag] = f"{TITLES[notice.kind]}: {entitlement.number}"
            body[tag] = _body(entitlement, notice, reason)
    for person in {row.user_id: row.user for row in managers}.values():
        letters.post(
            person,
            key=f"delivery-notice:{notice.pk}:{person.pk}",
            subject=subject,
            body=body,
            about=entitlement.reference,
        )


def _body(entitlement: Entitlement, notice: DeliveryNotice, reason: str) -> str:
    agreement = entitlement.agreement
    parts = [
        _("Agreement %(agreement)s, product %(product)s.")
        % {"agreement": agreement.number, "product": agreement.release.product.slug},
        f"{TITLES[notice.kind]}. {cause_words(entitlement.reason)}".strip(),
    ]
    if reason:
        parts += [_("The reason given:"), reason]
    parts += [
        _("The signed notice, with what you can do next, is on this page:"),
        site_address() + reverse("delivery-entitlement", args=[entitlement.number]),
    ]
    return "\n\n".join(parts)
