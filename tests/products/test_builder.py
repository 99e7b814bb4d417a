"""A build ends as one whole release or as nothing: evidence, digest, upstream products, crashes and bad input."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely

from dataferry.geo import convert
from dataferry.messages import DataferryError, Finding, InputError, LimitError, MissingError, RefusedError
from dataferry.products import BuildOptions, Release, build
from dataferry.products.conform import ConformError
from dataferry.products.sandbox import RecipeRun, run_recipe
from dataferry.tables import SnapshotStore, read_geoparquet

from .conftest import RECIPE, ProductFolder

W = "{en: x, zh-Hant: x, zh-Hans: x}"
TWO_CITIES = f"""\
dataferry: 1
name: two-cities
version: 1.0.0
title: {{en: Sites <b>, zh-Hant: 站, zh-Hans: 站}}
description: {W}
summary: {{en: "Most in {{most.label}}: {{most}}", zh-Hant: "{{most}}", zh-Hans: "{{most}}"}}
figures: {{most: {{column: sites, agg: max, label: district}}}}
cities: [hong-kong, shanghai]
inputs:
  sites:
    file: data/sites.csv
    title: {W}
    publisher: Test
    source: made for a test
    licence: CC-BY-SA-4.0
    attribution: © somebody
    crs: EPSG:4326
    read: {{geometry: [lon, lat]}}
  districts:
    file: data/districts.geojson
    title: {W}
    publisher: Test
    source: made for a test
    city: shanghai
    licence: MIT
    attribution: © somebody else
    crs: DATAFERRY:GCJ02
output:
  key: [district]
  crs: EPSG:4326
  columns:
    - {{name: district, type: string, title: {W}, description: {W}}}
    - {{name: sites, type: integer, title: {W}, description: {W}}}
    - {{name: area_km2, type: number, unit: km2, precision: 2, title: {W}, description: {W}}}
    - {{name: geometry, type: geometry, title: {W}, description: {W}}}
quality:
  - {{expect: sum, column: sites, equals: 3}}
