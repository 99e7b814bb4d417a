"""Names that come from a server, before they become paths on this machine."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dataferry.messages import InputError

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+.][0-9A-Za-z.+-]+)?")
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_FILE_ADDRESS = re.compile(
    r"/delivery/files/[0-9a-z-]{5,100}/[A-Za-z0-9][A-Za-z0-9_.+-]{0,199}\?X-Amz-Signature=[0-9a-f]{16,128}"
)
_SUFFIX = re.compile(r"(?:\.[A-Za-z0-9]{1,10}){1,2}$")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
LONGEST_NAME = 80


def product_name(text: object) -> str:
    """The name of a product: small letters, digits, single hyphens."""
    return _matching(_NAME, text)


def version(text: object) -> str:
    return _matching(_VERSION, text)


def table_name(text: object) -> str:
    return _matching(_TABLE, text)


def digest(text: object) -> str:
    """The 64 hexadecimal digits, with or without `sha256:` in front."""
    match = _DIGEST.fullmatch(str(text))
    if match is None:
        raise InputError("client.hostile_name", name=str(text)[:100])
    return match[1]


def inner_path(text: object) -> str:
    """A relative path of plain parts that stays inside the folder it is put in."""
    path = PurePosixPath(str(text))
    parts = str(text).split("/")
    plain = all(_PART.fullmatch(part) and not _RESERVED.fullmatch(part) and not part.endswith(".") for part in parts)
    if not plain or path.is_absolute() or len(parts) > 4:
        raise InputError("client.hostile_name", name=str(text)[:100])
    return "/".join(parts)


def file_address(text: object) -> str:
    """The path of a delivered file with its grant: on the server that was asked, and nowhere else.

    Raises:
        InputError: `client.hostile_name`. The text is not repeated: a true one would be a secret.
    """
    if not _FILE_ADDRESS.fullmatch(str(text)) or ".." in str(text):
        raise InputError("client.hostile_name", name="address")
    return str(text)


def suffix(file_name: object) -> str:
    """The ending of a file's name, which says its kind; nothing of the rest of the name is believed."""
    match = _SUFFIX.search(str(file_name))
    return match[0].lower() if match else ""


def _matching(pattern: re.Pattern[str], text: object) -> str:
    given = str(text)
    if len(given) > LONGEST_NAME or not pattern.fullmatch(given) or _RESERVED.fullmatch(given):
        raise InputError("client.hostile_name", name=given[:100])
    return given
