"""Promise: steps take away what they say, the same every time; a cell with k - 1 subjects goes, one with k stays.

Bad steps and columns of any Arrow type end in an error of ours, never in a traceback.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dataferry.geo import convert, geodesic_distance_m
from dataferry.messages import DataferryError, InputError
from dataferry.privacy import AggregateCellHour, Generalise, Step, Suppress, deidentify, judge, suggest_steps
from dataferry.privacy.deidentify_grid import Grid
from dataferry.privacy.steps import Measure
from dataferry.tables import geometry_columns, geometry_field

START = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
STEPS: TypeAdapter[Any] = TypeAdapter(Step)


def codes(findings: Any) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in findings]


@pytest.mark.parametrize(
    ("values", "step", "expected"),
    [
        ([34, 30, -1, None], {"width": 5}, [30, 30, -5, None]),
        ([3.7, -0.2, None], {"width": 0.5}, [3.5, -0.5, None]),
        (["SW1A 1AA", "SW", None, "屯門區"], {"prefix": 2}, ["SW", "SW", None, "屯門"]),
        ([1.2345, 0.125, None], {"decimals": 2}, [1.23, 0.12, None]),
        ([date(2026, 3, 4), None], {"to": "week"}, [date(2026, 3, 2), None]),
        ([date(2026, 3, 4)], {"to": "month"}, [date(2026, 3, 1)]),
        ([START], {"to": "hour"}, [START.replace(minute=0)]),
        ([START], {"to": "day"}, [START.replace(hour=0, minute=0)]),
        ([START], {"to": "day", "time_zone": "Asia/Shanghai"}, [datetime(2026, 3, 1, 16, tzinfo=UTC)]),
    ],
)
def test_values_are_made_coarser(values: list[Any], step: dict[str, Any], expected: list[Any]) -> None:
    table, said = deidentify(pa.table({"x": values, "y": [0] * len(values)}), [Generalise(column="x", **step)])
    assert table["x"].to_pylist() == expected
    assert table.column_names == ["x", "y"]
    assert codes(said) == [("privacy.generalised", "note")]
    assert said[0].data["after"] == len(set(expected) - {None})


def test_coordinates_lose_decimals_or_move_to_the_centre_of_their_cell() -> None:
    xy = np.array([[121.47371, 31.23042], [121.47379, 31.23048]])
    shapes = pa.array(shapely.to_wkb(shapely.points(xy)), pa.binary())
    field = geometry_field("g", "DATAFERRY:GCJ02")
    for table, column in (
        (pa.table({"lon": xy[:, 0], "lat": xy[:, 1]}), ["lon", "lat"]),
        (pa.table([shapes], schema=pa.schema([field])), ["g"]),
    ):
        rounded, _ = deidentify(table, [Generalise(column=column, decimals=2)], crs="DATAFERRY:GCJ02")
        moved, said = deidentify(table, [Generalise(column=column, h3=7)], crs="DATAFERRY:GCJ02")
        assert places(rounded).tolist() == [[121.47, 31.23]] * 2
        assert len(np.unique(places(moved), axis=0)) == 1
        assert codes(said)[-1] == ("privacy.cells_shifted", "note")
        assert geodesic_distance_m(*places(moved)[0], *xy[0]) < 1500
        assert geometry_columns(moved.schema) == geometry_columns(table.schema), "the datum stays"


def places(table: pa.Table) -> np.ndarray:
    if "g" in table.column_names:
        return shapely.get_coordinates(shapely.from_wkb(table["g"].to_numpy()))
    return np.column_stack([table["lon"], table["lat"]])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1, 2, None]), st.sampled_from("xyz")), max_size=40))
@settings(max_examples=50)
def test_small_groups_go_and_no_others(rows: list[tuple[str, int | None, str]]) -> None:
    table = pa.table({
        "g": pa.array([r[0] for r in rows], pa.string()),
        "h": pa.array([r[1] for r in rows], pa.int64()),
        "who": pa.array([r[2] for r in rows], pa.string()),
    })  # fmt: skip
    subjects = defaultdict(set)
    for g, h, who in rows:
        subjects[g, h].add(who)
    kept, said = deidentify(table, [Suppress(what="rows", over=["g", "h"], k=2, subject="who")])
    assert [tuple(row.values()) for row in kept.to_pylist()] == [r for r in rows if len(subjects[r[:2]]) >= 2]
    assert said[0].data["row_count"] == len(rows) - kept.num_rows
    emptied, _ = deidentify(table, [Suppress(what="cells", columns="who", over=["g", "h"], k=2, subject="who")])
    assert emptied["who"].to_pylist() == [r[2] if len(subjects[r[:2]]) >= 2 else None for r in rows]
    bare, _ = deidentify(table, [Suppress(columns=["who", "h"])])
    assert bare.column_names == ["g"]


def points(rows: list[tuple[str, float, float, int, float | None]]) -> pa.Table:
    who, lon, lat, minutes, value = zip(*rows, strict=True)
    times = pa.array([START + timedelta(minutes=minute) for minute in minutes], pa.timestamp("us", tz="UTC"))
    soc = pa.array(value, pa.float64())
    return pa.table({"vin": pa.array(who), "lon": lon, "lat": lat, "at": times, "soc": soc})


@pytest.mark.parametrize(("vehicles", "kept"), [(9, 0), (10, 1), (11, 1)])
def test_the_threshold_is_exact(vehicles: int, kept: int) -> None:
    rows = [(f"v{n}", 121.4737, 31.2304, 5, 50.0) for n in range(vehicles)] * 3
    table, said = deidentify(points(rows), [aggregate()], crs="EPSG:4326")
    assert table.num_rows == kept
    assert (said[0].data["kept"], said[0].data["removed"]) == (kept, 1 - kept)
    assert said[0].data["removed_rows"] == (0 if kept else 3 * vehicles)
    if kept:
        assert table.drop_columns(["geometry", "cell"]).to_pylist() == [
            {"hour": START.replace(minute=0), "rows": 3 * vehicles, "subjects": vehicles}
        ]


def aggregate(**more: Any) -> AggregateCellHour:
    return AggregateCellHour(**{"place": ["lon", "lat"], "time": "at", "subject": "vin", **more})


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([121.40, 121.41, 121.43]),
        st.sampled_from([31.20, 31.22]),
        st.integers(0, 90),
        st.sampled_from([10.0, 20.0, None]),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS, st.randoms())
@settings(max_examples=40)
def test_cells_and_hours_are_those_of_adding_up_by_hand(rows: list[Any], random: Any) -> None:
    step = aggregate(
        k=2,
        measures={
            "n": Measure(count="rows"), "who": Measure(count="subjects"), "total": Measure(sum="soc"),
            "mean": Measure(mean="soc"),
        },
    )  # fmt: skip
    groups = defaultdict(list)
    for row in rows:
        groups[row[1], row[2], (START + timedelta(minutes=row[3])).replace(minute=0)].append(row)
    expected = []
    for (*_, hour), found in groups.items():
        values = [row[4] for row in found if row[4] is not None]
        told = len({row[0] for row in found if row[4] is not None}) >= 2
        who = len({row[0] for row in found})
        if who >= 2:
            figures = (sum(values), sum(values) / len(values)) if told else (None, None)
            expected.append((hour, len(found), who, *figures))
    table, _ = deidentify(points(rows), [step], crs="EPSG:4326")
    found = [tuple(row.values())[1:6] for row in table.to_pylist()]
    assert sorted(found, key=str) == sorted(expected, key=str)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert deidentify(points(shuffled), [step], crs="EPSG:4326")[0].equals(table), "the order of rows does not matter"
    assert "vin" not in table.column_names


GRIDS = [
    ("EPSG:4326", {"side": 1000.0}), ("DATAFERRY:GCJ02", {"side": 1000.0}), ("DATAFERRY:GCJ02", {"h3": 8}),
    ("EPSG:4326", {"side": 500.0, "grid_crs": "EPSG:2326"}), ("EPSG:2326", {"side": 1000.0}), ("EPSG:2326", {"h3": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("crs", "wanted"), GRIDS)
def test_every_point_lies_in_its_cell(crs: str, wanted: dict[str, Any]) -> None:
    xy = np.random.default_rng(5).uniform([113.9, 22.2], [114.3, 22.5], (200, 2))
    if crs == "EPSG:2326":
        moved = convert(xy[:, 0], xy[:, 1], "EPSG:4326", crs)
        xy = np.column_stack([moved.x, moved.y])
    grid = Grid.of(1, crs, **wanted)
    names = grid.cells(xy)
    outlines, centres = grid.polygons(names), grid.centres(names)
    apart = shapely.distance(outlines, shapely.points(xy))
    assert apart.max() < (1e-5 if crs != "EPSG:2326" else 1.0), "edges are straight in one datum only"
    assert shapely.contains(outlines, shapely.points(centres)).all()
    assert grid.cells(centres).tolist() == names.tolist()


@given(st.floats(-85, 85), st.floats(-179.9, 179.9), st.sampled_from([100.0, 1000.0, 5000.0]))
@settings(max_examples=60)
def test_cells_cut_in_degrees_are_never_smaller_than_they_say(lat: float, lon: float, side: float) -> None:
    grid = Grid.of(1, "DATAFERRY:GCJ02", side=side)
    west, south, east, north = shapely.bounds(grid.polygons(grid.cells(np.array([[lon, lat]])))[0])
    narrow = max(abs(south), abs(north))
    width, height = geodesic_distance_m([west, west], [narrow, south], [east, west], [narrow, north]).tolist()
    assert width >= 0.999 * side
    assert side <= height <= 1.02 * side
    if abs(lat) < 60:
        assert width <= 1.05 * side


def test_gcj02_is_never_put_back_and_an_unknown_datum_is_asked_for() -> None:
    rows = [(f"v{n}", 121.4737, 31.2304, 5, 50.0) for n in range(12)]
    table, said = deidentify(points(rows), [aggregate(geometry="centre")], crs="DATAFERRY:GCJ02")
    assert geometry_columns(table.schema) == {"geometry": "DATAFERRY:GCJ02"}
    assert table["cell"].to_pylist()[0].startswith("GCJ02:1000:")
    assert ("privacy.cells_shifted", "note") in codes(said)
    for wanted, code in (({"grid_crs": "EPSG:32651"}, "privacy.step_grid_crs"), ({}, "privacy.step_crs")):
        crs = "DATAFERRY:GCJ02" if wanted else None
        with pytest.raises(InputError) as refused:
            deidentify(points(rows), [aggregate(**wanted)], crs=crs)
        assert refused.value.code == code


def test_finer_than_usual_and_incomplete_rows_are_said() -> None:
    rows = [(f"v{n}", 121.4737, 31.2304, 5, 50.0) for n in range(4)] + [("  ", 121.4737, 31.2304, 5, 50.0)]
    rows.append(("v9", float("nan"), 31.2, 5, 1.0))
    table, said = deidentify(points(rows), [aggregate(k=3, h3=9)], crs="EPSG:4326")
    assert table["rows"].to_pylist() == [4]
    assert ("privacy.finer_than_usual", "attention") in codes(said)
    assert next(one for one in said if one.code == "privacy.rows_incomplete").data["row_count"] == 2


def test_what_is_suggested_for_tracks_takes_the_block_away() -> None:
    rows = [(f"v{n}", 121.40 + 0.03 * (t % 2), 31.2, 20 * t, 1.0) for n in range(12) for t in range(6)]
    before = judge(points(rows), crs="DATAFERRY:GCJ02")
    steps = suggest_steps(before)
    table, _ = deidentify(points(rows), steps, crs="DATAFERRY:GCJ02")
    after = judge(table, crs="DATAFERRY:GCJ02")
    assert (before.state, after.state, after.privacy_class) == ("blocked", "clear", "none")
    assert after.anonymity is not None
    assert (after.anonymity.rows_of, after.anonymity.k) == ("counts", 12)
    assert suggest_steps(after) == ()


def test_what_is_suggested_for_people_leaves_no_name_and_no_small_group() -> None:
    people = [("a@b.hk", "F", 30)] * 12 + [("c@d.hk", "M", 31)] * 2
    names = [f"{n}{mail}" for n, (mail, _, _) in enumerate(people)]
    table = pa.table({"email": names, "sex": [p[1] for p in people], "age": [p[2] for p in people]})
    after, _ = deidentify(table, suggest_steps(judge(table)))
    assert (after.column_names, after.num_rows) == (["sex", "age"], 12)


@pytest.mark.parametrize(
    "text",
    [
        {"step": "generalise", "column": "x"},
        {"step": "generalise", "column": "x", "width": 5, "prefix": 2},
        {"step": "generalise", "column": "x", "width": 0},
        {"step": "generalise", "column": "x", "h3": 16},
        {"step": "suppress"},
        {"step": "suppress", "what": "rows"},
        {"step": "suppress", "what": "cells", "columns": "x"},
        {"step": "aggregate_cell_hour", "place": "g", "time": "t", "subject": "s", "k": 1},
        {"step": "aggregate_cell_hour", "place": "g", "time": "t", "subject": "s", "h3": 7, "grid_m": 1000},
        {"step": "aggregate_cell_hour", "place": "g", "time": "t", "subject": "s", "measures": {"m": {}}},
        {"step": "erase", "column": "x"},
    ],
)
def test_steps_that_say_too_little_or_too_much_are_refused(text: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        STEPS.validate_python(text)


KINDS = [
    pa.nulls(3), pa.array([[1], None, []]), pa.array([{"a": 1}] * 3), pa.array([True, None, False]),
    pa.array([1.5, float("nan"), float("inf")]), pa.array([-(2**63), None, 2**62]), pa.array(["a", " ", None]),
    pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["a", None, "x"], pa.string_view()),
    pa.array([date(1, 1, 1), None, date(9999, 12, 31)]), pa.array([0, None, 2**40], pa.timestamp("s")),
    pa.array([b"\xff", None, b""]), pa.array([1, 2, None], pa.duration("s")), pa.array([1, 2, None], pa.float16()),
    pa.array([1, 2, None], pa.time64("us")),
]  # fmt: skip
NAMES = ["sex", "age", "vehicle_id", "at", "lon", "lat", "diagnosis", "count", "station", "birth"]
NAME = st.sampled_from(NAMES)


@given(st.dictionaries(NAME, st.sampled_from(range(len(KINDS))), min_size=1), NAME, NAME, NAME, st.integers(0, 7))
@settings(max_examples=60)
def test_no_type_of_column_ends_in_a_traceback(kinds: dict[str, int], one: str, two: str, three: str, way: int) -> None:
    table = pa.table({name: KINDS[kind] for name, kind in kinds.items()})
    steps: list[Any] = [
        Generalise(column=one, width=5), Generalise(column=one, to="week"), Generalise(column=[one, two], decimals=1),
        Generalise(column=one, prefix=1), Generalise(column=[one, two], h3=5), Suppress(columns=[one]),
        Suppress(what="rows", over=[one], subject=two, k=2),
        AggregateCellHour(place=[one, two], time=three, subject=one, k=2),
    ]  # fmt: skip
    judge(table, crs="EPSG:4326")
    refused: list[DataferryError] = []
    try:
        deidentify(table, [steps[way]], crs="EPSG:4326")
    except DataferryError as error:
        refused.append(error)
    assert all(error.code.startswith("privacy.step_") and "{" not in error.text("en") for error in refused)
