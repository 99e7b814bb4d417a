"""What may stand in an event: references, digests and codes. People are named by their number, never described.

An event can never be taken back, a person's data must be: so nothing that looks like personal data gets in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dataferry.server.journal.canonical import PayloadError, canonical, plain

LARGEST_PAYLOAD = 8192
LONGEST_VALUE = 200

_ACTOR = re.compile(r"system|person:[1-9][0-9]{0,18}")
_ACT = re.compile(r"[a-z][a-z_]{0,38}\.[a-z][a-z0-9_]{0,58}")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._+~/:-]{0,199}"
_VERSION = r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,79}"
_OBJECT = re.compile(rf"(?P<kind>[a-z][a-z_]{{0,38}}):(?P<name>{_NAME})(?:@(?P<version>{_VERSION}))?")
_VERSIONED = frozenset({"release", "build", "entry", "listing"})
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CODE = re.compile(rf"[\x21-\x7e]{{0,{LONGEST_VALUE}}}")

_PERSONAL_WORDS = frozenset(
    {"name", "names", "email", "mail", "phone", "telephone", "tel", "mobile", "fax", "wechat", "address", "street"}
    | {"birth", "birthday", "passport", "hkid", "idcard", "ip", "password", "secret"}
    | {"title", "text", "comment", "note", "notes", "message", "description"}
)

_UNMISTAKABLE = re.compile(
    r"[0-9a-f]{32,}|sha256:[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
)
_LOOKS_PERSONAL = {
    "an e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    "a telephone number": re.compile(r"(?<![\w.-])(?:\+\d[\d()-]{6,}|1[3-9]\d{9}|[2-9]\d{3}-?\d{4})(?![\w.-])"),
    "an identity number": re.compile(r"(?<!\w)(?:\d{17}[\dXx]|[A-Z]{1,2}\d{6}\([\dA]\))(?!\w)"),
    "an internet address of a visitor": re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"),
}


def checked_actor(actor: str) -> str:
    if not _ACTOR.fullmatch(actor):
        raise PayloadError(f"actor is {actor!r}: it must be person:<number> or system")
    return actor


def checked_act(act: str) -> str:
    if not _ACT.fullmatch(act):
        raise PayloadError(f"act is {act!r}: it must be room.act_in_past in lower case")
    return act


def is_reference(text: str) -> bool:
    """Is this the reference of an object: `kind:name`, or `kind:name@version` for what has versions?"""
    match = _OBJECT.fullmatch(text)
    if match is None or (match["version"] is not None and match["kind"] not in _VERSIONED):
        return False
    return match["kind"] != "person" or bool(_ACTOR.fullmatch(text))


def checked_object(text: str) -> str:
    if not is_reference(text):
        raise PayloadError(f"object is {text!r}: it must be kind:name, release:name@version or person:<number>")
    return text


def checked_payload(payload: Mapping[str, Any]) -> str:
    """The canonical text of a payload.

    Raises:
        PayloadError: it holds what is not canonical, is too large, or looks like personal data or free text.
    """
    if not isinstance(payload, Mapping):
        raise PayloadError("payload must be a map")
    value = plain(payload)
    _check(value, "payload")
    text = canonical(value)
    if len(text.encode()) > LARGEST_PAYLOAD:
        raise PayloadError(f"payload is larger than {LARGEST_PAYLOAD} bytes: keep the data, journal its digest")
    return text


def _check(value: Any, place: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not _KEY.fullmatch(key):
                raise PayloadError(f"{place} has the key {key!r}: keys are lower case letters, digits and _")
            if not _PERSONAL_WORDS.isdisjoint(key.split("_")):
                raise PayloadError(f"{place}.{key} names personal data or free text: journal a reference or a code")
            _check(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]")
    elif isinstance(value, str):
        _check_code(value, place)


def _check_code(text: str, place: str) -> None:
    if not _CODE.fullmatch(text):
        raise PayloadError(
            f"{place} is no code: references, digests and codes are at most {LONGEST_VALUE} visible ASCII characters "
            "without spaces; names and free text stay out of the journal"
        )
    if _UNMISTAKABLE.fullmatch(text) or is_reference(text):
        return
    for what, pattern in _LOOKS_PERSONAL.items():
        if pattern.search(text):
            raise PayloadError(f"{place} looks like {what}: personal data stays out of the journal")
