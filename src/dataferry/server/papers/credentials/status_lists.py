"""Status lists: one bit for each certificate, so that anyone can see which were revoked without asking for one.

Source: W3C Bitstring Status List 1.0 (15 May 2025): bit 0 is the leftmost bit of the first byte; the bits are
compressed with gzip and written as base64url without padding behind the multibase letter `u`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

SMALLEST = 131_072
"""Bits. A list is never shorter, so that one certificate is not recognised among few."""

LARGEST = 8 * 16 * 1024 * 1024
ENTRY, LIST, LIST_CREDENTIAL = "BitstringStatusListEntry", "BitstringStatusList", "BitstringStatusListCredential"
Purpose = Literal["revocation", "suspension"]


@dataclass(frozen=True)
class StatusList:
    """Bits by index. Make one with `of`, or read one that was published."""

    raw: bytes

    @classmethod
    def of(cls, marked: Iterable[int], size: int = SMALLEST) -> StatusList:
        """The list in which these indices are set.

        Raises:
            ValueError: a size that is no multiple of eight or outside the limits, or an index outside the list.
        """
        if size % 8 or not SMALLEST <= size <= LARGEST:
            raise ValueError("size of a status list")
        raw = bytearray(size // 8)
        for index in marked:
            if not 0 <= index < size:
                raise ValueError(f"index {index} lies outside the status list")
            raw[index // 8] |= 128 >> index % 8
        return cls(bytes(raw))

    @classmethod
    def read(cls, text: str) -> StatusList:
        """The list of an `encodedList`.

        Raises:
            ValueError: it is not in this form, shorter than the smallest or larger than the largest list.
        """
        try:
            packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
            unpacking = zlib.decompressobj(wbits=31)
            raw = unpacking.decompress(packed, LARGEST // 8 + 1)
        except (binascii.Error, zlib.error, ValueError) as error:
            raise ValueError("no encoded list") from error
        if text[:1] != "u" or not unpacking.eof or not SMALLEST <= 8 * len(raw) <= LARGEST:
            raise ValueError("no encoded list")
        return cls(raw)

    @property
    def size(self) -> int:
        return 8 * len(self.raw)

    def encoded(self) -> str:
        """As it stands in a credential."""
        packed = gzip.compress(self.raw, mtime=0)
        return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def marked(self, index: int) -> bool:
        """Whether the bit is set.

        Raises:
            IndexError: outside the list.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        return bool(self.raw[index // 8] & 128 >> index % 8)


def status_entry(list_address: str, index: int, purpose: Purpose = "revocation") -> dict[str, Any]:
    """What a credential says about where its status stands.

    Give every credential of a list an index of its own, drawn at random: numbers in order would tell how many were
    issued, and when.
    """
    return {
        "id": f"{list_address}#{index}",
        "type": ENTRY,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_address,
    }
