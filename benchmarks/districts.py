"""Points in the 34 districts of two cities: a confined recipe against the bare engine and a GeoPandas script."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from benchmarks import PEAK_BYTES
from dataferry.geo import convert_wkb
from dataferry.products.sandbox import SandboxLimits, run_recipe
from dataferry.tables.geoparquet import geometry_field, read_geoparquet, write_geoparquet

DESCRIPTION = (
    "10 million points in 34 districts, from degrees to counts: a confined recipe / the bare engine query "
    "(promised: at most 1.5), GeoPandas / recipe (promised: at least 8), memory at 1x, 10x, 100x rows"
)
EXAMPLE = Path(__file__).parents[1] / "examples" / "two-city-ev-chargers" / "data"
BOXES = ((113.83, 22.15, 114.44, 22.57), (120.85, 30.68, 122.00, 31.88))
QUERY = """
SELECT d.name, count(*) AS n
FROM (SELECT {point} AS geometry FROM points) p JOIN districts d ON ST_Contains(d.geometry, p.geometry)
GROUP BY d.name
ORDER BY d.name
"""
RECIPE = QUERY.format(point="point_wgs84(lon, lat)")
BARE_QUERY = QUERY.format(point="ST_SetSRID(ST_Point(lon, lat), 4326)")
BARE = """
import json, sys, time
import sedonadb
started = time.perf_counter()
sd = sedonadb.connect()
for name in ("points", "districts"):
    sd.read_parquet(f"{sys.argv[1]}/{name}.parquet").to_view(name)
table = sd.sql(sys.argv[2]).to_arrow_table()
rows = sorted(map(list, zip(*table.to_pydict().values())))
seconds, peak = time.perf_counter() - started, PEAK_BYTES
print(json.dumps({"seconds": seconds, "peak_bytes": peak, "rows": rows}))
"""
GEOPANDAS = """
import json, sys, time
import geopandas, pandas
started = time.perf_counter()
frame = pandas.read_parquet(f"{sys.argv[1]}/points.parquet")
points = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame.lon, frame.lat), crs="EPSG:4326")
districts = geopandas.read_parquet(f"{sys.argv[1]}/districts.parquet")
inside = geopandas.sjoin(points, districts, predicate="within").groupby("name").size()
seconds, peak = time.perf_counter() - started, PEAK_BYTES
print(json.dumps({"seconds": seconds, "peak_bytes": peak, "rows": sorted(map(list, inside.items()))}))
"""


def outlines() -> tuple[list[object], list[str]]:
    """District outlines in WGS84: those of the example where it is there, else 34 circles of 60 vertices."""
    shapes: list[object] = []
    names: list[str] = []
    for city in ("hk", "sh"):
        for file in sorted(EXAMPLE.glob(f"{city}_districts*.geojson")):
            for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
                shapes.append(shapely.geometry.shape(feature["geometry"]))
                names.append(str(feature["properties"].get("adcode", len(names))))
    if len(shapes) == 34:
        moved = convert_wkb(pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()), "DATAFERRY:GCJ02", "EPSG:4326")
        return list(shapely.from_wkb(moved.to_numpy(zero_copy_only=False))), names
    circles = [(box, i) for box in BOXES for i in range(17)]
    centres = [
        (b[0] + (b[2] - b[0]) * (i % 5 + 0.5) / 5, b[1] + (b[3] - b[1]) * (i // 5 + 0.5) / 4) for b, i in circles
    ]
    return [shapely.Point(c).buffer(0.05, quad_segs=15) for c in centres], [f"d{i:02}" for i in range(34)]


def make_inputs(folder: Path, rows: int) -> dict[str, Path]:
    """`rows` random points as two columns of degrees, half in each city's box, and the outlines in EPSG:4326."""
    random = np.random.default_rng(34)
    half = [random.uniform(box[axis], box[axis + 2], rows // 2) for axis in (0, 1) for box in BOXES]
    points = pa.table({"lon": np.concatenate(half[:2]), "lat": np.concatenate(half[2:])})
    write_geoparquet(points, folder / "points.parquet")
    shapes, names = outlines()
    schema = pa.schema([geometry_field("geometry", "EPSG:4326"), pa.field("name", pa.string())])
    wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    write_geoparquet(pa.table([wkb, names], schema=schema), folder / "districts.parquet")
    return {name: folder / f"{name}.parquet" for name in ("points", "districts")}


def peer(script: str, *arguments: str) -> dict[str, Any]:
    """One run of a peer in a fresh process; its seconds are its own, without the start of Python."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script.replace("PEAK_BYTES", PEAK_BYTES), *arguments],
        capture_output=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def recipe(inputs: dict[str, Path], output: Path) -> dict[str, Any]:
    """The same through everything a build goes through: gate, datum check, confined child, checked answer."""
    started = time.perf_counter()
    limits = SandboxLimits(memory_mib=4096)
    run = run_recipe(RECIPE, inputs, instant=datetime(2026, 1, 1, tzinfo=UTC), seed=0, output=output, limits=limits)
    seconds = time.perf_counter() - started
    rows = sorted(map(list, zip(*read_geoparquet(output).to_pydict().values(), strict=True)))
    return {"seconds": seconds, "peak_bytes": run.peak_bytes, "rows": rows}


def compare(rows: int, rounds: int) -> dict[str, dict[str, float]]:
    """Best time and highest memory of several alternating runs each; the answers of all three must be equal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = make_inputs(folder, rows)
        runs: dict[str, list[dict[str, Any]]] = {"recipe": [], "engine": [], "geopandas": []}
        for _ in range(rounds):
            runs["recipe"].append(recipe(inputs, folder / "answer.parquet"))
            runs["engine"].append(peer(BARE, str(folder), BARE_QUERY))
            runs["geopandas"].append(peer(GEOPANDAS, str(folder)))
    answers = [run["rows"] for who in runs.values() for run in who]
    if any(answer != answers[0] for answer in answers):
        raise AssertionError("the engines disagree")
    return {
        who: {"seconds": min(r["seconds"] for r in of), "peak_bytes": max(r["peak_bytes"] for r in of)}
        for who, of in runs.items()
    }


def run(scale: str = "small") -> dict[str, object]:
    """Ratios at the full size, and how the recipe's time and memory grow from a hundredth of it."""
    rows, rounds = (1_000_000, 2) if scale == "small" else (10_000_000, 3)
    found = {share: compare(rows // share, rounds if share == 1 else 1) for share in (1, 10, 100)}
    full = found[1]
    return {
        "rows": rows,
        "recipe_to_engine": full["recipe"]["seconds"] / full["engine"]["seconds"],
        "geopandas_to_engine": full["geopandas"]["seconds"] / full["engine"]["seconds"],
        "geopandas_to_recipe": full["geopandas"]["seconds"] / full["recipe"]["seconds"],
        "geopandas_memory_to_recipe": full["geopandas"]["peak_bytes"] / full["recipe"]["peak_bytes"],
        "recipe_time_growth": {
            f"{100 // s}x": found[s]["recipe"]["seconds"] / found[100]["recipe"]["seconds"] for s in found
        },
        "recipe_memory_growth": {
            f"{100 // s}x": found[s]["recipe"]["peak_bytes"] / found[100]["recipe"]["peak_bytes"] for s in found
        },
        "peak_mib": {who: round(value["peak_bytes"] / 2**20) for who, value in full.items()},
    }
