"""Building the examples: as they ship, and pointed at real files of both cities."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

EXAMPLES = Path(__file__).parents[2] / "examples"


class Built:
    """A release folder with what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.json: dict[str, Any] = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        self.table: pa.Table = pq.read_table(folder / "data.parquet")
        self.rows: list[dict[str, Any]] = self.table.to_pylist()

    def by(self, *columns: str) -> dict[Any, dict[str, Any]]:
        keys = [tuple(row[column] for column in columns) for row in self.rows]
        return dict(zip([key[0] if len(key) == 1 else key for key in keys], self.rows, strict=True))

    def input(self, name: str) -> dict[str, Any]:
        return next(one for one in self.json["inputs"] if one["name"] == name)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Build an example as it ships, once a session."""
    built: dict[str, Built] = {}

    def get(name: str) -> Built:
        from dataferry.products import build

        if name not in built:
            out = tmp_path_factory.mktemp("shipped") / name
            build(EXAMPLES / name, out=out)
            built[name] = Built(out)
        return built[name]

    return get


def variant(example: str, folder: Path, inputs: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    """A copy of an example whose inputs are others. A `file` given as a path is copied beside the product, because a product
    may only read what lies in its own folder."""
    yaml = YAML()
    manifest = yaml.load((EXAMPLES / example / "product.yaml").read_text(encoding="utf-8"))
    shutil.copytree(EXAMPLES / example, folder)
    for name, spec in inputs.items():
        given = dict(spec)
        if isinstance(given.get("file"), Path):
            source = given["file"]
            shutil.copyfile(source, folder / "data" / source.name)
            given["file"] = f"data/{source.name}"
        manifest["inputs"][name] = {"title": manifest["inputs"][name].get("title"), **given}
    manifest.update(changes)
    with (folder / "product.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(manifest, stream)
    return folder


DATAV = {"publisher": "Aliyun DataV.GeoAtlas", "licence": "none", "crs": "DATAFERRY:GCJ02"}


def real_districts(real: Path) -> dict[str, dict[str, Any]]:
    """DataV outlines of both cities: GCJ-02 in both, without a licence."""
    folder = real / "cn-datav-2020"
    return {
        "hk_districts": {**DATAV, "city": "hong-kong", "file": folder / "810000_geojson_full.json"},
        "sh_districts": {**DATAV, "city": "shanghai", "file": folder / "310000_geojson_full.json"},
    }
