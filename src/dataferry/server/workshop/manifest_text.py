"""product.yaml as text that people wrote: single parts of it changed, comments and order of everything else kept."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dataferry.messages import LANGUAGES

if TYPE_CHECKING:
    from dataferry.products.outline import OutlineColumn

FILE = "product.yaml"
CITIES = ("hong-kong", "shanghai")


def plain_parts(manifest: str) -> dict[str, Any]:
    """What the form shows: version, licence, cities, and title and description per language; missing ones are empty.

    Raises:
        ManifestError: the text cannot be read.
    """
    from dataferry.products.yaml_file import parse_yaml

    value = parse_yaml(manifest.encode(), FILE).value
    cities = value.get("cities")
    return {
        "version": _text(value.get("version")),
        "licence": _text(value.get("licence")),
        "cities": [each for each in cities if each in CITIES] if isinstance(cities, list) else [],
        "title": _worded(value.get("title")),
        "description": _worded(value.get("description")),
    }


def with_parts(manifest: str, parts: Mapping[str, Any]) -> str:
    """The text with the parts of the form written into it.

    Raises:
        ManifestError: the text cannot be read.
    """
    from dataferry.products.outline import words

    value = _loaded(manifest)
    for key in ("version", "licence"):
        value[key] = parts[key]
    if not _same(value.get("cities"), parts["cities"]):
        value["cities"] = _flow(parts["cities"])
    for key in ("title", "description"):
        if isinstance(value.get(key), dict):
            value[key].update({language: parts[key][language] for language in LANGUAGES})
        else:
            value[key] = words(parts[key])
    return _dumped(value)


def with_columns(manifest: str, columns: Sequence[OutlineColumn]) -> str:
    """The text with the columns that the recipe gives: known ones keep their words, others are added or leave.

    The key keeps the columns that are still there; the datum of the geometry is written where there is one.

    Raises:
        ManifestError: the text cannot be read.
    """
    value = _loaded(manifest)
    if not isinstance(value.get("output"), dict):
        value["output"] = _mapping()
    output = value["output"]
    listed = output.get("columns")
    known = {each.get("name"): each for each in listed or [] if isinstance(each, dict)}
    kept = [_column(each, known.get(each.name)) for each in columns]
    if isinstance(listed, list):
        # The list keeps the comments that hang on it.
        listed[:] = kept
    else:
        output["columns"] = kept
    names = [each.name for each in columns]
    key = [name for name in output.get("key") or [] if name in names] if isinstance(output.get("key"), list) else []
    fit = [each.name for each in columns if each.type not in ("geometry", "number", "boolean")]
    output["key"] = _flow(key or fit[:1] or names[:1])
    crs = next((each.crs for each in columns if each.type == "geometry" and each.crs), None)
    if crs:
        output["crs"] = crs
    else:
        output.pop("crs", None)
    if output.get("geometry") not in names:
        output.pop("geometry", None)
    return _dumped(value)


def with_input(manifest: str, name: str, spec: Mapping[str, Any]) -> str:
    """The text with one more input, or with what is said of an input that is there already brought up to date.

    Raises:
        ManifestError: the text cannot be read.
    """
    from dataferry.products.outline import words

    value = _loaded(manifest)
    if not isinstance(value.get("inputs"), dict):
        value["inputs"] = _mapping()
    entry = value["inputs"].get(name)
    given = {key: words(each) if isinstance(each, Mapping) else each for key, each in spec.items()}
    if isinstance(entry, dict):
        entry.update(given)
    else:
        value["inputs"][name] = _mapping(given)
    return _dumped(value)


def without_input(manifest: str, name: str) -> str:
    """
    Raises:
        ManifestError: the text cannot be read.
    """
    value = _loaded(manifest)
    if isinstance(value.get("inputs"), dict):
        value["inputs"].pop(name, None)
    return _dumped(value)


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _worded(value: Any) -> dict[str, str]:
    given = value if isinstance(value, Mapping) else {}
    return {language: _text(given.get(language)) for language in LANGUAGES}


def _same(value: Any, wanted: Collection[str]) -> bool:
    return isinstance(value, list) and list(value) == list(wanted)


def _column(column: OutlineColumn, known: Any) -> Any:
    """What is declared of a column: the words that are there already, with the type that the recipe gives."""
    from dataferry.products.outline import words

    entry = known if known is not None else _mapping({"name": column.name, "type": column.type})
    if known is None:
        entry["title"] = words(column.title or column.name)
        entry["description"] = words(column.title or column.name)
        if column.type == "number":
            entry["precision"] = 6
    entry["type"] = column.type
    if column.type != "number":
        entry.pop("precision", None)
    if column.gaps:
        entry["nullable"] = True
    return entry


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _loaded(manifest: str) -> Any:
    from dataferry.products.yaml_file import parse_yaml

    # The careful reader looks first: the other one follows aliases.
    parse_yaml(manifest.encode(), FILE)
    return _yaml().load(manifest)


def _dumped(value: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(value, stream)
    return stream.getvalue()


def _mapping(value: Mapping[str, Any] | None = None) -> Any:
    from ruamel.yaml.comments import CommentedMap

    return CommentedMap(value or {})


def _flow(value: Sequence[str]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    plain = CommentedSeq(value)
    plain.fa.set_flow_style()
    return plain