licence: CC-BY-SA-4.0
map: {{value: sites, label: district}}
chart: {{kind: bar, x: district, y: sites}}
build: {{instant: 2026-01-01T00:00:00Z, seed: 42}}
"""
TWO_CITIES_SQL = """\
WITH d AS (SELECT district, to_wgs84(geometry) AS g FROM districts)
SELECT d.district, COUNT(s.id) AS sites, area_m2(d.g) / 1000000.0 AS area_km2, d.g AS geometry
FROM d LEFT JOIN sites s ON ST_Contains(d.g, s.geometry)
GROUP BY d.district, d.g
"""
WEST, SOUTH = 121.47, 31.23
"""Two squares in WGS84, side by side; the sites lie 200 m inside their edges, where the datum decides."""


@pytest.fixture
def two_cities(product_folder: ProductFolder) -> Path:
    folder = product_folder("two-cities", yaml=TWO_CITIES, sql=TWO_CITIES_SQL)
    features = []
    for name, west in (("甲", WEST), ("乙", WEST + 0.02)):
        ring = shapely.box(west, SOUTH, west + 0.02, SOUTH + 0.02).exterior.coords
        shifted = convert([x for x, _ in ring], [y for _, y in ring], "EPSG:4326", "DATAFERRY:GCJ02")
        polygon = {"type": "Polygon", "coordinates": [[[x, y] for x, y in zip(shifted.x, shifted.y, strict=True)]]}
        features.append({"type": "Feature", "properties": {"district": name}, "geometry": polygon})
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    (folder / "data" / "districts.geojson").write_text(text, encoding="utf-8")
    sites = f"id,lon,lat\n1,{WEST + 0.002},{SOUTH + 0.002}\n2,{WEST + 0.01},{SOUTH + 0.01}\n"
    sites += f"3,{WEST + 0.022},{SOUTH + 0.01}\n"
    (folder / "data" / "sites.csv").write_text(sites, encoding="utf-8")
    return folder


def test_two_cities_with_a_district_file_in_gcj02(two_cities: Path) -> None:
    steps: list[str] = []
    release = build(two_cities, progress=lambda what, _share: steps.append(what))
    table = read_geoparquet(release.folder / "data.parquet")
    assert dict(zip(table["district"].to_pylist(), table["sites"].to_pylist(), strict=True)) == {"乙": 1, "甲": 2}
    assert release.summary.en == "Most in 甲: 2"
    assert table["area_km2"].to_pylist() == pytest.approx([4.22, 4.22], abs=0.02)
    west, south, east, north = release.output.bbox or []
    assert (west, south, east, north) == pytest.approx((WEST, SOUTH, WEST + 0.04, SOUTH + 0.02), abs=1e-6)
    assert [item["from"] for item in release.lineage["conversions"]] == ["DATAFERRY:GCJ02"]
    assert release.evidence.model_dump() == {
        "source": "clear",
        "datum": "clear",
        "quality": "clear",
        "privacy": "clear",
        "licence": "blocked",
        "border": "unknown",
    }
    blocked = [f for f in release.licence_verdict["findings"] if f["severity"] == "blocked"]
    assert [finding["data"]["input"] for finding in blocked] == ["sites"]
    assert not release.licence_verdict["listable"]
    assert release.licence_verdict["attribution"] == ["© somebody", "© somebody else"]
    assert {entry.name for entry in release.files} == {
        "data.parquet", "data.csv", "data.geojson", "map.pmtiles", "report.html", "product/product.yaml",
        "product/recipe.sql",
    }  # fmt: skip
    assert [item.read_report["rows"]["kept"] for item in release.inputs] == [3, 2]
    assert len(release.profile["columns"]) == 4
    assert any("districts" in step for step in steps)
    assert release.recompute_digest() == release.digest


def test_the_digest_is_the_same_from_shuffled_inputs_and_the_release_is_left_alone(two_cities: Path) -> None:
    first = build(two_cities)
    stamp = (first.folder / "release.json").stat().st_mtime_ns
    assert build(two_cities).digest == first.digest
    assert (first.folder / "release.json").stat().st_mtime_ns == stamp
    sites = (two_cities / "data" / "sites.csv").read_text(encoding="utf-8").splitlines()
    (two_cities / "data" / "sites.csv").write_text("\n".join([sites[0], *sites[:0:-1]]) + "\n", encoding="utf-8")
    again = build(two_cities)
    assert again.digest == first.digest
    assert again.inputs[0].snapshot != first.inputs[0].snapshot
    assert (again.folder / "release.json").stat().st_mtime_ns != stamp


def test_the_report_speaks_three_languages_and_runs_nothing(two_cities: Path) -> None:
    release = build(two_cities)
    html = (release.folder / "report.html").read_text(encoding="utf-8")
    for lang in ('lang="en"', 'lang="zh-Hant-HK"', 'lang="zh-Hans-CN"'):
        assert lang in html
    assert "Sites &lt;b&gt;" in html
    assert "Sites <b>" not in html
    assert "<script" not in html.lower()
    assert " onclick" not in html.lower()
    assert "http-equiv" in html
    assert "src=" not in html.replace("default-src", "").replace("style-src", "").replace("img-src", "")
    assert release.digest in html
    assert html.count('class="line') >= 3 * 4


def test_an_upstream_product_is_built_first_and_its_digest_is_the_snapshot(
    two_cities: Path, product_folder: ProductFolder
) -> None:
    yaml = f"""\
dataferry: 1
name: above
version: 1.0.0
title: {W}
description: {W}
cities: [shanghai]
inputs:
  below: {{product: ../two-cities}}
output:
  key: [n]
  columns: [{{name: n, type: integer, title: {W}, description: {W}}}]
