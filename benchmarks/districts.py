"""Points in the 34 districts of two cities: a confined recipe against the bare engine and a GeoPandas script."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from dataferry.geo import convert_wkb
from dataferry.products.sandbox import SandboxLimits, run_recipe
from dataferry.tables.functions import point_wkb
from dataferry.tables.geoparquet import geometry_field, read_geoparquet, write_geoparquet

DESCRIPTION = (
    "10 million points in 34 districts: run_recipe / bare engine query (promised: at most 1.5), and / GeoPandas"
)
EXAMPLE = Path(__file__).parents[1] / "examples" / "two-city-ev-chargers" / "data"
BOXES = ((113.83, 22.15, 114.44, 22.57), (120.85, 30.68, 122.00, 31.88))
RECIPE = """
SELECT d.name, count(*) AS n
FROM points p JOIN districts d ON ST_Contains(d.geometry, p.geometry)
GROUP BY d.name
ORDER BY d.name
"""
BARE = """
import json, sys, time
import sedonadb
started = time.perf_counter()
sd = sedonadb.connect()
for name in ("points", "districts"):
    sd.read_parquet(f"{sys.argv[1]}/{name}.parquet").to_view(name)
table = sd.sql(sys.argv[2]).to_arrow_table()
rows = sorted(map(list, zip(*table.to_pydict().values())))
print(json.dumps({"seconds": time.perf_counter() - started, "rows": rows}))
"""
GEOPANDAS = """
import json, sys, time
import geopandas
started = time.perf_counter()
points, districts = (geopandas.read_parquet(f"{sys.argv[1]}/{name}.parquet") for name in ("points", "districts"))
inside = geopandas.sjoin(points, districts, predicate="within").groupby("name").size()
print(json.dumps({"seconds": time.perf_counter() - started, "rows": sorted(map(list, inside.items()))}))
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
    """`rows` random points, half in each city's box, and the outlines, both in EPSG:4326."""
    random = np.random.default_rng(34)
    half = [random.uniform(box[axis], box[axis + 2], rows // 2) for axis in (0, 1) for box in BOXES]
    x, y = np.concatenate(half[:2]), np.concatenate(half[2:])
    points = pa.schema([geometry_field("geometry", "EPSG:4326")])
    write_geoparquet(pa.table([point_wkb(x, y)], schema=points), folder / "points.parquet")
    shapes, names = outlines()
    schema = pa.schema([geometry_field("geometry", "EPSG:4326"), pa.field("name", pa.string())])
    wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    write_geoparquet(pa.table([wkb, names], schema=schema), folder / "districts.parquet")
    return {name: folder / f"{name}.parquet" for name in ("points", "districts")}


def peer(script: str, *arguments: str) -> dict[str, object]:
    """One run of a peer in a fresh process; its seconds are its own, without the start of Python."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, *arguments], capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def run(scale: str = "small") -> dict[str, object]:
    """Best of several alternating runs each; the answers of all three must be equal."""
    rows, rounds = (1_000_000, 3) if scale == "small" else (10_000_000, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs, output = make_inputs(folder, rows), folder / "answer.parquet"
        seconds: dict[str, list[float]] = {"recipe": [], "engine": [], "geopandas": []}
        answers = []
        for turn in range(rounds):
            started = time.perf_counter()
            limits = SandboxLimits(memory_mib=4096)
            run_recipe(RECIPE, inputs, instant=datetime(2026, 1, 1, tzinfo=UTC), seed=0, output=output, limits=limits)
            seconds["recipe"].append(time.perf_counter() - started)
            table = read_geoparquet(output)
            answers.append(sorted(map(list, zip(*table.to_pydict().values(), strict=True))))
            asked = {"engine": (BARE, str(folder), RECIPE)}
            if turn == 0:
                asked["geopandas"] = (GEOPANDAS, str(folder))
            for who, arguments in asked.items():
                result = peer(*arguments)
                seconds[who].append(float(str(result["seconds"])))
                answers.append(result["rows"])
        if any(answer != answers[0] for answer in answers):
            raise AssertionError("the engines disagree")
    best = {who: min(times) for who, times in seconds.items()}
    return {
        "rows": rows,
        "recipe_to_engine": round(best["recipe"] / best["engine"], 3),
        "recipe_to_geopandas": round(best["recipe"] / best["geopandas"], 3),
        "seconds": {who: round(value, 2) for who, value in best.items()},
    }
