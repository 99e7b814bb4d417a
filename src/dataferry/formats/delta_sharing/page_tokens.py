"""Page tokens: where the next page begins, signed, and good only for the listing they were given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from dataferry.messages import InputError

_SIGNATURE_BYTES = 16
_LONGEST = 2_000


class PageTokens:
    """Gives and reads page tokens.

    Args:
        key: the secret to sign with, at least 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _SIGNATURE_BYTES:
            raise ValueError("a key to sign page tokens with has at least 16 bytes")
        self._key = key

    def issue(self, listing: str, position: str) -> str:
        """A token for the rest of `listing` (whose, of what, with which options) after `position`."""
        place = position.encode()
        return base64.urlsafe_b64encode(self._signature(listing, place) + place).decode().rstrip("=")

    def read(self, listing: str, token: str) -> str:
        """The position inside a token.

        Raises:
            InputError: the token is none of ours, was changed, or belongs to another listing.
        """
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (UnicodeEncodeError, binascii.Error) as error:
            raise InputError("formats.bad_page_token") from error
        signature, place = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        known = len(token) <= _LONGEST and hmac.compare_digest(signature, self._signature(listing, place))
        # Base64 has several spellings of the same bytes; only ours is taken.
        if not known or self.issue(listing, place.decode()) != token:
            raise InputError("formats.bad_page_token")
        return place.decode()

    def _signature(self, listing: str, place: bytes) -> bytes:
        name = listing.encode()
        signed = len(name).to_bytes(8, "big") + name + place
        return hmac.new(self._key, signed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
