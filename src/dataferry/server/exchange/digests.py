"""The digest of a document: sha256 of its canonical JSON, as everywhere in the house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server.journal.canonical import canonical, digest, plain


def digest_of(document: Mapping[str, Any]) -> str:
    """`sha256:` and 64 hexadecimal digits.

    Raises:
        ValueError: a value that canonical JSON has no form for (a fault of the calling code).
    """
    return f"sha256:{digest(canonical(plain(document, 'document')))}"
