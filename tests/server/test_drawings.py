"""Drawings tell the truth: classes are ordered and hold their values, both cities have one scale, no edge hangs."""

import json
import math
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from dataferry.server.display.maps import HEIGHT, WIDTH
from dataferry.server.display.marks import Mark, mark_panels
from dataferry.server.display.scales import CLASSES, class_breaks, class_of, ticks
from dataferry.server.workshop.actions import register_release
from dataferry.server.workshop.drawings.charts import LONGEST_BAR, chart_drawing
from dataferry.server.workshop.drawings.lineage import lineage_drawing
from dataferry.server.workshop.drawings.maps import map_drawing
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.preview import PREVIEW_ROWS, preview
from server.releases import COLUMNS, column, hexagons, make_release, same

FIGURES = st.lists(st.floats(-1e12, 1e12, allow_nan=False), max_size=60)


@given(FIGURES)
def test_classes_are_ordered_and_none_is_out_of_reach(values: list[float]) -> None:
    breaks = class_breaks(values)
    assert breaks == sorted(set(breaks))
    assert len(breaks) < CLASSES
    levels = [class_of(value, breaks) for value in values]
    assert all(level is not None and 0 <= level <= len(breaks) for level in levels)
    assert all(class_of(low, breaks) <= class_of(high, breaks) for low, high in pairwise(sorted(values)))  # type: ignore[operator]
    if breaks:
        assert class_of(min(values), breaks) == 0
        assert class_of(max(values), breaks) == len(breaks)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
