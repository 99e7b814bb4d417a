"""Building the examples: as they ship, and pointed at real files of both cities."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
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


def variant(example: str, folder: Path, inputs: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    """A copy of an example with other inputs; of the shipped input only title and city are kept."""
    yaml = YAML()
    manifest = yaml.load((EXAMPLES / example / "product.yaml").read_text(encoding="utf-8"))
    shutil.copytree(EXAMPLES / example, folder)
    for name, spec in inputs.items():
        kept = {key: manifest["inputs"][name][key] for key in ("title", "city") if key in manifest["inputs"][name]}
        manifest["inputs"][name] = {**kept, **spec}
    manifest.update(changes)
    with (folder / "product.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(manifest, stream)
    return folder


def build_on(real: Path, folder: Path, out: Path) -> Built:
    """Build a product whose files lie among the real ones."""
    from dataferry.products import BuildOptions, build

    build(folder, out=out, options=BuildOptions(data_roots=(real,)))
    return Built(out)


DATAV = {"publisher": "Aliyun DataV.GeoAtlas", "licence": "none", "crs": "DATAFERRY:GCJ02"}
DATAV_DISTRICTS = {
    "hk_districts": {**DATAV, "file": "cn-datav-2020/810000_geojson_full.json"},
    "sh_districts": {**DATAV, "file": "cn-datav-2020/310000_geojson_full.json"},
}
"""Outlines of both cities: GCJ-02 in both, without a licence."""
CENSUS_2020 = {
    "publisher": "Shanghai Bureau of Statistics",
    "licence": "CC0-1.0",
    "source": "Seventh National Population Census (facts)",
    "file": "sh-census-2020/sh_district_population_2020.csv",
}
