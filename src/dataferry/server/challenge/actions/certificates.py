"""Certificates of awards and of the final, issued from the sealed result and revoked when a later revision differs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Award, Certificate, Edition, Entry, Result
from dataferry.server.challenge.queries.results import IN_THE_FINAL, sealed_final
from dataferry.server.papers import credentials

KIND = "ChallengeCertificate"
FINALIST: Mapping[str, str] = {"en": "Finalist", "zh-Hant": "入圍決賽", "zh-Hans": "入围决赛"}
LIST_LASTS = timedelta(days=7)
"""How long a copy of the list of revoked certificates is good for."""


@dataclass(frozen=True)
class _Honour:
    """What one certificate says: an award, or (without one) that the entry was in the final."""

    entry: Entry
    award: Award | None
    words: Mapping[str, str]

    @property
    def key(self) -> tuple[int, str, int]:
        return (self.entry.pk, self.award.code if self.award else "", self.award.place if self.award else 0)


def issue_certificates(user: Any, edition: Edition, site: str) -> list[Certificate]:
    """Issue what is still missing for the sealed result of the final, and revoke what it no longer gives.

    Args:
        site: address of this site, in which a certificate names its status list: `https://example.org`.

    Returns:
        the new certificates.

    Raises:
        RefusedError: `server.challenge.result_not_sealed`.
    """
    people.require(user, "challenge.organise", edition)
    with transaction.atomic():
        Edition.objects.select_for_update().get(pk=edition.pk)
        result = sealed_final(edition)
        wanted = {honour.key: honour for honour in _honours(edition, result)}
        standing = Certificate.objects.filter(edition=edition, revoked_at=None).select_related("award")
        kept = {_key(certificate): certificate for certificate in standing}
        for key in kept.keys() - wanted.keys():
            _revoke(user, kept[key])
        return [_issue(user, edition, result, wanted[key], site) for key in sorted(wanted.keys() - kept.keys())]


def _key(certificate: Certificate) -> tuple[int, str, int]:
    award = certificate.award
    return (certificate.entry_id, award.code if award else "", award.place if award else 0)


def _honours(edition: Edition, result: Result) -> list[_Honour]:
    rules = edition.file.awards
    awards = result.awards.exclude(entry=None).select_related("entry__team")
    honours = [_Honour(award.entry, award, _title(rules, award)) for award in awards if award.entry is not None]
    finalists = Entry.objects.filter(edition=edition, state__in=IN_THE_FINAL).select_related("team")
    return honours + [_Honour(entry, None, FINALIST) for entry in finalists]


def _title(rules: Mapping[str, Any], award: Award) -> dict[str, str]:
    title = rules[award.code].title if award.code in rules else None
    return title.to_json() if title else {"en": award.code}


def _issue(user: Any, edition: Edition, result: Result, honour: _Honour, site: str) -> Certificate:
    number = Certificate.objects.filter(edition=edition).count() + 1
    serial = f"{edition.slug}-{number:04d}"
    taken = set(Certificate.objects.filter(edition=edition).values_list("status_index", flat=True))
    index = next(i for i in iter(lambda: secrets.randbelow(credentials.SMALLEST), None) if i not in taken)
    now, address = clock.now(), f"{site.rstrip('/')}/challenge/{edition.slug}/status-list"
    credential = credentials.issue(
        {
            "type": "ChallengeEntry",
            "edition": edition.slug,
            "entry": honour.entry.code,
            "team": honour.entry.team.name,
            "title": dict(honour.entry.title),
            "honour": dict(honour.words),
            "result": result.digest,
        },
        identifier=f"{site.rstrip('/')}/challenge/certificates/{serial}",
        kinds=(KIND,),
        name=honour.words,
        key=journal.signing_key(),
        issuer=issuer(site),
        valid_from=now,
        status=credentials.status_entry(address, index),
    )
    certificate = Certificate.objects.create(
        edition=edition,
        entry=honour.entry,
        award=honour.award,
        serial=serial,
        status_index=index,
        credential=credential,
        issued_at=now,
    )
    payload = {"entry": honour.entry.code, "result": result.digest}
    journal.append(people.actor(user), "challenge.certificate_issued", f"certificate:{serial}", payload)
    return certificate


def issuer(site: str) -> credentials.Issuer:
    """Who signs the certificates of this house."""
    return credentials.Issuer.of_site("Dataferry", site.rstrip("/"))


def _revoke(user: Any, certificate: Certificate) -> None:
    certificate.revoked_at = clock.now()
    certificate.save(update_fields=["revoked_at"])
    journal.append(people.actor(user), "challenge.certificate_revoked", f"certificate:{certificate.serial}", {})


def status_list(edition: Edition, site: str) -> dict[str, Any]:
    """The signed list of revoked certificates of an edition."""
    revoked = Certificate.objects.filter(edition=edition).exclude(revoked_at=None)
    return credentials.issue_status_list(
        revoked.values_list("status_index", flat=True),
        address=f"{site.rstrip('/')}/challenge/{edition.slug}/status-list",
        key=journal.signing_key(),
        issuer=issuer(site),
        valid_from=clock.now(),
        valid_for=LIST_LASTS,
    )
