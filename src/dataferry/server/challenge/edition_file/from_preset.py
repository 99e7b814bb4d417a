"""A new edition out of a preset: its text with the organiser's changes, comments kept."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from dataferry.messages import MissingError
from dataferry.server.challenge.edition_file.edition import EditionFile
from dataferry.server.challenge.edition_file.provenance import parts
from dataferry.server.challenge.edition_file.reading import read_edition
from dataferry.server.challenge.edition_file.shipped import PRESETS, preset_text


@cache
def presets() -> Mapping[str, EditionFile]:
    """Every preset that is shipped, by its code."""
    return {code: read_edition(preset_text(code), f"{code}.yaml") for code in PRESETS}


def from_preset(code: str, slug: str, changes: Mapping[str, Any] | None = None) -> EditionFile:
    """A new edition made from a preset. `text_from_preset` gives its YAML.

    Raises:
        MissingError: no such preset.
        EditionFileError: the changes do not fit.
    """
    return read_edition(text_from_preset(code, slug, changes))


def text_from_preset(code: str, slug: str, changes: Mapping[str, Any] | None = None) -> str:
    """The YAML of a new edition made from a preset.

    Args:
        code: the preset.
        slug: what the new edition is called in addresses.
        changes: path (`divisions.hong-kong.quota`) to a plain value, a mapping or a list; None makes it unknown.

    Raises:
        MissingError: no such preset.
    """
    if code not in PRESETS:
        raise MissingError("server.challenge.edition_no_preset", value=code, known=", ".join(PRESETS))
    return changed_text(preset_text(code), {"slug": slug, "preset": code, **(changes or {})})


def changed_text(text: str, changes: Mapping[str, Any]) -> str:
    """A text of an edition that can be read, with values put in at their paths; comments and order stay."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    top = yaml.load(text)
    for path, value in changes.items():
        _put(top, _split(path), _plain(value))
    stream = io.StringIO()
    yaml.dump(top, stream)
    return stream.getvalue()


def _split(path: str) -> tuple[str, ...]:
    """A row of `provenance` has dots in its key."""
    if path.startswith("provenance."):
        return ("provenance", path.removeprefix("provenance."))
    return parts(path)


def _put(top: Any, path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        if isinstance(top, list):
            top = top[int(part)]
            continue
        if not isinstance(top.get(part), dict | list):
            top[part] = CommentedMap()
        top = top[part]
    if isinstance(top, list):
        top[int(path[-1])] = value
    else:
        top[path[-1]] = value


def _plain(value: Any) -> Any:
    """Decimals and instants as text, which the reader takes digit by digit."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    return value
