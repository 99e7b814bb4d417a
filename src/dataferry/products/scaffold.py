"""A new product folder that builds at once: product.yaml and recipe.sql, filled from the files it is given."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from dataferry.messages import InputError, RefusedError
from dataferry.tables import ReadOptions, geometry_columns, plain_geometry, read

_SAMPLE = "place,chargers\nCentral and Western,120\nHuangpu,310\n"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORD = re.compile(r"[^\W\d]\w*")
_MAX_COLUMNS = 40


@dataclass(frozen=True)
class Source:
    """A file that the new product reads, and what was found in it."""

    name: str
    file: str
    table: pa.Table
    crs: str | None


def new_product(folder: Path | str, files: Sequence[Path | str] = (), crs: str | None = None) -> Path:
    """Start a product folder. The files are copied into its `data` folder; what is not known is written as `unknown`.

    Args:
        folder: the new folder; its name becomes the product's name.
        files: files to read; without any, a small made-up table stands in.
        crs: the datum of the files' coordinates, where they do not state it.

    Raises:
        RefusedError: the folder exists and is not empty.
        InputError: a name that is no slug, or a file that cannot be read.
    """
    folder = Path(folder)
    if not _SLUG.fullmatch(folder.name) or len(folder.name) > 64:
        raise InputError("products.new_name", value=folder.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError("products.new_exists", folder=str(folder))
    readings = [(Path(file), read(Path(file), ReadOptions(crs=crs))) for file in files]
    (folder / "data").mkdir(parents=True, exist_ok=True)
    sources: list[Source] = []
    for path, reading in readings:
        target = folder / "data" / path.name
        shutil.copytree(path, target) if path.is_dir() else shutil.copyfile(path, target)
        table = plain_geometry(reading.table)
        name = _table_name(path.stem, {source.name for source in sources})
        sources.append(Source(name, f"data/{path.name}", table, _crs_of(table) or crs))
    if not sources:
        sources.append(_sample(folder))
    _write(folder, sources, synthetic=not files)
    return folder


def _sample(folder: Path) -> Source:
    (folder / "data" / "sample.csv").write_text(_SAMPLE, encoding="utf-8")
    return Source("sample", "data/sample.csv", read(folder / "data" / "sample.csv", ReadOptions()).table, None)


def _crs_of(table: pa.Table) -> str | None:
    return next((crs for crs in geometry_columns(table.schema).values() if crs), None)


def _table_name(stem: str, taken: set[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:48] or "input"
    name = name if name[0].isalpha() else f"t_{name}"
    number, base = 2, name
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _words(text: str) -> CommentedMap:
    words = CommentedMap({"en": text, "zh-Hant": text, "zh-Hans": text})
    words.fa.set_flow_style()
    return words


def _flow(value: Any) -> Any:
    plain = CommentedMap(value) if isinstance(value, dict) else CommentedSeq(value)
    plain.fa.set_flow_style()
    return plain


def column_type(kind: pa.DataType) -> str:
    """The declared type that an Arrow type becomes; anything else is cast to text."""
    tests = (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "timestamp"),
    )
    return next((name for test, name in tests if test(kind)), "string")


def _safe_name(name: str, taken: set[str]) -> str:
    word = re.sub(r"\W+", "_", name).strip("_")[:60] or "column"
    word = word if _WORD.fullmatch(word) else f"c_{word}"
    number, base = 2, word
    while word.lower() in taken:
        word, number = f"{base}_{number}", number + 1
    taken.add(word.lower())
    return word


def _selected(source: Source) -> list[tuple[str, str, str, bool]]:
    """Of every column: its name, the name it gets, its declared type, and whether it has gaps."""
    shapes = [name for name, crs in geometry_columns(source.table.schema).items() if crs]
    taken = {"row_number"}
    found = []
    for field in source.table.schema:
        is_shape = field.name in geometry_columns(source.table.schema)
        if is_shape and field.name not in shapes[:1]:
            continue
        kind = "geometry" if is_shape else column_type(field.type)
        name = _safe_name(field.name, taken)
        found.append((field.name, name, kind, source.table[field.name].null_count > 0))
    return found[:_MAX_COLUMNS]


def _key(source: Source, columns: list[tuple[str, str, str, bool]]) -> str | None:
    """The first column whose values tell the rows apart."""
    for original, name, kind, gaps in columns:
        fit = kind in ("string", "integer", "date", "timestamp") and not gaps and source.table.num_rows > 0
        if fit and pc.count_distinct(source.table[original]).as_py() == source.table.num_rows:
            return name
    return None


def _write(folder: Path, sources: list[Source], synthetic: bool) -> None:
    first = sources[0]
    columns = _selected(first)
    key = _key(first, columns)
    (folder / "recipe.sql").write_text(_recipe(first, columns, numbered=key is None), encoding="utf-8")
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_description(folder.name, sources, columns, key, synthetic), stream)
    (folder / "product.yaml").write_text(stream.getvalue(), encoding="utf-8")


def _recipe(source: Source, columns: list[tuple[str, str, str, bool]], numbered: bool) -> str:
    picks = [_pick(original, name, kind) for original, name, kind, _ in columns]
    if numbered:
        order = ", ".join(_quoted(original) for original, _, kind, _ in columns if kind != "geometry") or "1"
        picks.insert(0, f"  row_number() OVER (ORDER BY {order}) AS row_number")
    return "-- One SELECT over the inputs of product.yaml; see docs/reference/product-yaml.md\nSELECT\n" + (
        ",\n".join(picks) + f"\nFROM {source.name}\n"
    )


def _pick(original: str, name: str, kind: str) -> str:
    expression = _quoted(original)
    return f"  {expression}" if original == name else f"  {expression} AS {_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _description(
    name: str, sources: list[Source], columns: list[tuple[str, str, str, bool]], key: str | None, synthetic: bool
) -> CommentedMap:
    title = name.replace("-", " ").capitalize()
    described = [_column(column, kind, gaps) for _, column, kind, gaps in columns]
    if key is None:
        described.insert(0, _column("row_number", "integer", gaps=False))
    output = CommentedMap({"key": _flow([key or "row_number"])})
    if any(kind == "geometry" for _, _, kind, _ in columns):
        output["crs"] = sources[0].crs
    output["columns"] = CommentedSeq(described)
    value = CommentedMap(
        {
            "dataferry": 1,
            "name": name,
            "version": "0.1.0",
            "title": _words(title),
            "description": _words(f"{title}: say here what the product tells and for whom."),
            "cities": _flow(["hong-kong", "shanghai"]),
            "inputs": CommentedMap({source.name: _input(source, synthetic) for source in sources}),
            "recipe": "recipe.sql",
            "output": output,
            "quality": CommentedSeq(
                [
                    _flow({"expect": "unique", "columns": _flow([key or "row_number"])}),
                    _flow({"expect": "row_count", "min": 1}),
                ]
            ),
            "licence": "CC-BY-4.0",
            "build": _flow({"instant": "2026-01-01T00:00:00Z", "seed": 42}),
        }
    )
    value.yaml_set_comment_before_after_key("title", before="Titles and descriptions are shown in all three languages.")
    value.yaml_set_comment_before_after_key("licence", before="The terms the product is offered under.")
    return value


def _input(source: Source, synthetic: bool) -> CommentedMap:
    value = CommentedMap({"file": source.file, "title": _words(source.file.removeprefix("data/"))})
    value["licence"] = "DATAFERRY-SYNTHETIC" if synthetic else "unknown"
    if synthetic:
        value.update({"publisher": "Dataferry", "source": "made up by `dataferry new`", "synthetic": True})
    elif source.crs:
        value["crs"] = source.crs
    if not synthetic:
        value.yaml_add_eol_comment("say the terms, publisher, source and attribution", "licence")
    return value


def _column(name: str, kind: str, gaps: bool) -> CommentedMap:
    value = CommentedMap({"name": name, "type": kind, "title": _words(name), "description": _words(name)})
    if kind == "number":
        value["precision"] = 6
    if gaps:
        value["nullable"] = True
    return value
