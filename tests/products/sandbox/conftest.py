"""Shared by the sandbox tests: two small tables in two datums, and runs in each confinement this machine has."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from dataferry.products.sandbox import RecipeRun, SandboxLimits, confinement, parent, run_recipe
from dataferry.products.sandbox.confinement import Confinement
from dataferry.tables.geoparquet import geometry_field, write_geoparquet

INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
SMALL = SandboxLimits(
    memory_mib=512, cpu_seconds=20, wall_seconds=120, rows=100_000, result_mib=50, spill_mib=64, threads=2
)


def _table(crs: str, shapes: list[object]) -> pa.Table:
    schema = pa.schema([geometry_field("geometry", crs), pa.field("name", pa.string())])
    wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    return pa.table([wkb, pa.array([f"n{i}" for i in range(len(shapes))])], schema=schema)


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """`stops` in WGS84 and `districts` in GCJ-02."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    stops, districts = folder / "stops.parquet", folder / "districts.parquet"
    write_geoparquet(_table("EPSG:4326", [shapely.Point(121.47, 31.23), shapely.Point(121.6, 31.3)]), stops)
    write_geoparquet(_table("DATAFERRY:GCJ02", [shapely.box(121.4, 31.2, 121.5, 31.28)]), districts)
    return {"stops": stops, "districts": districts}


@pytest.fixture(params=["bubblewrap", "landlock"])
def confined(request: pytest.FixtureRequest) -> Confinement:
    """Each confinement in turn; skips where this machine has it not. `any` is the strongest that works here."""
    if request.param == "any":
        return confinement.choose()
    works = confinement.bubblewrap_works if request.param == "bubblewrap" else confinement.landlock_works
    if not works():
        pytest.skip(f"{request.param} does not work here")
    return Confinement(request.param, confinement.landlock_works(), seccomp=True)


@pytest.fixture
def run(
    confined: Confinement, inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RecipeRun]:
    """`run_recipe` in this confinement, over the two tables; afterwards nothing may be left in its folder."""
    monkeypatch.setattr(parent, "choose", lambda unsafe: confined)
    output = tmp_path / "out" / "answer.parquet"

    def run(sql: str, **options: object) -> RecipeRun:
        asked = {"limits": SMALL, "instant": INSTANT, "seed": 7, "output": output, **options}
        try:
            return run_recipe(sql, inputs, **asked)
        finally:
            left = {path.name for path in output.parent.iterdir()} if output.parent.exists() else set()
            assert left <= {"answer.parquet"}

    return run


__all__ = ["INSTANT", "SMALL"]
