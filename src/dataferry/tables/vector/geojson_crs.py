"""The `crs` member that GeoJSON of 2008's form may carry at its top level, found without loading the file."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PIECE = 4 * 1024 * 1024
_MEMBER_BYTES = 64 * 1024
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WHOLE_TOKENS = re.compile(rb'(?:[^"]+|"(?:[^"\\]|\\.)*")*', re.DOTALL)
_COLON = re.compile(rb'"crs"\s*:\s*')


@dataclass(frozen=True)
class CrsMember:
    """What the member says: a `name`, or a link to a definition elsewhere, or neither (null, or a form of its own)."""

    name: str | None
    is_link: bool


def find_crs_member(path: Path) -> CrsMember | None:
    """The `crs` member of the outermost object; properties of features that happen to be called crs are none."""
    if path.stat().st_size == 0:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        at = depth = 0
        candidate = text.find(b'"crs"')
        while candidate >= 0:
            at, depth = _walk(text, at, candidate, depth)
            colon = _COLON.match(text, candidate)
            if at == candidate and depth == 1 and colon is not None:
                return _member(text[colon.end() : colon.end() + _MEMBER_BYTES])
            candidate = text.find(b'"crs"', candidate + 5)
    return None


def _walk(text: mmap.mmap, at: int, end: int, depth: int) -> tuple[int, int]:
    """Depth of brackets at `end`, from the depth at `at`; it stops before a string that is still open at `end`."""
    size = _PIECE
    while at < end:
        piece = text[at : min(at + size, end)]
        whole = _WHOLE_TOKENS.match(piece)
        used = whole.end() if whole else 0
        bare = _STRING.sub(b"", piece[:used])
        depth += bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
        if used < len(piece) and at + len(piece) == end:
            return at + used, depth
        size = size * 2 if used == 0 else _PIECE
        at += used
    return at, depth


def _member(start: bytes) -> CrsMember:
    try:
        value, _ = json.JSONDecoder().raw_decode(start.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return CrsMember(None, is_link=False)
    if not isinstance(value, Mapping):
        return CrsMember(None, is_link=False)
    inner: Any = value.get("properties")
    properties: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {}
    kind = str(value.get("type", "")).lower()
    name = properties.get("name")
    is_link = kind in ("link", "url") or bool({"href", "url"} & properties.keys())
    return CrsMember(name if isinstance(name, str) else None, is_link)
