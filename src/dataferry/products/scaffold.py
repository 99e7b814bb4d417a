"""A new product folder that builds at once: product.yaml and recipe.sql, filled from the files it is given."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import InputError, RefusedError
from dataferry.products.outline import OutlineColumn, OutlineInput, outline, table_name
from dataferry.tables import ReadOptions, geometry_columns, plain_geometry, read

_SAMPLE = "place,chargers\nCentral and Western,120\nHuangpu,310\n"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


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
    inputs: list[OutlineInput] = []
    for path, reading in readings:
        target = folder / "data" / path.name
        shutil.copytree(path, target) if path.is_dir() else shutil.copyfile(path, target)
        name = table_name(path.stem, {each.name for each in inputs})
        inputs.append(_input(name, f"data/{path.name}", plain_geometry(reading.table), crs))
    if not inputs:
        inputs.append(_sample(folder))
    manifest, recipe = outline(folder.name, inputs)
    (folder / "recipe.sql").write_text(recipe, encoding="utf-8")
    (folder / "product.yaml").write_text(manifest, encoding="utf-8")
    return folder


def _sample(folder: Path) -> OutlineInput:
    (folder / "data" / "sample.csv").write_text(_SAMPLE, encoding="utf-8")
    table = read(folder / "data" / "sample.csv", ReadOptions()).table
    spec = {
        "file": "data/sample.csv",
        "title": "sample.csv",
        "licence": "DATAFERRY-SYNTHETIC",
        "publisher": "Dataferry",
        "source": "made up by `dataferry new`",
        "synthetic": True,
    }
    return OutlineInput("sample", spec, described_columns(table))


def _input(name: str, file: str, table: pa.Table, crs: str | None) -> OutlineInput:
    spec: dict[str, Any] = {"file": file, "title": file.removeprefix("data/"), "licence": "unknown"}
    known = next((found for found in geometry_columns(table.schema).values() if found), None) or crs
    if known:
        spec["crs"] = known
    note = {"licence": "say the terms, publisher, source and attribution"}
    return OutlineInput(name, spec, described_columns(table), note)


def described_columns(table: pa.Table) -> list[OutlineColumn]:
    """What an outline needs to know of a table's columns."""
    shapes = geometry_columns(table.schema)
    found = []
    for field in table.schema:
        kind = "geometry" if field.name in shapes else column_type(field.type)
        gaps = table[field.name].null_count > 0
        found.append(OutlineColumn(field.name, kind, gaps, _unique(table, field.name, kind), shapes.get(field.name)))
    return found


def _unique(table: pa.Table, name: str, kind: str) -> bool:
    if kind in ("geometry", "number", "boolean") or table.num_rows == 0:
        return False
    return bool(pc.count_distinct(table[name]).as_py() == table.num_rows)


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
