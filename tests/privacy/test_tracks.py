"""Promise: what moves is found, what stands still is not; uniqueness is what sets give; places in metres."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.privacy import Tracks, find_subjects, judge, measure_coordinates
from dataferry.privacy.coordinates import decimals_of
from dataferry.privacy.track_finding import SEED, draw_points, find_tracks, singled_out
from dataferry.tables import ReadOptions, geometry_field, read

HOUR = 3_600_000_000


def points_table(entity: str = "vehicle_id", still: bool = False, **more: Any) -> pa.Table:
    """Six things seen ten times each."""
    rows = [(f"v{n}", t) for n in range(6) for t in range(10)]
    lon = [121.4 + 0.001 * n + (0 if still else 0.01 * t) for n, (_, t) in enumerate(rows)]
    if still:
        lon = [121.4 + 0.01 * int(name[1:]) for name, _ in rows]
    times = pa.array([1_767_225_600_000_000 + t * HOUR for _, t in rows], pa.timestamp("us", tz="UTC"))
    columns = {entity: [name for name, _ in rows], "at": times, "lon": np.round(lon, 5), "lat": [31.2] * 60}
    return pa.table({**columns, **more})


def tracks_of(table: pa.Table, identifiers: dict[str, str] | None = None) -> Tracks | None:
    found = identifiers or {}
    return find_tracks(table, find_subjects(table, found), measure_coordinates(table, "EPSG:4326"), found)


@pytest.mark.parametrize(
    ("entity", "kind"), [("vehicle_id", "vehicle"), ("车牌号", "vehicle"), ("user", "person"), ("id", "device")]
)
def test_what_moves_is_a_track(entity: str, kind: str) -> None:
    found = tracks_of(points_table(entity))
    assert found is not None
    assert (found.entity, found.kind, found.entities, found.moving, found.points) == (entity, kind, 6, 6, 60)
    assert (found.time, found.place) == (("at",), ("lon", "lat"))
    assert found.singled_out == {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}
    shuffled = np.random.default_rng(3).permutation(60)
    assert found == tracks_of(points_table(entity).take(shuffled)), (
        "drawn with a fixed seed, whatever the order of rows"
    )


def test_stations_and_things_without_time_or_place_are_no_tracks() -> None:
    assert tracks_of(points_table("vehicle_id", still=True)) is None
    assert tracks_of(points_table("station_id")) is None
    assert tracks_of(points_table().drop_columns(["at"])) is None
    assert tracks_of(points_table().drop_columns(["lon", "lat"])) is None
    assert tracks_of(points_table("id").set_column(1, "at", points_table()["at"].take([0] * 60))) is None


def test_cards_between_stations_are_tracks_of_people() -> None:
    table = pa.table({"卡号": ["1", "1", "2", "2"], "日期": ["d"] * 4, "时间": list("abab"), "站点": list("xyxz")})
    found = tracks_of(table)
    assert found is not None
    assert (found.kind, found.place, found.time, found.singled_out_coarse) == (
        "person",
        ("站点",),
        ("日期", "时间"),
        {},
    )
    report = judge(table)
    assert (report.state, report.privacy_class) == ("blocked", "sensitive-personal")


def test_the_telephones_of_offices_are_no_tracks_and_those_of_callers_are() -> None:
    times = points_table()["at"].take([0, 10] * 4)
    offices = pa.table(
        {"tel": list("aabbccde"), "at": times, "lon": [114.1 + 0.01 * n for n in range(8)], "lat": [22.3] * 8}
    )
    assert tracks_of(offices, {"tel": "hk_phone"}) is None
    calls = points_table("tel")
    assert getattr(tracks_of(calls, {"tel": "hk_phone"}), "kind", None) == "person"


PAIRS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=1, max_size=50)


@given(PAIRS)
@settings(max_examples=60)
def test_uniqueness_is_what_sets_of_points_give(pairs: set[tuple[int, int]]) -> None:
    entities, points = np.array(sorted(pairs), dtype=np.int64).T
    traces = {entity: {point for one, point in pairs if one == entity} for entity in set(entities.tolist())}
    drawn = list(draw_points(entities, points, SEED, 100))
    assert len(drawn) == len(traces)
    for p, share in singled_out(entities, points, most=100).items():
        alone = [sum(set(chosen[:p].tolist()) <= trace for trace in traces.values()) == 1 for chosen in drawn]
        assert share == pytest.approx(np.mean(alone))


@pytest.mark.parametrize(
    ("decimals", "crs", "metres"), [(5, "EPSG:4326", 1.1132), (2, "DATAFERRY:GCJ02", 1113.2), (1, "EPSG:2326", 0.1)]
)
def test_coordinates_say_their_datum_and_their_metres(decimals: int, crs: str, metres: float) -> None:
    values = np.round(np.random.default_rng(1).uniform(20, 120, (200, 2)), decimals)
    plain = measure_coordinates(pa.table({"lon": values[:, 0], "lat": values[:, 1]}), crs)
    shapes = pa.array(shapely.to_wkb(shapely.points(values)), pa.binary())
    geometry = measure_coordinates(pa.table([shapes], schema=pa.schema([geometry_field("g", crs)])))
    for found in (plain, geometry):
        assert found is not None
        assert (found.crs, found.decimals, found.metres, found.points) == (crs, decimals, pytest.approx(metres), True)


@given(st.integers(0, 8), st.lists(st.integers(-(10**9), 10**9), min_size=20, max_size=40))
def test_no_more_decimals_are_told_than_there_are(places: int, numbers: list[int]) -> None:
    assert decimals_of(np.array(numbers) / 10.0**places) <= places


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "crs"),
    [
        ("hk-td-carpark-2025/basic_info_all.json", None),
        ("hk-td-carpark-2025/non-metered-parking.json", None),
        ("hk-geocommunity/Hospitals_under_the_Hospital_Authority.geojson", None),
        ("hk-ocm-chargers-2020/hk_poi_2020-11-20.jsonl", None),
        ("hk-mtr-csv/mtr_bus_stops.csv", None),
        ("hk-td-traffic/traffic_speed_volume_occ_info.csv", None),
        ("sz-st-evcdp/stations.csv", None),
        ("sz-urbanev/inf.csv", None),
        ("sh-soda2015-metro/stations_by_name.json", None),
        ("sh-pygeo-tutorial/shanghai_bus.csv", "DATAFERRY:GCJ02"),
        ("cn-ev-grid-2024/cn2024_aggregated.csv", None),
        ("sh-census-2020/sh_district_population_2020.csv", None),
    ],
)
def test_real_files_of_places_and_totals_are_no_tracks_and_no_people(real: Any, file: str, crs: str | None) -> None:
    table = read(real / file, ReadOptions(crs=crs)).table
    coordinates, subjects = measure_coordinates(table), find_subjects(table, {})
    assert find_tracks(table, subjects, coordinates, {}) is None
    assert subjects is None


@pytest.mark.real
def test_frames_of_a_real_vehicle_are_about_one_vehicle(real: Any) -> None:
    report = judge(read(real / "ev-gb32960-frames/vehicle_A_2019-12-30.gbk.csv").table)
    assert report.subjects is not None
    assert (report.subjects.column, report.subjects.kind, report.subjects.distinct) == ("VIN", "vehicle", 1)
    assert report.state in ("attention", "blocked")
