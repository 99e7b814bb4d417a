"""Bytes on their way into the store: hashed first, then handed over in pieces that are checked against that hash."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from dataferry.messages import InputError

_CHUNK = 4 * 1024 * 1024
_LONGEST_NAME = 200


def shown_name(name: str) -> str:
    """A name that is safe to show and to use for a file: no folders, no control characters, not too long."""
    last = PureWindowsPath(unicodedata.normalize("NFC", name.replace("\x00", ""))).name
    text = "".join(c if c.isprintable() else "_" for c in last).strip(". ")
    while len(text.encode("utf-8", "replace")) > _LONGEST_NAME:
        stem, dot, suffix = text.rpartition(".")
        text = f"{stem[:-1]}{dot}{suffix}" if stem and len(suffix) < 12 else text[:-1]
    return text.encode("utf-8", "replace").decode() or "unnamed"


def _pieces(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield from (content[i : i + _CHUNK] for i in range(0, len(content), _CHUNK))
        return
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def measure(content: Path | bytes) -> tuple[str, int]:
    """SHA-256 and size."""
    measured, size = hashlib.sha256(), 0
    for piece in _pieces(content):
        measured.update(piece)
        size += len(piece)
    return measured.hexdigest(), size


def verified(content: Path | bytes, digest: str, name: str) -> Iterator[bytes]:
    """The pieces; the last is held back until all of them are known to be the bytes that were hashed before.

    An error here ends the upload unfinished, so that wrong bytes never get the name of the right ones.
    """
    measured, held = hashlib.sha256(), b""
    for piece in _pieces(content):
        measured.update(piece)
        if held:
            yield held
        held = piece
    if measured.hexdigest() != digest:
        raise InputError("tables.changed_while_stored", file=shown_name(name))
    yield held
