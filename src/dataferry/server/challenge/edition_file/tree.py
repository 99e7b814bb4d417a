"""An edition as a tree of plain values, whose leaves have paths: for digests, differences and provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

Tree = dict[str, Any]


def tree(model: BaseModel) -> Tree:
    """The values under the names that the file uses, items under their codes; nothing that is unknown or empty."""
    fields = type(model).model_fields
    found = {fields[name].alias or name: _plain(value) for name, value in model if name != "code"}
    return {name: value for name, value in found.items() if value is not None and value != {}}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return tree(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def as_bytes(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: the same bytes for the same meaning."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(value: Any) -> str:
    return "sha256:" + hashlib.sha256(as_bytes(value)).hexdigest()


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is not a mapping or list of mappings, with its path. A list of plain values is one leaf."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for position, item in enumerate(value):
            yield from leaves(item, f"{path}[{position}]")
    else:
        yield path, value
