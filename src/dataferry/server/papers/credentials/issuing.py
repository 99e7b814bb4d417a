"""Making credentials: W3C Verifiable Credentials 2.0 with a Data Integrity proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataferry.messages import LANGUAGES
from dataferry.server.papers.credentials.keys import Issuer
from dataferry.server.papers.credentials.proofs import sign
from dataferry.server.papers.credentials.status_lists import LIST, LIST_CREDENTIAL, SMALLEST, Purpose, StatusList

CREDENTIAL = "VerifiableCredential"
BASE_CONTEXT = "https://www.w3.org/ns/credentials/v2"
TERMS = {"@vocab": "urn:dataferry:terms:"}
"""Our own words (award, edition, ...) become terms of this name for readers that see JSON-LD in a credential."""


def instant(moment: datetime) -> str:
    """An instant as credentials write it: UTC, to the second.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def texts(words: Mapping[str, str]) -> list[dict[str, str]]:
    """A text in several languages, as credentials hold it."""
    return [{"@value": words[code], "@language": code} for code in LANGUAGES if words.get(code)]


def _validity(begin: datetime, end: datetime | None) -> dict[str, str]:
    if end is None:
        return {"validFrom": instant(begin)}
    if end <= begin:
        raise ValueError("a credential ends after it begins")
    return {"validFrom": instant(begin), "validUntil": instant(end)}


def issue(
    subject: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    identifier: str,
    kinds: Sequence[str],
    name: Mapping[str, str],
    key: Ed25519PrivateKey,
    issuer: Issuer,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    created: datetime | None = None,
) -> dict[str, Any]:
    """A signed credential. The same arguments give the same credential (Ed25519 signs deterministically).

    Args:
        subject: what is said about whom: JSON values only. A certificate of a team says no more about its people
            than the paper does; it cannot be taken back from those who hold a copy.
        identifier: URL or `urn:uuid:...`, never used for another credential.
        kinds: types besides VerifiableCredential, such as `ChallengeAward`.
        name: title by language (`en`, `zh-Hant`, `zh-Hans`).
        key: `journal.signing_key()`.
        status: entries made by `status_entry`.
        created: when it is signed; by default when it begins to be valid.

    Raises:
        ValueError: a moment without zone, or a value that canonical JSON has no form for. Faults of the caller.
    """
    public = key.public_key()
    document: dict[str, Any] = {
        "@context": [BASE_CONTEXT, TERMS],
        "id": identifier,
        "type": [CREDENTIAL, *kinds],
        **({"name": texts(name)} if name else {}),
        "issuer": {"id": issuer.identifier(public), "name": issuer.name},
        "credentialSubject": subject,
        **_validity(valid_from, valid_until),
    }
    if status is not None:
        document["credentialStatus"] = status
    return sign(document, key, issuer.method(public), instant(created or valid_from))


def issue_status_list(
    marked: Iterable[int],
    *,
    address: str,
    key: Ed25519PrivateKey,
    issuer: Issuer,
    valid_from: datetime,
    purpose: Purpose = "revocation",
    size: int = SMALLEST,
    valid_for: timedelta | None = None,
) -> dict[str, Any]:
    """The signed credential that the site serves at `address`: which indices are revoked (or suspended) now.

    Issue it anew at every change. With `valid_for`, an old copy stops being accepted after that time.

    Raises:
        ValueError: an index outside the list, or as `issue`.
    """
    public = key.public_key()
    document: dict[str, Any] = {
        "@context": [BASE_CONTEXT],
        "id": address,
        "type": [CREDENTIAL, LIST_CREDENTIAL],
        "issuer": {"id": issuer.identifier(public), "name": issuer.name},
        "credentialSubject": {
            "id": f"{address}#list",
            "type": LIST,
            "statusPurpose": purpose,
            "encodedList": StatusList.of(marked, size).encoded(),
        },
        **_validity(valid_from, None if valid_for is None else valid_from + valid_for),
    }
    return sign(document, key, issuer.method(public), instant(valid_from))
