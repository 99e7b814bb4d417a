"""An amendment as plain values, and the site's signature of it: anybody with the public key can check both."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from dataferry.server import journal
from dataferry.server.challenge.edition_file.tree import as_bytes
from dataferry.server.challenge.models import EditionVersion


def amendment_document(version: EditionVersion, previous: str) -> dict[str, Any]:
    """What is signed: canonical JSON of this (sorted keys, no spaces, UTF-8).

    Args:
        previous: the digest of the version before.
    """
    return {
        "edition": version.edition.slug,
        "version": version.number,
        "previous": previous,
        "digest": version.digest,
        "made_at": version.made_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": version.reason,
        "changes": version.changes,
    }


def sign(document: dict[str, Any]) -> dict[str, str]:
    """`key` (its id) and `signature` (Ed25519), both in hexadecimal."""
    from dataferry.server.journal.keys import key_id

    key = journal.signing_key()
    return {"key": key_id(key.public_key()), "signature": key.sign(as_bytes(document)).hex()}