licence: CC-BY-4.0
build: {{instant: 2026-01-01T00:00:00Z}}
"""
    above = product_folder("above", yaml=yaml, sql="SELECT SUM(sites) AS n FROM below")
    release = build(above)
    below = build(two_cities)
    assert release.inputs[0].snapshot == below.digest
    assert release.to_json()["inputs"][0]["product"]["lineage"]["columns"]
    names = [row["input"] for row in release.licence_verdict["inputs"]]
    assert names == ["below", "below/sites", "below/districts"]
    assert release.licence_verdict["state"] == "blocked"
    assert not (above / "release" / "data.geojson").exists()


def test_a_dataset_comes_from_the_store_by_its_snapshot(product_folder: ProductFolder, tmp_path: Path) -> None:
    store = SnapshotStore(str(tmp_path / "store"))
    folder = product_folder()
    plain = build(folder, tmp_path / "a")
    kept = store.put(folder / "data" / "stops.csv", name="stops.csv", media_type="text/csv", source={"from": "test"})
    yaml = (folder / "product.yaml").read_text(encoding="utf-8")
    dataset = f"dataset: td-stops\n    snapshot: {kept.id}"
    (folder / "product.yaml").write_text(yaml.replace("file: data/stops.csv", dataset), encoding="utf-8")
    with pytest.raises(MissingError, match="store"):
        build(folder, tmp_path / "b")
    for _ in range(2):
        release = build(folder, tmp_path / "b", BuildOptions(store=store, keep_same=False))
        assert release.digest == plain.digest
        assert release.inputs[0].snapshot == kept.id
    (folder / "product.yaml").write_text(yaml.replace("file: data/stops.csv", dataset[:-3] + "000"), encoding="utf-8")
    with pytest.raises(MissingError):
        build(folder, tmp_path / "b", BuildOptions(store=store))


# ruff: noqa: E501 - a case a line
BAD: dict[str, tuple[dict[str, Any], type[DataferryError], str]] = {
    "missing input": ({"edits": {"data/stops.csv": "data/gone.csv"}}, MissingError, "gone.csv"),
    "input outside": ({"edits": {"data/stops.csv": "../other.csv"}}, RefusedError, "other.csv"),
    "absolute input": ({"edits": {"data/stops.csv": "/etc/hostname"}}, RefusedError, "hostname"),
    "empty input": ({"csv": ""}, InputError, "stops"),
    "missing column": ({"sql": "SELECT district, COUNT(*) AS stops FROM stops GROUP BY 1"}, ConformError, "mean_routes"),
    "wrong type": (
        {"sql": "SELECT district, MAX(stop) AS stops, 1.0 AS mean_routes FROM stops GROUP BY 1"}, ConformError, "stops"
    ),
    "repeated key": ({"sql": "SELECT district, 1 AS stops, 1.0 AS mean_routes FROM stops"}, ConformError, "share a key, such as district="),
    "infinite": (
        {"sql": "SELECT district, 1 AS stops, 1.0 / CAST(0 AS DOUBLE) AS mean_routes FROM stops GROUP BY 1"},
        ConformError,
        "NULLIF",
    ),
    "file read": ({"sql": "SELECT * FROM '/etc/passwd'"}, DataferryError, ""),
    "two statements": ({"sql": "SELECT 1; DROP TABLE stops"}, DataferryError, ""),
    "no SQL": ({"sql": "selec"}, DataferryError, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_leaves_the_old_release_and_nothing_else(product_folder: ProductFolder, case: str) -> None:
    texts, error, word = BAD[case]
    folder = product_folder()
    good = build(folder)
    before = {path: path.read_bytes() for path in sorted(good.folder.rglob("*")) if path.is_file()}
    other = product_folder("bad", **texts)
    with pytest.raises(error) as caught:
        build(other, good.folder)
    assert word in caught.value.text()
    assert {path: path.read_bytes() for path in sorted(good.folder.rglob("*")) if path.is_file()} == before
    assert sorted(path.name for path in folder.iterdir()) == ["data", "product.yaml", "recipe.sql", "release"]
    assert Release.load(good.folder).digest == good.digest


def test_a_recipe_that_never_ends_is_ended(product_folder: ProductFolder) -> None:
    sql = """
        WITH a AS (SELECT s.routes FROM stops s, stops t, stops u, stops v, stops w, stops x, stops y, stops z),
        b AS (SELECT a.routes FROM a, stops s, stops t, stops u, stops v)
        SELECT CAST(SUM(l.routes * r.routes) AS VARCHAR) AS district, 1 AS stops, 1.0 AS mean_routes FROM b l, b r
    """
    edits = {"seed: 42}": "seed: 42}\nlimits: {wall_seconds: 2, cpu_seconds: 2, memory_mib: 512}"}
    folder = product_folder(sql=sql, edits=edits)
    with pytest.raises(LimitError):
        build(folder)
    assert not (folder / "release").exists()


def test_a_crash_while_writing_leaves_no_half_release(
    product_folder: ProductFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = product_folder()
    good = build(folder)
    (folder / "data" / "stops.csv").write_text("district,stop,routes\nEastern,x,1\n", encoding="utf-8")

    def full_disk(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dataferry.products.builder.write_csv", full_disk)
    with pytest.raises(RefusedError, match="No space left"):
        build(folder)
    assert Release.load(good.folder).digest == good.digest
    assert sorted(path.name for path in folder.iterdir()) == ["data", "product.yaml", "recipe.sql", "release"]


def test_what_a_killed_build_left_is_put_right(product_folder: ProductFolder) -> None:
    folder = product_folder()
    good = build(folder)
    aside, half, fresh = (folder / name for name in (".release.a.old", ".release.b.part", ".release.c.part"))
    for left in (aside, half, fresh):
        left.mkdir()
    good.folder.rename(aside / "release")
    os.utime(half, (0, 0))
    (folder / "recipe.sql").write_text("SELECT district, 1 AS stops FROM stops", encoding="utf-8")
    with pytest.raises(DataferryError):
        build(folder)
    (folder / "recipe.sql").write_text(RECIPE, encoding="utf-8")
    stamp = (aside / "release" / "release.json").stat().st_mtime_ns
    assert build(folder).digest == good.digest
    assert (folder / "release" / "release.json").stat().st_mtime_ns == stamp
    assert fresh.is_dir()
    assert not half.exists()


def test_a_folder_with_other_things_is_not_replaced(product_folder: ProductFolder, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(RefusedError, match="mine"):
        build(product_folder(), mine)
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_altered_releases_are_found_out(product_folder: ProductFolder) -> None:
    release = build(product_folder())
    assert Release.load(release.folder).to_json() == release.to_json()
    with (release.folder / "data.csv").open("a", encoding="utf-8") as stream:
        stream.write("x")
    with pytest.raises(InputError, match=r"data\.csv"):
        Release.load(release.folder)
    table = pq.read_table(release.folder / "data.parquet")
    pq.write_table(table.slice(1), release.folder / "data.parquet")
    assert Release.load(release.folder, check=False).recompute_digest() != release.digest
    value = json.loads((release.folder / "release.json").read_text(encoding="utf-8"))
    value["files"][0]["name"] = "../../../etc/passwd"
    (release.folder / "release.json").write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match=r"files\.0\.name"):
        Release.load(release.folder)
    for text in ("", "[]", "{}", '{"format": 1}', "nonsense", "[" * 100_000):
        (release.folder / "release.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            Release.load(release.folder)


def test_quality_findings_do_not_stop_a_build(product_folder: ProductFolder) -> None:
    release = build(product_folder())
    assert release.quality["state"] == "attention"
    failing = [result for result in release.quality["results"] if result["state"] != "clear"]
    assert [(result["expect"], result["rows"]) for result in failing] == [("range", [3])]
    assert [Finding.from_json(f).text() for f in release.findings if f["code"] == "products.quality_rows_fail"]


def test_invalid_polygons_are_built_and_told(two_cities: Path) -> None:
    place = two_cities / "data" / "districts.geojson"
    value = json.loads(place.read_text(encoding="utf-8"))
    ring = value["features"][0]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    place.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    release = build(two_cities)
    (finding,) = (finding for finding in release.findings if finding["code"] == "products.invalid_shapes")
    assert (finding["data"]["count"], finding["data"]["rows"]) == (1, [2])
    assert release.evidence.quality == "attention"


def test_a_host_can_allow_less_and_cancel(product_folder: ProductFolder) -> None:
    seen: list[Any] = []

    def runner(*arguments: Any, **keywords: Any) -> RecipeRun:
        seen.append(keywords["limits"])
        return run_recipe(*arguments, **keywords)

    from dataferry.products import Limits

    build(product_folder(), options=BuildOptions(limits=Limits(rows=5, memory_mib=1024), runner=runner))
    assert (seen[0].rows, seen[0].memory_mib, seen[0].cpu_seconds) == (5, 1024, 120)
    with pytest.raises(LimitError):
        build(product_folder("second"), options=BuildOptions(limits=Limits(rows=2)))
    with pytest.raises(DataferryError):
        build(product_folder("third"), options=BuildOptions(cancelled=lambda: True))


def test_a_place_that_is_a_file_or_cannot_be_written_is_refused(product_folder: ProductFolder, tmp_path: Path) -> None:
    folder = product_folder()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for place, code in (("file", "products.out_taken"), ("file/release", "products.out_unwritable")):
        with pytest.raises(RefusedError) as caught:
            build(folder, tmp_path / place)
        assert caught.value.code == code
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_swap_that_fails_puts_the_old_release_back(
    product_folder: ProductFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = product_folder()
    good = build(folder)
    (folder / "data" / "stops.csv").write_text("district,stop,routes\nEastern,x,1\n", encoding="utf-8")
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise OSError(18, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(RefusedError, match="cross-device"):
        build(folder)
    assert Release.load(folder / "release").digest == good.digest
    assert sorted(path.name for path in folder.iterdir()) == ["data", "product.yaml", "recipe.sql", "release"]


def test_a_release_is_read_whole_or_not_at_all(product_folder: ProductFolder, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        Release.load(tmp_path)
    release = build(product_folder())
    with pytest.raises(MissingError):
        _ = Release.model_validate(release.to_json()).folder
    with (release.folder / "release.json").open("r+b") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(InputError, match="size"):
        Release.load(release.folder)
