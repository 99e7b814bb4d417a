"""Data Integrity proofs of the suite eddsa-jcs-2022: signing, and whether a signature fits.

Source: W3C Data Integrity EdDSA Cryptosuites 1.0 (15 May 2025), section 3.3: sha256 of the canonical proof options,
then sha256 of the canonical document, signed with Ed25519; canonical is RFC 8785.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dataferry.server.papers.credentials.keys import from_base58, to_base58

SUITE, PROOF, PURPOSE = "eddsa-jcs-2022", "DataIntegrityProof", "assertionMethod"


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str, created: str) -> dict[str, Any]:
    """The document with its proof.

    Args:
        method: the verification method that names the public key.
        created: instant as `2026-11-22T08:00:00Z`.

    Raises:
        ValueError: a value that RFC 8785 has no form for: an integer beyond 2**53 - 1, a number that is none.
    """
    options: dict[str, Any] = {
        "type": PROOF,
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hashes(document, options))
    return {**document, "proof": {**options, "proofValue": "z" + to_base58(signature)}}


def fits(secured: Mapping[str, Any], proof: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether the proof is the key's signature of the document as it is now."""
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if "@context" in options:
        stated, signed = _list(document.get("@context")), _list(options["@context"])
        if stated[: len(signed)] != signed:
            return False
        document["@context"] = options["@context"]
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z"):
        return False
    try:
        key.verify(from_base58(value[1:]), _hashes(document, options))
    except (InvalidSignature, ValueError, RecursionError):
        return False
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _hashes(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    return b"".join(hashlib.sha256(rfc8785.dumps(dict(each))).digest() for each in (options, document))
