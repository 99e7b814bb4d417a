"""Where the inputs of a product.yaml come from, written anew; everything else stays as its author wrote it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from dataferry.products.outline import OutlineInput, described_input
from dataferry.products.yaml_file import parse_yaml

PLACE_KEYS = ("file", "dataset", "snapshot", "product")
_FILE = "product.yaml"


def place_inputs(manifest: str, places: Mapping[str, Mapping[str, str]]) -> str:
    """product.yaml with other places for some inputs; comments and order of the rest are kept.

    Where a thing lies says nothing of what it is: with the same bytes the release has the same digest.

    Args:
        manifest: the text, which `load.check_manifest` accepts.
        places: input name -> the keys that say where it comes from, such as `{"file": "data/stops.csv"}`.

    Raises:
        ManifestError: the text cannot be read.
        KeyError: it has no such input (a fault of the caller).
    """
    value = _loaded(manifest)
    for name, place in places.items():
        spec = value["inputs"][name]
        for key in PLACE_KEYS:
            spec.pop(key, None)
        for position, (key, text) in enumerate(place.items()):
            spec.insert(position, key, text)
    return _dumped(value)


def add_input(manifest: str, given: OutlineInput) -> str:
    """product.yaml with one more input.

    Raises:
        ManifestError: the text cannot be read.
    """
    value = _loaded(manifest)
    inputs = value.get("inputs")
    if not isinstance(inputs, dict):
        value["inputs"] = inputs = CommentedMap()
    inputs.fa.set_block_style()
    inputs[given.name] = described_input(given)
    return _dumped(value)


def _loaded(manifest: str) -> Any:
    # The careful reader looks first: the other one follows aliases.
    parse_yaml(manifest.encode(), _FILE)
    return _yaml().load(manifest)


def _dumped(value: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(value, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
