"""Ed25519 keys as the credentials name them: Multikey, did:key, and the issuer's controller document.

Multikey: base58-btc (multibase `z`) of the two bytes ed 01 and the 32 bytes of the key, from W3C Controlled
Identifiers 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_PUBLIC = b"\xed\x01"
_LONGEST_BASE58 = 200
_KEY_BYTES = 32
DID_KEY = "did:key:"
PLACE = "/issuer.json"
CONTROLLER_CONTEXT = "https://www.w3.org/ns/cid/v1"

PublicKeys = Mapping[Any, Ed25519PublicKey] | Iterable[Ed25519PublicKey]


def to_base58(raw: bytes) -> str:
    """Base58-btc, without the multibase letter."""
    number, text = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def from_base58(text: str) -> bytes:
    """The bytes.

    Raises:
        ValueError: a letter that is none of the 58, or a text longer than any key or signature.
    """
    if len(text) > _LONGEST_BASE58 or not set(text) <= _VALUES.keys():
        raise ValueError("no base58")
    number = 0
    for letter in text:
        number = number * 58 + _VALUES[letter]
    body = number.to_bytes((number.bit_length() + 7) // 8)
    return bytes(len(text) - len(text.lstrip("1"))) + body


def multikey(key: Ed25519PublicKey) -> str:
    """A public key as `z6Mk...`."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "z" + to_base58(_PUBLIC + raw)


def read_multikey(text: str) -> Ed25519PublicKey:
    """The public key of a Multikey.

    Raises:
        ValueError: it is none, or none of Ed25519.
    """
    raw = from_base58(text[1:]) if text.startswith("z") else b""
    if raw[:2] != _PUBLIC or len(raw) != _KEY_BYTES + 2:
        raise ValueError("no Ed25519 Multikey")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def as_list(keys: PublicKeys) -> list[Ed25519PublicKey]:
    """Public keys, from a list or as `journal.trusted_keys` gives them."""
    return list(keys.values() if isinstance(keys, Mapping) else keys)


@dataclass(frozen=True)
class Issuer:
    """Who issues.

    Args:
        name: shown to people.
        address: https address under which the site serves `controller_document`; without one the issuer is its
            key alone (did:key).
    """

    name: str
    address: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if self.address and (parts.scheme != "https" or not parts.hostname or parts.fragment):
            raise ValueError("the address of an issuer is an https address without a fragment")

    @classmethod
    def of_site(cls, name: str, site: str) -> Issuer:
        """The issuer of a Dataferry site, whose keys stand at its `/issuer.json`.

        Args:
            site: `https://example.org`. One that is not reached by HTTPS (a trial on one machine) issues as its key.
        """
        secure = site.startswith("https://")
        return cls(name, f"{site.rstrip('/')}{PLACE}" if secure else "")

    def identifier(self, key: Ed25519PublicKey) -> str:
        return self.address or DID_KEY + multikey(key)

    def method(self, key: Ed25519PublicKey) -> str:
        """The verification method: the address of the key itself."""
        return f"{self.identifier(key)}#{multikey(key)}"


def key_of_method(method: str) -> tuple[str, Ed25519PublicKey]:
    """Controller and key that a verification method names. The key stands in its fragment, so nothing is fetched.

    Raises:
        ValueError: it is neither a did:key nor an https address with a Multikey as its fragment.
    """
    controller, _, fragment = method.partition("#")
    if controller.startswith(DID_KEY):
        if fragment and controller != DID_KEY + fragment:
            raise ValueError("the did:key and its fragment differ")
        return controller, read_multikey(controller.removeprefix(DID_KEY))
    if not controller.startswith("https://"):
        raise ValueError("neither did:key nor https")
    return controller, read_multikey(fragment)


def controller_document(issuer: Issuer, keys: PublicKeys) -> dict[str, Any]:
    """What the site serves at the issuer's address: its keys, for verifiers that fetch them (W3C Controlled
    Identifiers 1.0). List retired keys too, for as long as what they signed shall be verified.

    Raises:
        ValueError: the issuer has no address.
    """
    if not issuer.address:
        raise ValueError("an issuer without an address has no controller document")
    listed = sorted(as_list(keys), key=multikey)
    methods = [
        {
            "id": issuer.method(key),
            "type": "Multikey",
            "controller": issuer.address,
            "publicKeyMultibase": multikey(key),
        }
        for key in listed
    ]
    return {
        "@context": CONTROLLER_CONTEXT,
        "id": issuer.address,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
