"""Whether a credential may be believed: all that is wrong with it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataferry.messages import Finding
from dataferry.server.papers.credentials.issuing import BASE_CONTEXT, CREDENTIAL
from dataferry.server.papers.credentials.keys import PublicKeys, as_list, key_of_method, multikey
from dataferry.server.papers.credentials.proofs import PROOF, PURPOSE, SUITE, fits
from dataferry.server.papers.credentials.status_lists import ENTRY, LIST, LIST_CREDENTIAL, StatusList

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_MOST_ENTRIES = 10


def verify(
    credential: Any,
    trusted_keys: PublicKeys,
    status_list: Any = None,
    *,
    at: datetime | None = None,
) -> list[Finding]:
    """Everything that speaks against a credential. An empty list means: signed by a trusted key, unchanged, valid now
    and, where it names a status, not revoked.

    Nothing is fetched: whoever calls brings the keys that they trust and the status list credentials.

    Args:
        credential: the JSON value, from anywhere.
        trusted_keys: public keys, such as `journal.trusted_keys()`.
        status_list: the status list credential, as the credential's `statusListCredential` served it; a list of
            them where the credential names several.
        at: the moment to judge by; now by default.

    Returns:
        Findings, in this order. `blocked`: `not_a_credential`, `no_proof`, `unknown_key`, `wrong_issuer`, `tampered`,
        `proof_expired`, `not_yet_valid`, `expired`, `status_list_unsound`, `revoked`, `suspended`.
        `attention`: `status_unchecked`, a status list that was not given.
    """
    at = at or datetime.now(UTC)
    keys = as_list(trusted_keys)
    lists = status_list if isinstance(status_list, list | tuple) else [status_list]
    found = _form(credential)
    if found:
        return found
    found += _proof(credential, keys, at)
    found += _dates(credential, at)
    for entry in _entries(credential):
        found += _status(credential, entry, lists, keys, at)
    return found


def _blocked(code: str, **data: Any) -> Finding:
    return Finding(code, "blocked", data)


def _issuer(credential: Mapping[str, Any]) -> Any:
    issuer = credential.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def _form(credential: Any) -> list[Finding]:
    """What is missing so that the rest can be asked at all."""
    if not isinstance(credential, dict):
        return [_blocked("server.papers.not_a_credential", part="@context")]
    context, kinds = credential.get("@context"), credential.get("type")
    if not isinstance(context, list) or context[:1] != [BASE_CONTEXT]:
        return [_blocked("server.papers.not_a_credential", part="@context")]
    if CREDENTIAL not in (kinds if isinstance(kinds, list) else [kinds]):
        return [_blocked("server.papers.not_a_credential", part="type")]
    if not isinstance(_issuer(credential), str):
        return [_blocked("server.papers.not_a_credential", part="issuer")]
    if not isinstance(credential.get("credentialSubject"), dict | list):
        return [_blocked("server.papers.not_a_credential", part="credentialSubject")]
    for name in ("validFrom", "validUntil"):
        if name in credential and _moment(credential[name]) is None:
            return [_blocked("server.papers.not_a_credential", part=name)]
    entries = credential.get("credentialStatus", [])
    entries = entries if isinstance(entries, list) else [entries]
    if len(entries) > _MOST_ENTRIES or not all(isinstance(entry, dict) for entry in entries):
        return [_blocked("server.papers.not_a_credential", part="credentialStatus")]
    return []


def _entries(credential: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = credential.get("credentialStatus", [])
    return entries if isinstance(entries, list) else [entries]


def _moment(text: Any) -> datetime | None:
    """An instant of XML Schema with its zone; None where it is none."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _proof(credential: Mapping[str, Any], keys: list[Ed25519PublicKey], at: datetime) -> list[Finding]:
    proofs = credential.get("proof")
    proofs = proofs if isinstance(proofs, list) else [proofs]
    known = [proof for proof in proofs if isinstance(proof, dict) and _is_ours(proof)]
    if not known:
        return [_blocked("server.papers.no_proof", suite=SUITE)]
    # Others may have added theirs; one that holds is enough.
    judged = [_one_proof(credential, proof, keys, at) for proof in known[:_MOST_ENTRIES]]
    return min(judged, key=len)


