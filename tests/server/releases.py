"""A maker of release folders, faithful to what `products.build` writes, for tests of the server alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from dataferry.products.files import MEDIA_TYPES
from dataferry.tables.geoparquet import geometry_field, write_geoparquet

HONG_KONG = ("hong-kong", 114.02, 22.28, 0.055, 18)
SHANGHAI = ("shanghai", 121.15, 30.95, 0.11, 16)


def words(en: str, hant: str, hans: str) -> dict[str, str]:
    return {"en": en, "zh-Hant": hant, "zh-Hans": hans}


def same(text: str) -> dict[str, str]:
    return words(text, text, text)


def hexagons() -> list[dict[str, Any]]:
    """Made-up districts: a patch of squares a city, with a figure that grows."""
    rows = []
    for city, west, south, side, count in (HONG_KONG, SHANGHAI):
        for index in range(count):
            x, y = west + side * (index % 5), south + side * (index // 5)
            rows.append(
                {
                    "city": city,
                    "district": f"{city} {index + 1:02}",
                    "district_zh_hant": f"{'港' if city == 'hong-kong' else '滬'}區{index + 1}",
                    "district_zh_hans": f"{'港' if city == 'hong-kong' else '沪'}区{index + 1}",
                    "chargers": index * 3,
                    "chargers_per_km2": round(0.01 * index * index, 3) if index else None,
                    "geometry": shapely.box(x, y, x + side, y + side),
                }
            )
    return rows


def column(name: str, kind: str, title: Mapping[str, str], **more: Any) -> dict[str, Any]:
    base = {"unit": None, "precision": None, "nullable": False}
    return {"name": name, "type": kind, "title": dict(title), "description": same(f"About {name}."), **base, **more}


COLUMNS = (
    column("city", "string", words("City", "城市", "城市")),
    column("district", "string", words("District", "地區", "地区")),
    column("district_zh_hant", "string", words("District, Traditional Chinese", "地區（繁體）", "地区（繁体）")),
    column("district_zh_hans", "string", words("District, Simplified Chinese", "地區（簡體）", "地区（简体）")),
    column("chargers", "integer", words("Chargers", "充電站", "充电站"), unit="1"),
    column(
        "chargers_per_km2",
        "number",
        words("Chargers per area", "每單位面積充電站", "每单位面积充电站"),
        unit="1/km2",
        precision=3,
        nullable=True,
    ),
    column("geometry", "geometry", words("Outline", "邊界", "边界")),
)
EVIDENCE = {
    "source": "clear",
    "datum": "clear",
    "quality": "attention",
    "privacy": "unknown",
    "licence": "blocked",
    "border": "unknown",
}


def source(name: str, city: str, publisher: str, rows: int) -> dict[str, Any]:
    content = hashlib.sha256(name.encode()).hexdigest()
    report = {
        "file": f"{name}.csv",
        "sha256": content,
        "bytes": 1234,
        "format": {"value": "delimited", "basis": "measured", "evidence": "commas"},
        "encoding": {"value": "utf-8", "basis": "measured", "evidence": "no other byte"},
        "rows": {"read": rows + 1, "kept": rows, "header": 1, "blank": 0},
        "columns": [],
        "findings": [{"code": "tables.empty", "severity": "attention", "data": {"file": "a.csv"}}],
        "state": "attention",
    }
    return {
        "name": name,
        "title": words(f"{name} table", f"{name} 表", f"{name} 表"),
        "publisher": publisher,
        "city": city,
        "licence": "unknown" if city == "shanghai" else "DATA.GOV.HK",
        "source": "https://example.org/data",
        "attribution": "",
        "synthetic": True,
        "crs": "DATAFERRY:GCJ02" if city == "shanghai" else "EPSG:4326",
        "snapshot": f"sha256:{content}",
        "bytes": 1234,
        "rows": rows,
        "file": f"data/{name}.csv",
        "read_report": report,
    }


def lineage(rows: Sequence[str]) -> dict[str, Any]:
    columns = []
    for name in rows:
        origin = "geometry" if name == "geometry" else "district"
        columns.append(
            {
                "column": name,
                "from": [{"input": "hk_districts", "column": origin}, {"input": "sh_districts", "column": origin}],
                "through": ["count"] if name == "chargers" else [],
            }
        )
    conversion = {"function": "to_wgs84", "input": "sh_districts", "column": "geometry"}
    return {
        "columns": columns,
        "conversions": [{**conversion, "from": "DATAFERRY:GCJ02", "to": "EPSG:4326"}],
        "sql": "SELECT city, count(*) AS chargers FROM hk_districts WHERE a < 3 & '<b>'",
    }


def document(name: str, version: str, rows: int, digest: str) -> dict[str, Any]:
    quality = {
        "expect": "row_count",
        "column": None,
        "columns": None,
        "state": "attention",
        "figure": rows,
        "expected": [1, 10],
        "rows": [3, 5],
        "code": "tables.empty",
        "data": {"file": "a"},
    }
    blocked = {"code": "tables.empty", "severity": "blocked", "data": {"input": "sh_districts", "file": "sh"}}
    return {
        "format": "dataferry-release/1",
        "name": name,
        "version": version,
        "digest": digest,
        "built_for": "2026-01-01T00:00:00Z",
        "title": words("Chargers in two cities", "兩城充電站", "两城充电站"),
        "description": words("Charging places per district.", "各區的充電站。", "各区的充电站。"),
        "summary": words("The densest district has 2.89.", "最密的地區為 2.89。", "最密的地区为 2.89。"),
        "cities": ["hong-kong", "shanghai"],
        "licence": "CC-BY-SA-4.0",
        "synthetic": True,
        "output": {
            "rows": rows,
            "key": ["city", "district"],
            "crs": "EPSG:4326",
            "geometry": "geometry",
            "bbox": [114.02, 22.28, 121.7, 31.39],
            "columns": list(COLUMNS),
        },
        "map": {"value": "chargers_per_km2", "label": "district"},
        "chart": {"kind": "bar", "x": "district", "y": "chargers_per_km2", "split": "city"},
        "inputs": [
            source("hk_districts", "hong-kong", "Transport Department", 18),
            source("sh_districts", "shanghai", "上海市公共数据开放平台", 16),
        ],
        "lineage": lineage([each["name"] for each in COLUMNS]),
        "profile": {},
        "quality": {"state": "attention", "results": [quality]},
        "licence_verdict": {
            "state": "blocked",
            "listable": False,
            "output": "CC-BY-SA-4.0",
            "attribution": ["Transport Department"],
            "inputs": [
                {
                    "input": each,
                    "licence": licence,
                    "title": same(licence),
                    "reuse": answer,
                    "commercial": answer,
                    "derivatives": answer,
                    "share_alike": False,
                    "source": "terms",
                }
                for each, licence, answer in (
                    ("hk_districts", "DATA.GOV.HK", "yes"),
                    ("sh_districts", "unknown", "unknown"),
                )
            ],
            "findings": [blocked],
        },
        "privacy": {"state": "unknown"},
        "border": {"state": "unknown"},
        "datum": {"state": "clear", "findings": []},
        "evidence": dict(EVIDENCE),
        "findings": [blocked],
        "files": [],
        "run": {"dataferry": "0.1.0", "engine": "sedonadb 0.5.0", "sandbox": "bubblewrap", "seconds": 0.4},
    }


def write_files(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    table = pd.DataFrame([{k: v for k, v in row.items() if k != "geometry"} for row in rows])
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    shapes = [row["geometry"] for row in rows]
    field = geometry_field("geometry", "EPSG:4326")
    write_geoparquet(arrow.append_column(field, pa.array(shapely.to_wkb(shapes), pa.binary())), folder / "data.parquet")
    table.to_csv(folder / "data.csv", index=False)
    frame = geopandas.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:4326")
    frame = frame[~frame.is_empty & np.isfinite(frame.bounds).all(axis=1)]
    frame.to_file(folder / "data.geojson", driver="GeoJSON")
    frame.to_file(folder / "map.pmtiles", driver="PMTiles", layer="release", MINZOOM=5, MAXZOOM=10)
    (folder / "report.html").write_text("<!doctype html><title>Report</title><style>p{color:red}</style><p>Report")
    (folder / "product").mkdir()
    (folder / "product/product.yaml").write_text("dataferry: 1\n")
    (folder / "product/recipe.sql").write_text("SELECT 1\n")


def listed(folder: Path) -> list[dict[str, Any]]:
    files = []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != "release.json":
            content = file.read_bytes()
            files.append(
                {
                    "name": file.relative_to(folder).as_posix(),
                    "media_type": MEDIA_TYPES[file.suffix],
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
    return files


def make_release(
    folder: Path,
    *,
    name: str = "two-city-chargers",
    version: str = "1.0.0",
    rows: Sequence[Mapping[str, Any]] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """Write a release folder; `changes` replaces top-level parts of release.json."""
    folder.mkdir(parents=True)
    rows = hexagons() if rows is None else rows
    write_files(folder, rows)
    digest = hashlib.sha256(f"{name} {version}".encode()).hexdigest()
    value = document(name, version, len(rows), f"sha256:{digest}")
    value.update(changes or {})
    value["files"] = listed(folder)
    write_document(folder, value)
    return folder


def write_document(folder: Path, value: Mapping[str, Any]) -> None:
    (folder / "release.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
