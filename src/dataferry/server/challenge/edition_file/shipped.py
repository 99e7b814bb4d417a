"""The presets that Dataferry ships, as documents."""

from __future__ import annotations

from functools import cache
from importlib import resources

from dataferry.products.yaml_file import parse_yaml
from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.instants import resolve_instants

PRESETS = (
    "hsodc-current",
    "hsodc-2025",
    "hsodc-2024",
    "hsodc-2023",
    "csdi-2024-open",
    "appcontest-hk",
    "soda-phase1",
    "data-element-x-local",
)


def preset_text(code: str) -> str:
    """The YAML of a preset, as it is shipped.

    Raises:
        KeyError: no such preset.
    """
    if code not in PRESETS:
        raise KeyError(code)
    folder = resources.files("dataferry.server.challenge.edition_file").joinpath("presets")
    return folder.joinpath(f"{code}.yaml").read_text(encoding="utf-8")


@cache
def preset_document(code: str) -> EditionDocument:
    """A preset, read.

    Raises:
        KeyError: no such preset.
    """
    document = parse_yaml(preset_text(code).encode(), f"{code}.yaml", exact=True)
    return EditionDocument.model_validate(resolve_instants(document)[0])
