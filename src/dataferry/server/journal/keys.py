"""The instance's Ed25519 key: made once, readable by its owner only, or handed in by the environment."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from dataferry.messages import InputError, RefusedError, UnavailableError, UsageError

FOLDER = "keys"
PRIVATE = "signing_key.pem"
LARGEST_KEY_FILE = 16 * 1024


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: the first 32 hexadecimal digits of the sha256 of its 32 bytes."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:32]


def signing_key() -> Ed25519PrivateKey:
    """The private key: of DATAFERRY_SIGNING_KEY, else of the data home, where it is made at the first call.

    Raises:
        RefusedError: `server.journal.key_open`, others than its owner may read the file.
        InputError: `server.journal.key_unreadable`. UsageError: `server.journal.bad_signing_key`.
        UnavailableError: `server.journal.no_home`.
    """
    given = getattr(settings, "SIGNING_KEY", "")
    key = _from_text(given) if given else _from_home(Path(settings.HOME) / FOLDER / PRIVATE)
    _publish(key.public_key())
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def trusted_keys(files: Iterable[Path] = ()) -> Mapping[str, Ed25519PublicKey]:
    """Public keys by their id: all that this instance ever signed with, and those of `files`."""
    folder = Path(settings.HOME) / FOLDER
    keys = {}
    for file in [*sorted(folder.glob("*.pub.pem")), *files]:
        key = read_public_key(file)
        keys[key_id(key)] = key
    return keys


def read_public_key(file: Path) -> Ed25519PublicKey:
    """A public key from its PEM file.

    Raises:
        InputError: `server.journal.key_unreadable`.
    """
    try:
        with file.open("rb") as opened:
            key = serialization.load_pem_public_key(opened.read(LARGEST_KEY_FILE))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise InputError("server.journal.key_unreadable", file=str(file)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("server.journal.key_unreadable", file=str(file))
    return key


def _from_text(text: str) -> Ed25519PrivateKey:
    """Base64 of the 32 bytes of the key. The text itself is never shown, not even when it is wrong."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise UsageError("server.journal.bad_signing_key") from None


def _from_home(file: Path) -> Ed25519PrivateKey:
    if not file.exists():
        _make(file)
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise RefusedError("server.journal.key_open", file=str(file), mode=f"{mode:o}")
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("server.journal.key_unreadable", file=str(file)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("server.journal.key_unreadable", file=str(file))
    return key


def _make(file: Path) -> None:
    """Written under another name first: of two processes that both find no key, one wins and both use its key."""
    if not file.parents[1].is_dir():
        raise UnavailableError("server.journal.no_home", home=str(file.parents[1]))
    body = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_once(file, body, mode=0o600)


def _publish(key: Ed25519PublicKey) -> None:
    file = Path(settings.HOME) / FOLDER / f"{key_id(key)}.pub.pem"
    if not file.exists() and Path(settings.HOME).is_dir():
        write_once(file, public_pem(key), mode=0o644)


def write_once(file: Path, body: bytes, mode: int) -> None:
    """Put a whole file in its place, unless there is one already; nobody ever sees half of it."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink(missing_ok=True)
