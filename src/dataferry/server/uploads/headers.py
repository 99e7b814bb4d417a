"""Header fields of tus 1.0: numbers and metadata from outside, checked and cleaned."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping

from dataferry.messages import InputError, UsageError

_NUMBER = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,100}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_LONGEST_HEADER = 128 * 1024
_MOST_KEYS = 20
_LARGEST = 2**63 - 1
LONGEST_NAME = 120
_LONGEST_SUFFIX = 12


def number_of(header: str, text: str | None) -> int:
    """A byte count.

    Raises:
        UsageError: `server.uploads.bad_number`: missing, negative, or no number that a file could have.
    """
    if text is None or not _NUMBER.fullmatch(text.strip()) or int(text) > _LARGEST:
        raise UsageError("server.uploads.bad_number", header=header, value=(text or "")[:40])
    return int(text)


def metadata_of(text: str) -> dict[str, str]:
    """`Upload-Metadata` as a map of texts.

    Raises:
        InputError: `server.uploads.bad_metadata`.
    """
    if len(text) > _LONGEST_HEADER:
        raise InputError("server.uploads.bad_metadata")
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found or len(found) >= _MOST_KEYS:
            raise InputError("server.uploads.bad_metadata")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise InputError("server.uploads.bad_metadata") from error
    return found


def written(metadata: Mapping[str, str]) -> str:
    """A map of texts as `Upload-Metadata`."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


def clean_name(name: str) -> str:
    """A file name to keep and show: its last part in NFC, with no character that controls or turns the text around.

    Letters of every script and emoji stay. A long name loses its middle, not its suffix.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name[: 16 * 1024]))[-1]
    kept = (c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    clean = " ".join("".join(kept).split()).strip(" .")
    if len(clean) > LONGEST_NAME:
        stem, dot, suffix = clean.rpartition(".")
        if not dot or len(suffix) > _LONGEST_SUFFIX:
            return clean[: LONGEST_NAME - 1] + "…"
        clean = f"{stem[: LONGEST_NAME - len(suffix) - 2]}…{dot}{suffix}"
    return clean or "file"


def clean_media_type(text: str) -> str:
    """What the sender says the file is; nothing where that is no media type."""
    plain = text.partition(";")[0].strip().lower()
    return plain if len(plain) <= 120 and _MEDIA_TYPE.fullmatch(plain) else ""
