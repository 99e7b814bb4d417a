"""Cost of the sandbox: a recipe in its confined child against the same query in this process."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from dataferry.products.sandbox import run_recipe
from dataferry.tables.engine import EngineOptions, open_session, schema_of
from dataferry.tables.functions import point_wkb
from dataferry.tables.geoparquet import geometry_field, write_geoparquet

DESCRIPTION = "overhead in seconds of the confined child over the same query in-process (promised: at most 0.5)"
PROMISED_SECONDS = 0.5
INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
RECIPE = """
SELECT d.name, count(*) AS n, area_m2(d.geometry) AS m2
FROM points p JOIN districts d ON ST_Contains(d.geometry, p.geometry)
GROUP BY d.name, d.geometry
"""


def make_inputs(folder: Path, rows: int) -> dict[str, Path]:
    """Random points and a grid of 34 polygons with about 60 vertices, in WGS84."""
    random = np.random.default_rng(20260101)
    points = pa.schema([geometry_field("geometry", "EPSG:4326"), pa.field("id", pa.int64())])
    x, y = random.uniform(113.8, 114.5, rows), random.uniform(22.1, 22.6, rows)
    write_geoparquet(pa.table([point_wkb(x, y), pa.array(np.arange(rows))], schema=points), folder / "points.parquet")
    districts = pa.schema([geometry_field("geometry", "EPSG:4326"), pa.field("name", pa.string())])
    centres = [(113.83 + 0.04 * (i % 17), 22.2 + 0.25 * (i // 17)) for i in range(34)]
    shapes = [shapely.Point(centre).buffer(0.03, quad_segs=15) for centre in centres]
    wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    names = [f"district {i}" for i in range(34)]
    write_geoparquet(pa.table([wkb, names], schema=districts), folder / "districts.parquet")
    return {"points": folder / "points.parquet", "districts": folder / "districts.parquet"}


def timed(action: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_process(inputs: dict[str, Path], output: Path) -> None:
    """What a build without a sandbox would do: the same engine, functions and file, in this process."""
    for path in inputs.values():
        schema_of(path)
    table = open_session(inputs, EngineOptions(functions=frozenset({"area_m2"}), instant=INSTANT)).run(RECIPE)
    write_geoparquet(table, output)


def run(scale: str = "small") -> dict[str, object]:
    """Overhead in seconds: median of the differences of alternating runs, after one warm-up of each."""
    rows, rounds = (100_000, 7) if scale == "small" else (2_000_000, 15)
    with tempfile.TemporaryDirectory() as folder:
        inputs, output = make_inputs(Path(folder), rows), Path(folder) / "answer.parquet"
        sandbox = run_recipe(RECIPE, inputs, instant=INSTANT, seed=0, output=output).sandbox
        in_process(inputs, output)
        differences, bare = [], []
        for _ in range(rounds):
            bare.append(timed(lambda: in_process(inputs, output)))
            confined = timed(lambda: run_recipe(RECIPE, inputs, instant=INSTANT, seed=0, output=output))
            differences.append(confined - bare[-1])
    overhead = statistics.median(differences)
    return {
        "rows": rows,
        "sandbox": sandbox,
        "overhead_seconds": round(overhead, 3),
        "in_process_seconds": round(statistics.median(bare), 3),
        "share_of_promise": round(overhead / PROMISED_SECONDS, 3),
    }
