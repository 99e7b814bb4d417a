"""Anchors: the head of the chain, signed. Kept elsewhere, they show a chain that was rewritten as a whole."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction

from dataferry.messages import Finding, InputError, MissingError
from dataferry.server.journal.canonical import canonical
from dataferry.server.journal.keys import key_id, signing_key, trusted_keys, write_once
from dataferry.server.journal.models import Anchor, Chain

FORMAT = "dataferry-journal-anchor/1"
FOLDER = "anchors"
LARGEST_ANCHOR = 4096
_FIELDS = {"format", "hash", "instance", "instant", "key", "sequence"}
_HASH = re.compile(r"[0-9a-f]{64}")
Reader: TypeAlias = tuple[str, Callable[[], "SignedHead"]]


@dataclass(frozen=True)
class SignedHead:
    """What an anchor says, and where it was found. Nothing of it is believed before its signature is checked."""

    source: str
    instance: str
    sequence: int
    hash: str
    instant: str
    key: str
    signed: bytes
    signature: bytes

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        try:
            key.verify(self.signature, self.signed)
        except InvalidSignature:
            return False
        return True


def make_anchor() -> Anchor:
    """Sign the head as it is now; kept as a row and as a file in the data home. The same head is signed once.

    Raises:
        MissingError: `server.journal.nothing_to_anchor`. And what `signing_key` raises.
    """
    key = signing_key()
    name = key_id(key.public_key())
    head = Chain.objects.filter(pk=1, sequence__gt=0).first()
    if head is None:
        raise MissingError("server.journal.nothing_to_anchor")
    statement = {
        "format": FORMAT,
        "hash": head.hash,
        "instance": str(head.instance),
        "instant": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "key": name,
        "sequence": head.sequence,
    }
    signature = base64.b64encode(key.sign(canonical(statement).encode())).decode()
    document = canonical({"signature": signature, "statement": statement})
    with transaction.atomic():
        made = Anchor.objects.filter(sequence=head.sequence, key=name).first()
        if made is None:
            made = Anchor(sequence=head.sequence, key=name, document=document)
            made.save()
    write_once(anchor_file(made), made.document.encode() + b"\n", mode=0o644)
    return made


def anchor_file(anchor: Anchor) -> Path:
    return Path(settings.HOME) / FOLDER / f"{anchor.sequence:012d}-{anchor.key}.json"


def read_anchor(file: Path) -> SignedHead:
    """An anchor from its file.

    Raises:
        InputError: `server.journal.anchor_unreadable` (no anchor at all), `server.journal.anchor_unsigned`.
    """
    try:
        with file.open("rb") as opened:
            body = opened.read(LARGEST_ANCHOR + 1)
    except OSError as error:
        raise InputError("server.journal.anchor_unreadable", anchor=str(file)) from error
    return parse_anchor(body, str(file))


def parse_anchor(body: bytes | str, source: str) -> SignedHead:
    """An anchor from its text; see `read_anchor`."""
    try:
        value = json.loads(body) if len(body) <= LARGEST_ANCHOR else None
    except (ValueError, RecursionError):
        value = None
    statement = value.get("statement") if isinstance(value, dict) else None
    if value is None or statement is None or not _is_statement(statement):
        raise InputError("server.journal.anchor_unreadable", anchor=source)
    given = {name: statement[name] for name in _FIELDS - {"format"}}
    try:
        signature = base64.b64decode(value["signature"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise InputError("server.journal.anchor_unsigned", anchor=source) from error
    return SignedHead(source=source, **given, signed=canonical(statement).encode(), signature=signature)


def _is_statement(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != _FIELDS or value["format"] != FORMAT:
        return False
    texts = all(isinstance(value[name], str) and value[name].isascii() for name in _FIELDS - {"sequence"})
    number = isinstance(value["sequence"], int) and not isinstance(value["sequence"], bool)
    return texts and number and value["sequence"] > 0 and _HASH.fullmatch(value["hash"]) is not None


def known_anchors(
    given: Sequence[SignedHead], instance: str | None, keys: Sequence[Path] = ()
) -> tuple[list[SignedHead], list[Finding]]:
    """The anchors that may be believed, of `given`, the database and the data home; and what is wrong with the rest."""
    complaints: list[Finding] = []
    trusted = trusted_keys(keys)
    good = []
    for head in [*given, *_kept(complaints)]:
        wrong = _distrust(head, instance, trusted)
        if wrong is None:
            good.append(head)
        else:
            complaints.append(Finding(wrong, "blocked", {"anchor": head.source, "key": head.key}))
    return good, complaints


def _distrust(head: SignedHead, instance: str | None, trusted: Mapping[str, Ed25519PublicKey]) -> str | None:
    key = trusted.get(head.key)
    if key is None:
        return "server.journal.anchor_unknown_key"
    if not head.signed_by(key):
        return "server.journal.anchor_wrong_signature"
    if instance is not None and head.instance != instance:
        return "server.journal.anchor_of_another_instance"
    return None


def _kept(complaints: list[Finding]) -> Iterator[SignedHead]:
    """The anchors of the database and of the data home; the same one is looked at once."""
    seen = set()
    home = Path(settings.HOME)
    files = sorted((home / FOLDER).glob("*.json"))
    rows = Anchor.objects.order_by("sequence", "pk").values_list("pk", "document").iterator(chunk_size=1000)
    of_files: Iterator[Reader] = ((f"{FOLDER}/{file.name}", partial(read_anchor, file)) for file in files)
    of_rows: Iterator[Reader] = ((f"row {pk}", partial(parse_anchor, text, f"row {pk}")) for pk, text in rows)
    for source, reader in chain(of_files, of_rows):
        try:
            head = reader()
        except InputError as error:
            complaints.append(Finding(error.code, "blocked", {"anchor": source}))
            continue
        if (head.signed, head.signature) not in seen:
            seen.add((head.signed, head.signature))
            yield head