def _is_ours(proof: Mapping[str, Any]) -> bool:
    return (proof.get("type"), proof.get("cryptosuite"), proof.get("proofPurpose")) == (PROOF, SUITE, PURPOSE)


def _one_proof(
    credential: Mapping[str, Any], proof: Mapping[str, Any], keys: list[Ed25519PublicKey], at: datetime
) -> list[Finding]:
    method = proof.get("verificationMethod")
    try:
        controller, key = key_of_method(str(method))
    except ValueError:
        return [_blocked("server.papers.unknown_key", key=str(method))]
    found = []
    name = multikey(key)
    if name not in {multikey(each) for each in keys}:
        found.append(_blocked("server.papers.unknown_key", key=name))
    if controller != _issuer(credential):
        found.append(_blocked("server.papers.wrong_issuer", issuer=_issuer(credential), signer=controller))
    if not fits(credential, proof, key):
        found.append(_blocked("server.papers.tampered", key=name))
    if "expires" in proof:
        end = _moment(proof["expires"])
        if end is None or end <= at:
            found.append(_blocked("server.papers.proof_expired", instant=str(proof["expires"])))
    return found


def _dates(credential: Mapping[str, Any], at: datetime) -> list[Finding]:
    found = []
    begin, end = _moment(credential.get("validFrom")), _moment(credential.get("validUntil"))
    if begin is not None and begin > at:
        found.append(_blocked("server.papers.not_yet_valid", instant=credential["validFrom"]))
    if end is not None and end <= at:
        found.append(_blocked("server.papers.expired", instant=credential["validUntil"]))
    return found


def _status(
    credential: Mapping[str, Any],
    entry: Mapping[str, Any],
    lists: Sequence[Any],
    keys: list[Ed25519PublicKey],
    at: datetime,
) -> list[Finding]:
    address, purpose = entry.get("statusListCredential"), entry.get("statusPurpose")
    unsound = _blocked("server.papers.status_list_unsound", list=str(address))
    if entry.get("type") != ENTRY or purpose not in {"revocation", "suspension"}:
        return [Finding("server.papers.status_unchecked", "attention", {"list": str(address)})]
    given = [each for each in lists if isinstance(each, dict) and each.get("id") == address]
    if not given:
        return [Finding("server.papers.status_unchecked", "attention", {"list": str(address)})]
    text, held = str(entry.get("statusListIndex")), given[0]
    bits = _bits(credential, held, purpose, keys, at)
    if bits is None or not re.fullmatch(r"\d{1,12}", text, re.ASCII) or int(text) >= bits.size:
        return [unsound]
    if not bits.marked(int(text)):
        return []
    if purpose == "revocation":
        return [_blocked("server.papers.revoked", list=str(address))]
    return [_blocked("server.papers.suspended", list=str(address))]


def _bits(
    credential: Mapping[str, Any], held: Mapping[str, Any], purpose: str, keys: list[Ed25519PublicKey], at: datetime
) -> StatusList | None:
    """The list, where it is the same issuer's, for this purpose, signed and valid itself."""
    kinds, subject = held.get("type"), held.get("credentialSubject")
    if _form(held) or not isinstance(kinds, list) or LIST_CREDENTIAL not in kinds or not isinstance(subject, dict):
        return None
    stated = subject.get("statusPurpose")
    purposes = stated if isinstance(stated, list) else [stated]
    if subject.get("type") != LIST or purpose not in purposes or _issuer(held) != _issuer(credential):
        return None
    if _proof(held, keys, at) or _dates(held, at):
        return None
    try:
        return StatusList.read(str(subject.get("encodedList")))
    except ValueError:
        return None