@example(0.0, 5e-324)
def test_ticks_hold_the_range_and_are_few(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert marks[0] <= low + slack
    assert marks[-1] >= low + span - slack
    assert 2 <= len(marks) <= 8


def test_both_cities_have_one_scale(registered: Release) -> None:
    drawing = map_drawing(registered, "en")
    assert drawing is not None
    assert [frame.city for frame in drawing.frames] == ["hong-kong", "shanghai"]
    scales = []
    for frame, side in zip(drawing.frames, (0.055, 0.11), strict=True):
        points = [tuple(map(float, pair.split())) for pair in re.split("[MLZ]", frame.shapes[1].path) if pair]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
        high = max(y for _x, y in points) - min(y for _x, y in points)
        scales.append(side / high)
    assert scales[0] == pytest.approx(scales[1], rel=0.02)
    assert drawing.bar == pytest.approx(drawing.bar_km * 1000 / (scales[0] * 111_320), rel=0.02)


def test_places_without_a_figure_are_said_to_have_none(registered: Release) -> None:
    drawing = map_drawing(registered, "en")
    assert drawing is not None
    assert drawing.no_figure
    assert [shape.level for shape in drawing.frames[0].shapes].count(None) == 1
    assert {shape.label for shape in map_drawing(registered, "zh-Hant").frames[0].shapes} >= {"港區1"}  # type: ignore[union-attr]


@pytest.mark.django_db
def test_odd_shapes_do_not_stop_the_page(home: Path, tmp_path: Path) -> None:
    shapes = [
        shapely.Point(114.1, 22.3),
        shapely.LineString([(114.1, 22.3), (114.2, 22.4)]),
        shapely.MultiPoint([(114, 22), (115, 23)]),
        shapely.Polygon(),
        shapely.Polygon([(114, 22), (115, 23), (114, 23), (115, 22)]),
        shapely.Point(math.inf, 22),
    ]
    rows = [{**row, "geometry": shape} for row, shape in zip(hexagons(), shapes, strict=False)]
    drawing = map_drawing(register_release(make_release(tmp_path / "r", rows=rows)), "en")
    assert drawing is not None
    assert {shape.kind for shape in drawing.frames[0].shapes} == {"point", "line", "area"}
    assert drawing.drawn == 4


def test_bars_are_longest_first_and_start_at_zero(registered: Release) -> None:
    chart = chart_drawing(registered, "en")
    assert chart is not None
    lengths = [bar.length for panel in chart.bars for bar in panel.bars if bar.length is not None]
    assert max(lengths) == LONGEST_BAR
    figure = {bar.label: bar for panel in chart.bars for bar in panel.bars}
    assert figure["hong-kong 11"].length == pytest.approx(LONGEST_BAR * 1.0 / 2.89, abs=0.01)
    assert figure["hong-kong 01"].length is None


def test_measures_have_their_own_axes_and_gaps_stay_gaps() -> None:
    days = [date(2025, 1, day) for day in range(1, 5)]
    air = [Mark(day, value, "shanghai", "µg/m³") for day, value in zip(days, (50.0, None, 80.0, 90.0), strict=True)]
    heat = [Mark(day, 5.0 + index, "hong-kong", "°C") for index, day in enumerate(days)]
    own = mark_panels({"PM2.5": air, "Temperature": heat}, "line", 1, one_scale=False)
    assert [panel.unit for panel in own] == ["µg/m³", "°C"]
    assert own[0].series[0].path.count("M") == 2
    assert own[0].y_ticks[0].text == "0"
    assert own[0].y_ticks[-1].text != own[1].y_ticks[-1].text
    shared = mark_panels({"Shanghai": air, "Hong Kong": heat}, "line", 1, one_scale=True)
    assert shared[0].y_ticks == shared[1].y_ticks


def test_every_edge_of_the_lineage_joins_two_boxes(registered: Release) -> None:
    drawing = lineage_drawing(registered.document, "zh-Hant")
    assert drawing is not None
    right = {f"{node.right:.1f} {node.middle:.1f}" for node in drawing.nodes}
    left = {f"{node.x:.1f} {node.middle:.1f}" for node in drawing.nodes}
    assert drawing.edges
    for edge in drawing.edges:
        assert edge.path[1:].split("C")[0] in right
        assert " ".join(edge.path.split(" ")[-2:]) in left
    assert {node.key for node in drawing.nodes} >= {f"column {each['name']}" for each in COLUMNS}
    boxes = sorted((node.x, node.y, node.height) for node in drawing.nodes)
    for (x, y, height), (other_x, other_y, _h) in pairwise(boxes):
        assert x != other_x or y + height <= other_y
    assert all(node.y >= 0 and node.y + node.height <= drawing.height for node in drawing.nodes)
    assert drawing.steps[-1].sources == ("hk_districts.geometry", "sh_districts.geometry")


def test_an_input_that_only_decides_the_rows_is_not_left_hanging(registered: Release) -> None:
    value: dict[str, Any] = dict(registered.document)
    counted = {**value["inputs"][0], "name": "counted"}
    value["inputs"] = [*value["inputs"], counted]
    value["lineage"] = {**value["lineage"], "rows": [{"input": "counted", "column": "geometry"}]}
    drawing = lineage_drawing(value, "en")
    assert drawing is not None
    rows = next(node for node in drawing.nodes if node.key == "rows")
    assert any(edge.path.endswith(f"{rows.x:.1f} {rows.middle:.1f}") for edge in drawing.edges)


@pytest.mark.django_db
def test_a_preview_reads_the_first_rows_only(home: Path, tmp_path: Path) -> None:
    rows = hexagons() * 3
    shown = preview(register_release(make_release(tmp_path / "r", rows=rows)), "en")
    assert (len(shown.rows), shown.total) == (PREVIEW_ROWS, len(rows))
    assert [heading.name for heading in shown.headings] == [
        each["name"] for each in COLUMNS if each["name"] != "geometry"
    ]
    assert shown.rows[0][-1].missing


@pytest.mark.django_db
def test_a_code_is_not_written_as_a_count(home: Path, tmp_path: Path) -> None:
    rows = [{**row, "adcode": 810001, "chargers": 1234} for row in hexagons()]
    columns = [*COLUMNS, column("adcode", "integer", same("Code"))]
    folder = make_release(tmp_path / "plain", rows=rows)
    value = json.loads((folder / "release.json").read_text())
    value["output"]["columns"] = columns
    (folder / "release.json").write_text(json.dumps(value))
    texts = [cell.text for cell in preview(register_release(folder), "en").rows[0]]
    assert "810001" in texts
    assert "1,234" in texts


def test_a_map_of_another_datum_is_drawn_where_it_is() -> None:
    from dataferry.server.display.maps import to_wgs84

    shape = [shapely.Point(835776.133, 815604.834)]
    (moved,) = to_wgs84(shape, "EPSG:2326")
    assert (moved.x, moved.y) == pytest.approx((114.1721017, 22.2793116), abs=1e-6)
    assert to_wgs84(shape, "EPSG:4326") is shape
