"""Identity papers on disk: every file under a random key of its own, which is kept in the database under the house key.

A paper is gone for good as soon as one of the two is: the file, overwritten and unlinked, or its wrapped key. The
folder is in no backup, so no copy outlives the destruction clock.

File: 12 bytes of nonce, then AES-256-GCM of the content; the paper's number is bound to it as associated data, so that
one paper's bytes cannot stand in for another's. Nothing here knows about people or rows.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from dataferry.messages import InputError, LimitError, RefusedError, UnavailableError, UsageError

FOLDER = "identity_papers"
KEY_FILE = "papers.key"
MOST_BYTES = 10 * 1024 * 1024
_KEY_BYTES = 32
_NONCE_BYTES = 12
_SUFFIX = ".enc"


@dataclass(frozen=True)
class Kept:
    """Where an encrypted paper is, and what opens it. `digest` is of the encrypted bytes."""

    place: str
    wrapped_key: bytes
    key_id: str
    digest: str


def media_type_of(content: bytes) -> str:
    """What the bytes are: PDF, JPEG or PNG, whatever the file is called.

    Raises:
        InputError: `server.challenge.paper_empty`, `server.challenge.paper_type`.
        LimitError: `server.challenge.paper_large`.
    """
    if not content:
        raise InputError("server.challenge.paper_empty", field="file")
    if len(content) > MOST_BYTES:
        raise LimitError("server.challenge.paper_large", field="file", most=MOST_BYTES // 1024 // 1024)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-2048:]:
        return "image/jpeg"
    raise InputError("server.challenge.paper_type", field="file")


def keep(number: int, media_type: str, content: bytes) -> Kept:
    """Encrypt a paper and write it, whole, below the data home.

    Raises:
        RefusedError, UsageError, UnavailableError: the house key, see `house_key`.
    """
    house, bound = house_key(), _bound(number, media_type)
    own = AESGCM.generate_key(bit_length=256)
    sealed = _seal(own, content, bound)
    place = secrets.token_hex(16)
    _write(folder() / f"{place}{_SUFFIX}", sealed)
    return Kept(place, _seal(house, own, bound), key_id(house), hashlib.sha256(sealed).hexdigest())


def read(number: int, media_type: str, kept: Kept) -> bytes:
    """The paper as it was handed in.

    Raises:
        UnavailableError: `server.challenge.paper_not_here`, no file (a restored backup holds none), or another house
            key: `server.challenge.paper_other_key`.
        InputError: `server.challenge.paper_damaged`, a single bit of it is not what was written.
    """
    house = house_key()
    if kept.key_id != key_id(house):
        raise UnavailableError("server.challenge.paper_other_key", paper=number)
    sealed = _bytes(number, kept)
    bound = _bound(number, media_type)
    try:
        return _open(_open(house, kept.wrapped_key, bound), sealed, bound)
    except InvalidTag:
        raise InputError("server.challenge.paper_damaged", paper=number) from None


def is_whole(kept: Kept) -> bool:
    """Whether the encrypted bytes are those that were written; no key is needed to see that."""
    try:
        return hashlib.sha256(_path(kept.place).read_bytes()).hexdigest() == kept.digest
    except OSError:
        return False


def destroy(place: str) -> bool:
    """Overwrite the file and take its name away; `False` where there was none."""
    path = _path(place)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    with os.fdopen(handle, "wb") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(secrets.token_bytes(min(left, 1024 * 1024)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
    return True


def places() -> Iterator[tuple[str, float]]:
    """Every paper in the folder, with the instant of its writing as seconds."""
    for path in sorted(folder().glob(f"*{_SUFFIX}")):
        with contextlib.suppress(OSError):
            yield path.name.removesuffix(_SUFFIX), path.stat().st_mtime


def wipe(path: Path) -> None:
    """Overwrite and remove a plain file that the browser sent, once its content is kept encrypted."""
    with contextlib.suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(b"\0" * size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink(missing_ok=True)


def folder() -> Path:
    """The folder of the papers, for its owner only."""
    place = Path(settings.HOME) / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(place.stat().st_mode) != 0o700:
        place.chmod(0o700)
    return place


def house_key() -> bytes:
    """The key under which papers' keys are kept: of DATAFERRY_PAPERS_KEY, else of the data home, made at first use.

    Raises:
        RefusedError: `server.challenge.papers_key_open`, others than its owner may read the file.
        UsageError: `server.challenge.papers_key_bad`. UnavailableError: `server.challenge.papers_key_no_home`.
    """
    given = settings.PAPERS_KEY
    if given:
        return _checked(given.encode())
    file = Path(settings.HOME) / "keys" / KEY_FILE
    if not file.exists():
        _make(file)
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise RefusedError("server.challenge.papers_key_open", file=str(file), mode=f"{mode:o}")
    return _checked(file.read_bytes().strip())


def key_id(key: bytes) -> str:
    """The name of a house key; it tells nothing of the key."""
    return hashlib.sha256(b"dataferry papers\0" + key).hexdigest()[:32]


def _checked(text: bytes) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError("server.challenge.papers_key_bad")
    return key


def _make(file: Path) -> None:
    if not file.parents[1].is_dir():
        raise UnavailableError("server.challenge.papers_key_no_home", home=str(file.parents[1]))
    file.parent.mkdir(mode=0o700, exist_ok=True)
    _write(file, base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")


def _write(file: Path, body: bytes) -> None:
    """Under another name first: nobody sees half of it, and of two that make the house key one wins."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink(missing_ok=True)


def _bound(number: int, media_type: str) -> bytes:
    return f"dataferry-paper/1:{number}:{media_type}".encode()


def _seal(key: bytes, content: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def _open(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    if len(sealed) < _NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)


def _bytes(number: int, kept: Kept) -> bytes:
    try:
        sealed = _path(kept.place).read_bytes()
    except OSError:
        raise UnavailableError("server.challenge.paper_not_here", paper=number) from None
    if hashlib.sha256(sealed).hexdigest() != kept.digest:
        raise InputError("server.challenge.paper_damaged", paper=number)
    return sealed


def _path(place: str) -> Path:
    """The file of a place; a place that is none of ours leads nowhere."""
    if len(place) != 32 or not place.isalnum():
        return folder() / f"none{_SUFFIX}"
    return folder() / f"{place}{_SUFFIX}"
