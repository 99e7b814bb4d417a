"""Messages of vehicles to a platform (GB/T 32960.3) kept whole in a column: VIN, position and time are inside them.

Layout of 2016 and 2025: start `##` or `$$`, command, answer, VIN (17), encryption, length N (2, big-endian), N bytes,
and the exclusive or of all bytes from the command on. Read from open decoders that agree, not from the standard's text.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from dataferry.messages import Finding
from dataferry.privacy.screening import Screened

_STARTS: Final = (b"##", b"$$")
_HEAD: Final = 24
_HEX_STARTS: Final = ("2323", "2424")
_BASE64_STARTS: Final = ("IyM", "JCQ")
_BETWEEN: Final = re.compile(r"\b0[xX]|[\s:,;-]")
_MOST_LOOKED_AT: Final = 1_000
_HALF: Final = 0.5


def is_frame(message: bytes) -> bool:
    """Whether bytes are one whole message, or begin with one, its checksum right."""
    if len(message) <= _HEAD or message[:2] not in _STARTS or not all(0x20 < byte < 0x7F for byte in message[4:21]):
        return False
    end = _HEAD + int.from_bytes(message[_HEAD - 2 : _HEAD], "big")
    return end < len(message) and int(np.bitwise_xor.reduce(np.frombuffer(message[2:end], np.uint8))) == message[end]


def signs_of_frames(table: pa.Table, screened: Sequence[Screened]) -> tuple[Finding, ...]:
    """A finding that names the columns of which at least half the different values are messages of vehicles."""
    columns = [name for name, messages in (*_written(screened), *_as_bytes(table)) if _mostly_frames(messages)]
    if not columns:
        return ()
    return (Finding("privacy.vehicle_frames", "blocked", {"rule": "EV-01", "columns": columns}),)


def _written(screened: Sequence[Screened]) -> Iterable[tuple[str, list[bytes]]]:
    for one in screened:
        if one.leaf.kind == "text" and len(one.leaf.texts):
            yield one.leaf.path, [_decoded(text) for text in _some(one.leaf.texts.values)]


def _decoded(text: str) -> bytes:
    """The bytes that a text writes down: in hexadecimal as programs and logs print it, or in base64; else none."""
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        if text.startswith(_BASE64_STARTS):
            return base64.b64decode(text, validate=True)
        plain = _BETWEEN.sub("", text)
        return bytes.fromhex(plain) if plain.startswith(_HEX_STARTS) else b""
    except ValueError:
        return b""


def _as_bytes(table: pa.Table) -> Iterable[tuple[str, list[bytes]]]:
    for field in table.schema:
        if pa.types.is_binary(field.type) or pa.types.is_fixed_size_binary(field.type):
            yield field.name, _some(table[field.name].drop_null())


def _some(values: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Values from the whole length of a column, evenly."""
    step = -(-len(values) // _MOST_LOOKED_AT) or 1
    chosen: list[Any] = values.take(pa.array(range(0, len(values), step), pa.int64())).to_pylist()
    return chosen


def _mostly_frames(messages: Sequence[bytes]) -> bool:
    return bool(messages) and sum(map(is_frame, messages)) >= _HALF * len(messages)
