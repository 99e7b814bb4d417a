"""A first product.yaml and recipe.sql for tables whose columns are known: they build at once and claim nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from dataferry.messages import LANGUAGES

_WORD = re.compile(r"[^\W\d]\w*")
_MAX_COLUMNS = 40
_KEY_TYPES = ("string", "integer", "date", "timestamp")


@dataclass(frozen=True)
class OutlineColumn:
    """A column of an input. `type` is one that product.yaml knows; `unique`: no two rows share a value."""

    name: str
    type: str
    gaps: bool = False
    unique: bool = False
    crs: str | None = None
    title: Mapping[str, str] | None = None
    unit: str = ""


@dataclass(frozen=True)
class OutlineInput:
    """A table of the recipe: its name there, what product.yaml says of it, its columns."""

    name: str
    spec: Mapping[str, Any]
    columns: Sequence[OutlineColumn]
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pick:
    """One column of the first input on its way to the output."""

    source: OutlineColumn
    name: str


def outline(
    name: str,
    inputs: Sequence[OutlineInput],
    *,
    title: Mapping[str, str] | None = None,
    cities: Sequence[str] = ("hong-kong", "shanghai"),
) -> tuple[str, str]:
    """The texts of product.yaml and recipe.sql of a product that passes the first input on, column by column.

    Args:
        name: the product's name, a slug.
        inputs: the recipe reads the first; without any, the texts leave a gap to fill.
        title: text in three languages; without it, made of the name.
    """
    first = inputs[0] if inputs else OutlineInput("choose_an_input", {}, ())
    picks = _picks(first.columns)
    key = next((pick.name for pick in picks if _tells_apart(pick.source)), None)
    recipe = _recipe(first.name, picks, numbered=key is None)
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_description(name, inputs, picks, key, title, cities), stream)
    return stream.getvalue(), recipe


def table_name(text: str, taken: Collection[str]) -> str:
    """A name for a table of the recipe, from any text."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:48] or "input"
    name = name if name[0].isalpha() else f"t_{name}"
    number, base = 2, name
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def words(text: str | Mapping[str, str]) -> CommentedMap:
    """A text in three languages on one line; a language that is missing gets one that is there."""
    given = dict.fromkeys(LANGUAGES, text) if isinstance(text, str) else dict(text)
    other = next((value for value in given.values() if value), "?")
    said: CommentedMap = _flow({language: given.get(language) or other for language in LANGUAGES})
    return said


def _flow(value: Any) -> Any:
    plain = CommentedMap(value) if isinstance(value, Mapping) else CommentedSeq(value)
    plain.fa.set_flow_style()
    return plain


def _tells_apart(column: OutlineColumn) -> bool:
    return column.type in _KEY_TYPES and column.unique and not column.gaps


def _picks(columns: Sequence[OutlineColumn]) -> list[_Pick]:
    """The columns that are passed on: of the geometries the first whose datum is known."""
    shape = next((column for column in columns if column.type == "geometry" and column.crs), None)
    taken = {"row_number"}
    kept = [column for column in columns if column.type != "geometry" or column is shape]
    return [_Pick(column, _safe_name(column.name, taken)) for column in kept[:_MAX_COLUMNS]]


def _safe_name(name: str, taken: set[str]) -> str:
    word = re.sub(r"\W+", "_", name).strip("_")[:60] or "column"
    word = word if _WORD.fullmatch(word) else f"c_{word}"
    number, base = 2, word
    while word.lower() in taken:
        word, number = f"{base}_{number}", number + 1
    taken.add(word.lower())
    return word


def _recipe(table: str, picks: Sequence[_Pick], numbered: bool) -> str:
    lines = [_selected(pick) for pick in picks]
    if numbered:
        order = ", ".join(_quoted(pick.source.name) for pick in picks if pick.source.type != "geometry") or "1"
        lines.insert(0, f"  row_number() OVER (ORDER BY {order}) AS row_number")
    head = "-- One SELECT over the inputs of product.yaml; see docs/reference/product-yaml.md\nSELECT\n"
    return head + ",\n".join(lines) + f"\nFROM {table}\n"


def _selected(pick: _Pick) -> str:
    expression = _quoted(pick.source.name)
    return f"  {expression}" if pick.source.name == pick.name else f"  {expression} AS {_quoted(pick.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _description(
    name: str,
    inputs: Sequence[OutlineInput],
    picks: Sequence[_Pick],
    key: str | None,
    title: Mapping[str, str] | None,
    cities: Sequence[str],
) -> CommentedMap:
    called: Mapping[str, str] = title or dict.fromkeys(LANGUAGES, name.replace("-", " ").capitalize())
    value = CommentedMap(
        {
            "dataferry": 1,
            "name": name,
            "version": "0.1.0",
            "title": words(called),
            "description": words(f"{called.get('en') or name}: say here what the product tells and for whom."),
            "cities": _flow(list(cities)),
            "inputs": CommentedMap({each.name: described_input(each) for each in inputs}),
            "recipe": "recipe.sql",
            "output": _output(picks, key),
            "quality": CommentedSeq(
                [
                    _flow({"expect": "unique", "columns": _flow([key or "row_number"])}),
                    _flow({"expect": "row_count", "min": 1}),
                ]
            ),
            "licence": "unknown",
            "build": _flow({"instant": "2026-01-01T00:00:00Z", "seed": 42}),
        }
    )
    value.yaml_set_comment_before_after_key("title", before="Titles and descriptions are shown in all three languages.")
    value.yaml_set_comment_before_after_key("licence", before="The terms of the product; unknown permits nothing.")
    return value


def _output(picks: Sequence[_Pick], key: str | None) -> CommentedMap:
    described = [_column(pick) for pick in picks]
    if key is None:
        described.insert(0, _column(_Pick(OutlineColumn("row_number", "integer"), "row_number")))
    output = CommentedMap({"key": _flow([key or "row_number"])})
    crs = next((pick.source.crs for pick in picks if pick.source.type == "geometry"), None)
    if crs is not None:
        output["crs"] = crs
    output["columns"] = CommentedSeq(described)
    return output


def described_input(given: OutlineInput) -> CommentedMap:
    """What product.yaml says of an input."""
    value = CommentedMap(given.spec)
    if "title" in value:
        value["title"] = words(value["title"])
    for key, comment in given.comments.items():
        value.yaml_add_eol_comment(comment, key)
    return value


def _column(pick: _Pick) -> CommentedMap:
    source = pick.source
    title = words(source.title or source.name if source.name.isprintable() else pick.name)
    value = CommentedMap({"name": pick.name, "type": source.type, "title": title, "description": words(pick.name)})
    if source.unit:
        value["unit"] = source.unit
    if source.type == "number":
        value["precision"] = 6
    if source.gaps:
        value["nullable"] = True
    return value
