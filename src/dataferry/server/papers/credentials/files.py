"""Credentials and keys as files from anywhere: read strictly, or refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataferry.messages import InputError, LimitError
from dataferry.server.papers.credentials.keys import key_of_method, read_multikey

LARGEST = 24 * 1024 * 1024
"""Bytes: a status list of the largest size, and some."""


def read_json(body: bytes, file: str) -> Any:
    """The JSON value in a file. A name that stands twice in one object is refused: two readers could see two values.

    Raises:
        InputError: `server.papers.no_json`. LimitError: `server.papers.file_too_large`.
    """
    if len(body) > LARGEST:
        raise LimitError("server.papers.file_too_large", file=file, most=LARGEST)
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError("server.papers.no_json", file=file) from error


def read_keys(body: bytes, file: str) -> list[Ed25519PublicKey]:
    """Public keys from a file: PEM, a controller document, a Multikey or a did:key.

    Raises:
        InputError: `server.papers.no_keys`.
    """
    try:
        if body.lstrip().startswith(b"-----"):
            return _all([serialization.load_pem_public_key(body)])
        text = body.decode("utf-8-sig").strip()
        if text.startswith("z"):
            return [read_multikey(text)]
        if text.startswith("did:"):
            return [key_of_method(text)[1]]
        document = read_json(body, file)
        methods = document["verificationMethod"] if isinstance(document, dict) else []
        return _all(read_multikey(str(method["publicKeyMultibase"])) for method in methods)
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm, InputError, LimitError) as error:
        raise InputError("server.papers.no_keys", file=file) from error


def _all(keys: Iterable[Any]) -> list[Ed25519PublicKey]:
    found = list(keys)
    if not found or not all(isinstance(key, Ed25519PublicKey) for key in found):
        raise ValueError("no Ed25519 keys")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)
