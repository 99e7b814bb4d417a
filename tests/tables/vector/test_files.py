"""Promise: geodata is read with its CRS stated or unknown, never guessed, and hostile files reach nothing."""

import contextlib
import json
import shutil
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.geo import convert_wkb
from dataferry.messages import InputError, LimitError, MissingError, RefusedError, UsageError
from dataferry.tables.geoparquet import geometry_columns, geometry_field, write_geoparquet
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.reading import read
from dataferry.tables.report import Detected, ReadReport
from dataferry.tables.vector.files import parse_vector
from dataferry.tables.vector.gdal import pyogrio
from dataferry.tables.vector.geojson_crs import find_crs_member


def parse(path: Path, **options: object) -> tuple[pa.Table, ReadReport]:
    report = ReadReport(path.name, "", 0)
    table = parse_vector(path, ReadOptions(**options), report)
    assert report.rows.adds_up()
    assert report.rows.kept == table.num_rows
    return table, report


def codes(report: ReadReport) -> dict[str, dict]:
    return {finding.code.removeprefix("tables."): dict(finding.data) for finding in report.findings}


def shapes(table: pa.Table, column: str = "geometry") -> list[shapely.Geometry]:
    return list(shapely.from_wkb(table[column].to_pylist()))


def crs_of(table: pa.Table) -> str | None:
    return geometry_columns(table.schema)["geometry"]


# --- real files of both cities


def test_the_hong_kong_districts_of_2001_with_every_part_missing(real: Path, tmp_path: Path) -> None:
    """No .prj, no .cpg, the .dbf under another name; then without .shx, with nothing written beside the file."""
    table, report = parse(real / "hk-geohk-2001" / "dc.shp")
    assert (table.num_rows, table.column_names, crs_of(table)) == (18, ["geometry"], None)
    found = codes(report)
    assert found["dbf_other_name"] == {"file": "dc.shp", "other": "dc_land.dbf", "count": 18}
    assert found["crs_unknown"]["looks_like"] == "EPSG:2326"

    shutil.copy(real / "hk-geohk-2001" / "dc.shp", tmp_path)
    rebuilt, report = parse(tmp_path / "dc.shp", crs="EPSG:2326")
    assert codes(report)["shx_rebuilt"]["count"] == 18
    assert rebuilt["geometry"].equals(table["geometry"])
    assert crs_of(rebuilt) == "EPSG:2326"
    assert [p.name for p in tmp_path.iterdir()] == ["dc.shp"]


def test_a_dbf_that_says_big5_but_needs_the_hong_kong_supplement(real: Path) -> None:
    table, report = parse(real / "hk-geohk-2001" / "dc_land.dbf")
    assert "深水埗區" in table["DC_CHIN"].to_pylist()
    assert codes(report)["encoding_superset"]["characters"] == "埗"
    assert report.encoding.value == "big5hkscs"


def test_equal_counts_prove_no_order(real: Path) -> None:
    """Why a .dbf of another name is not joined: the publisher's own GeoJSON puts every one of these rows elsewhere."""
    table, _ = parse(real / "hk-geohk-2001" / "dc.shp", crs="EPSG:2326")
    names, _ = parse(real / "hk-geohk-2001" / "dc_land.dbf")
    other, report = parse(real / "hk-geohk-2001" / "dc_land.lowres.geo.json")
    assert codes(report)["shapes_invalid"]["count"] == 18
    wgs84 = shapely.from_wkb(convert_wkb(table["geometry"], "EPSG:2326", "EPSG:4326").to_pylist())
    theirs = dict(zip(other["DC_CODE"].to_pylist(), shapes(other), strict=True))
    by_order = zip(names["DC_CODE"].to_pylist(), wgs84, strict=True)
    assert sum(shape.centroid.distance(theirs[code].centroid) < 0.03 for code, shape in by_order) == 0


def test_a_gbk_shapefile_without_cpg_under_a_chinese_name(real: Path) -> None:
    table, report = parse(real / "sh-pygeo-tutorial" / "区县界_area.shp")
    assert table["NAME"].to_pylist()[:3] == ["宝山区", "杨浦区", "闵行区"]
    assert (table.num_rows, crs_of(table), report.crs.basis) == (17, "EPSG:4326", "stated")


def test_an_esri_prj_is_matched_to_its_code(real: Path) -> None:
    table, report = parse(real / "sz-st-evcdp" / "SZ_districts.shp")
    assert (table.num_rows, crs_of(table)) == (491, "EPSG:3857")
    assert report.crs.basis == "stated"
    assert "confidence" in report.crs.evidence


@pytest.mark.parametrize(("file", "rows"), [("310000_geojson_full.json", 16), ("810000_geojson_full.json", 18)])
def test_datav_says_nothing_of_its_datum_and_a_declaration_decides(real: Path, file: str, rows: int) -> None:
    table, report = parse(real / "cn-datav-2020" / file)
    assert (table.num_rows, crs_of(table), report.crs.basis) == (rows, "EPSG:4326", "inferred")
    assert "crs_by_format" in codes(report)
    declared, report = parse(real / "cn-datav-2020" / file, crs="DATAFERRY:GCJ02")
    assert (crs_of(declared), report.crs.basis) == ("DATAFERRY:GCJ02", "declared")
    assert not {"crs_by_format", "crs_contradicts"} & codes(report).keys()
    assert declared["geometry"].equals(table["geometry"])
    assert pa.types.is_list(declared.schema.field("center").type)
    assert json.loads(declared["parent"][0].as_py()).keys() == {"adcode"}


def test_layers_of_the_lands_department_and_lines_of_the_railway(real: Path) -> None:
    for file in sorted((real / "hk-geocommunity").glob("*.geojson")):
        table, report = parse(file)
        stated = len(json.loads(file.read_text("utf-8"))["features"])
        assert table.num_rows == stated, file.name
        assert crs_of(table) == "EPSG:4326"
        assert report.state() in ("clear", "attention")
    line, _ = parse(real / "hk-csdi-waypoints-2025" / "ael.json")
    assert {s.geom_type for s in shapes(line)} <= {"LineString", "MultiLineString"}


# --- every format, made here


def written(path: Path, crs: str | None = "EPSG:2326", layer: str | None = None, rows: int = 3, **more: object) -> Path:
    wkb = [shapely.to_wkb(shapely.Point(836000 + i, 819000 + i)) for i in range(rows)]
    columns = {
        "name": pa.array([f"車位{i}" for i in range(rows)]),
        "open": pa.array([i % 2 == 0 for i in range(rows)]),
        "since": pa.array([None, *range(1, rows)], pa.date32()),
        "seen": pa.array([1_700_000_000_000] * rows, pa.timestamp("ms", "UTC")),
        "geometry": pa.array(wkb, pa.binary()),
    }
    field = pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    schema = pa.schema([*(pa.field(n, c.type) for n, c in columns.items() if n != "geometry"), field])
    pyogrio().write_arrow(
        pa.table(list(columns.values()), schema=schema),
        path,
        layer=layer,
        geometry_name="geometry",
        geometry_type="Point",
        crs=crs,
        **more,
    )
    return path


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".gdb", ".gml", ".shp"])
def test_every_database_format_keeps_types_text_and_crs(tmp_path: Path, suffix: str) -> None:
    drivers = {".gdb": "OpenFileGDB", ".gml": "GML"}
    more = {"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}  # an index would put the rows in another order
    path = written(tmp_path / f"車位{suffix}", driver=drivers.get(suffix), **more)
    table, report = parse(path)
    assert table["name"].to_pylist() == ["車位0", "車位1", "車位2"]
    assert [(p.x, p.y) for p in shapes(table)] == [(836000 + i, 819000 + i) for i in range(3)]
    assert (crs_of(table), report.crs.basis) == ("EPSG:2326", "stated")
    words = {column.name: column.type for column in report.columns}
    assert words["since"] in ("date", "timestamp", "string")
    if suffix == ".gpkg":
        assert words == words | {"open": "boolean", "since": "date", "seen": "timestamp"}


def test_geoparquet_in_gcj02_keeps_its_datum_and_a_declaration_that_differs_is_told(tmp_path: Path) -> None:
    schema = pa.schema([geometry_field("geometry", "DATAFERRY:GCJ02")])
    write_geoparquet(pa.table([pa.array([shapely.Point(121.4, 31.2).wkb])], schema=schema), tmp_path / "a.parquet")
    table, report = parse(tmp_path / "a.parquet")
    assert (crs_of(table), report.crs.basis) == ("DATAFERRY:GCJ02", "stated")
    table, report = parse(tmp_path / "a.parquet", crs="EPSG:4326")
    assert crs_of(table) == "EPSG:4326"
    assert codes(report)["crs_contradicts"]["stated"] == "DATAFERRY:GCJ02"


def test_the_fullest_layer_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gpkg", layer="few", rows=1)
    written(path, layer="many", rows=5)
    table, report = parse(path)
    assert (table.num_rows, report.layer, report.other_layers) == (5, "many", ("few",))
    assert "few (1)" in codes(report)["layer_chosen"]["others"]
    chosen, report = parse(path, layer="few")
    assert (chosen.num_rows, "layer_chosen" in codes(report)) == (1, False)
    with pytest.raises(MissingError, match="few, many"):
        parse(path, layer="none")


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>充电站</name>{marks}</Folder></Document></kml>"""
MARK = "<Placemark><name>{}</name><Point><coordinates>{},{}</coordinates></Point></Placemark>"


def kml_text(encoding: str = "UTF-8") -> str:
    return KML.format(
        encoding=encoding, marks=MARK.format("人民广场", 121.47, 31.23) + MARK.format("外滩", 121.49, 31.24)
    )


@pytest.mark.parametrize("encoding", ["UTF-8", "GB2312", "UTF-16"])
def test_kml_in_any_encoding_and_kmz(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.kml").write_bytes(kml_text(encoding).encode(encoding))
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.write(tmp_path / "a.kml", "doc.kml")
        archive.writestr("files/picture.png", b"png")
    for path in (tmp_path / "a.kml", tmp_path / "a.kmz"):
        table, report = parse(path)
        assert table["Name"].to_pylist() == ["人民广场", "外滩"]
        assert table.column_names == ["Name", "description", "geometry"]
        assert (crs_of(table), report.crs.basis) == ("EPSG:4326", "inferred")
        assert "tessellate" in codes(report)["kml_display"]["columns"]


def feature_collection(*coordinates: str, crs: str = "") -> str:
    point = '{"type":"Feature","properties":{"n":NUMBER},"geometry":{"type":"Point","coordinates":PLACE}}'
    features = [point.replace("NUMBER", str(i)).replace("PLACE", place) for i, place in enumerate(coordinates)]
    member = f'"crs":{crs},' if crs else ""
    return '{"type":"FeatureCollection",' + member + '"features":[' + ",".join(features) + "]}"


@pytest.mark.parametrize(
    ("member", "crs", "basis"),
    [
        ('{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2326"}}', "EPSG:2326", "stated"),
        ('{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}', "EPSG:4326", "stated"),
        ('{"type":"name","properties":{"name":"GCJ-02"}}', "DATAFERRY:GCJ02", "stated"),
        ('{"type":"name","properties":{"name":"Shanghai city grid"}}', None, None),
        ("null", None, None),
    ],
)
def test_a_legacy_crs_member_is_respected(tmp_path: Path, member: str, crs: str | None, basis: str | None) -> None:
    (tmp_path / "a.geojson").write_text(feature_collection("[114.1,22.3]", crs=member))
    table, report = parse(tmp_path / "a.geojson")
    assert crs_of(table) == crs
    assert (report.crs.basis if report.crs else None) == basis
    assert ("crs_unknown" in codes(report)) == (crs is None)


def test_a_property_called_crs_is_no_statement(tmp_path: Path) -> None:
    """Only the outermost object speaks for the file, before or after its features, whatever strings hold."""
    inner = '"properties":{"crs":null,"note":"a \\"crs\\": {[","n":'
    text = feature_collection("[1,2]", "[3,4]").replace('"properties":{"n":', inner)
    (tmp_path / "a.geojson").write_text(text)
    assert find_crs_member(tmp_path / "a.geojson") is None
    assert crs_of(parse(tmp_path / "a.geojson")[0]) == "EPSG:4326"
    after = text[:-1] + ', "crs": {"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2326"}}, "bbox":[1,2,3,4]}'
    (tmp_path / "a.geojson").write_text(after)
    assert crs_of(parse(tmp_path / "a.geojson")[0]) == "EPSG:2326"


def test_coordinates_that_do_not_fit_the_crs_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(feature_collection("[836000,819000]"))
    _, report = parse(tmp_path / "a.geojson")
    assert codes(report)["crs_range"]["looks_like"] == "EPSG:2326"


def test_script_wrapper_and_gbk_geojson(tmp_path: Path) -> None:
    text = feature_collection("[121,31]").replace('"n":0', '"n":"人民广场地铁站"')
    (tmp_path / "a.js").write_bytes(f"var stations = {text};\n".encode("gbk"))
    table, report = parse(tmp_path / "a.js")
    assert table["n"].to_pylist() == ["人民广场地铁站"]
    assert "script_wrapper" in codes(report)
    assert report.encoding.value.startswith("gb")


def test_archives_through_the_front_door(tmp_path: Path, real: Path) -> None:
    """A shapefile set in a ZIP in a ZIP, and one of two GeoJSON files picked by its name."""
    written(tmp_path / "a.gpkg", layer="one", rows=2)
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as archive:
        for part in (real / "sh-pygeo-tutorial").glob("区县界_area.*"):
            archive.write(part, f"上海/{part.name}")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "inner.zip", "inner.zip")
    found = read(tmp_path / "outer.zip")
    assert (found.table.num_rows, crs_of(found.table), found.table["NAME"][0].as_py()) == (17, "EPSG:4326", "宝山区")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(tmp_path / "a.gpkg", "places.gpkg")
        archive.writestr("b.geojson", feature_collection("[1,2]"))
    for layer, rows in (("b.geojson", 1), ("b", 1), ("places.gpkg", 2), ("one", 2), (None, 2)):
        found = read(tmp_path / "two.zip", ReadOptions(layer=layer))
        assert found.table.num_rows == rows, layer
        assert ("archive_chosen" in codes(found.report)) == (layer in ("one", None))
    with pytest.raises(MissingError, match="one"):
        read(tmp_path / "two.zip", ReadOptions(layer="none"))


# --- shapes that are wrong


def test_missing_infinite_and_crossed_shapes_are_kept_and_counted(tmp_path: Path) -> None:
    bow_tie = '{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}'
    text = feature_collection("[1,2]", "[NaN,3]", "[-Infinity,3]", "[4,5]", "[6,7]").replace(
        '{"type":"Point","coordinates":[4,5]}', "null"
    )
    text = text.replace('{"type":"Point","coordinates":[6,7]}', bow_tie)
    (tmp_path / "a.geojson").write_text(text)
    table, report = parse(tmp_path / "a.geojson")
    found = codes(report)
    assert table.num_rows == 5
    assert found["shapes_empty"]["rows"] == [2]  # GDAL makes a point without a number an empty one
    assert found["shapes_not_finite"]["rows"] == [3]
    assert found["shapes_missing"]["rows"] == [4]
    assert found["shapes_invalid"]["rows"] == [5]
    assert "Self-intersection" in found["shapes_invalid"]["reasons"][0]
    assert shapes(table)[4].geom_type == "Polygon"


def raw_gpkg(path: Path, *wkb: bytes) -> Path:
    field = pa.field("geom", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    pyogrio().write_arrow(
        pa.table([pa.array(wkb)], schema=pa.schema([field])),
        path,
        geometry_name="geom",
        geometry_type="Unknown",
        crs="EPSG:2326",
    )
    return path


def test_arcs_become_segments_and_m_is_dropped_with_findings(tmp_path: Path) -> None:
    arc = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    measured = shapely.to_wkb(shapely.from_wkt("POINT ZM (1 2 3 4)"), flavor="iso")
    table, report = parse(raw_gpkg(tmp_path / "a.gpkg", arc, measured, shapely.Point(5, 6).wkb))
    curve, point, plain = shapes(table)
    assert curve.length == pytest.approx(3.14159, abs=2e-3)
    assert (point.has_z, point.has_m, point.z, plain.x) == (True, False, 3, 5)
    found = codes(report)
    assert (found["shapes_curved"]["count"], found["shapes_measured"]["count"]) == (1, 1)
    write_geoparquet(table, tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("content", "says", "told"),
    [
        ("上海市黄浦区南京东路街道", "ISO-8859-1", "gb"),
        ("香港深水埗區長沙灣道", "ISO-8859-1", "big5"),
        ("上海市黄浦区", "UTF-8", "gb"),
    ],
)
def test_a_cpg_that_lies_is_found_out(tmp_path: Path, content: str, says: str, told: str) -> None:
    encoding = "gbk" if told == "gb" else "big5hkscs"
    written(tmp_path / "a.shp")
    body = (tmp_path / "a.dbf").read_bytes()
    place = body.index("車位0".encode())
    text = content.encode(encoding)
    (tmp_path / "a.dbf").write_bytes(body[:place] + text + body[place + len(text) :])
    for row in (b"1", b"2"):
        changed = (tmp_path / "a.dbf").read_bytes().replace("車位".encode() + row, b"row " + row + b"  ")
        (tmp_path / "a.dbf").write_bytes(changed)
    (tmp_path / "a.cpg").write_text(says)
    table, report = parse(tmp_path / "a.shp")
    assert table["name"][0].as_py() == content
    assert codes(report)["encoding_contradicts"]["stated"]
    assert report.encoding.value.startswith(told)
    declared, _ = parse(tmp_path / "a.shp", encoding=encoding)
    assert declared["name"][0].as_py() == content


def test_a_shapefile_without_dbf_and_a_dbf_alone(tmp_path: Path) -> None:
    written(tmp_path / "a.shp")
    alone, _ = parse(tmp_path / "a.dbf")
    assert alone["name"].to_pylist() == ["車位0", "車位1", "車位2"]
    (tmp_path / "a.dbf").unlink()
    table, report = parse(tmp_path / "a.shp")
    assert table.column_names == ["geometry"]
    assert "dbf_missing" in codes(report)


def test_declared_sentinels_and_types(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(feature_collection("[1,2]", "[3,4]", "[5,6]"))
    table, report = parse(tmp_path / "a.geojson", missing={"n": ("1",)}, types={"n": "string"})
    assert table["n"].to_pylist() == ["0", None, "2"]
    assert next(c for c in report.columns if c.name == "n").flagged == 1
    _, report = parse(tmp_path / "a.geojson", types={"n": "date"})
    assert codes(report)["type_not_cast"]["column"] == "n"


# --- hostile files


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that counts who calls."""
    calls: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                calls.append(connection.recv(200))
                connection.sendall(b"HTTP/1.0 404 no\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
    server.close()


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "{}">]>'.format("&a;" * 1000)
LINK = '{"type":"link","properties":{"href":"URL/crs","type":"proj4"}}'
STREAM = '{"type":"FeatureCollection","type":"gdal_streamed_alg","command_line":"gdal vector pipeline read URL/x.json"}'
REACHING: dict[str, Callable[[str], str]] = {
    "link.geojson": lambda url: feature_collection("[1,2]", crs=LINK.replace("URL", url)),
    "stream.geojson": lambda url: STREAM.replace("URL", url),
    "vrt.kml": lambda url: (
        f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{url}/a.json</SrcDataSource></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    ),
    "wfs.gml": lambda url: f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
    "xxe.kml": lambda url: f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{url}/x">]><kml><name>&x;</name></kml>',
    "bomb.kml": lambda _: BOMB + "<kml>&b;</kml>",
}


@pytest.mark.parametrize("name", REACHING)
def test_a_file_that_reaches_out_is_refused_and_reaches_nothing(
    tmp_path: Path, listener: tuple[str, list[bytes]], name: str
) -> None:
    url, calls = listener
    (tmp_path / name).write_text(REACHING[name](url))
    report = ReadReport(name, "", 0)
    report.format = Detected(name.rpartition(".")[2], "measured", "said here, whatever it is")
    with pytest.raises(RefusedError, match=name):
        parse_vector(tmp_path / name, ReadOptions(), report)
    assert calls == []


def test_remote_schemas_and_links_are_not_followed(tmp_path: Path, listener: tuple[str, list[bytes]]) -> None:
    url, calls = listener
    gml = f"""<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"
      xmlns:a="http://a" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
      xsi:schemaLocation="http://a {url}/DescribeFeatureType"><gml:featureMember><a:f gml:id="f.1"><a:n>1</a:n>
      <a:g xlink:href="{url}/g.gml#1"/><a:geom><gml:Point srsName="{url}/epsg.xml"><gml:pos>22 114</gml:pos></gml:Point>
      </a:geom></a:f></gml:featureMember></wfs:FeatureCollection>"""
    kml = f"""<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>{url}/x.kml</href></Link>
      </NetworkLink>{MARK.format("a", 1, 2)}</Document></kml>"""
    (tmp_path / "a.gml").write_text(gml)
    (tmp_path / "a.kml").write_text(kml)
    assert crs_of(parse(tmp_path / "a.gml")[0]) is None
    assert parse(tmp_path / "a.kml")[0].num_rows == 1
    assert calls == []


def test_names_like_gdal_addresses_are_only_names(tmp_path: Path) -> None:
    for name in ("a.zip!b.geojson", "GEOJSON:x.geojson", "vsicurl_http:__x.geojson", "-oo x.geojson", "{x}.zip"):
        (tmp_path / name).write_text(feature_collection("[1,2]"))
        assert parse(tmp_path / name)[0].num_rows == 1


def test_limits_of_rows_columns_depth_and_elements(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(feature_collection("[1,2]", "[3,4]"))
    with pytest.raises(LimitError, match="rows"):
        parse(tmp_path / "a.geojson", limits=ReadLimits(rows=1))
    with pytest.raises(LimitError, match="columns"):
        parse(tmp_path / "a.geojson", limits=ReadLimits(columns=0))
    (tmp_path / "a.kml").write_text("<kml>" + "<a>" * 100 + "</a>" * 100 + "</kml>")
    with pytest.raises(LimitError, match="nests"):
        parse(tmp_path / "a.kml")
    (tmp_path / "b.kml").write_text(kml_text())
    with pytest.raises(LimitError, match="elements"):
        parse(tmp_path / "b.kml", limits=ReadLimits(xml_elements=3))


def test_an_unknown_crs_in_the_options_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(feature_collection("[1,2]"))
    with pytest.raises(UsageError):
        parse(tmp_path / "a.geojson", crs="+proj=tmerc +towgs84=1,2,3")


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_give_a_table_or_a_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    """Any byte changed or the end cut off: never a traceback, and nothing is left beside the file."""
    suffix = data.draw(st.sampled_from([".shp", ".gpkg", ".fgb", ".geojson", ".kml"]))
    folder = tmp_path / f"clean{suffix}"
    if not folder.exists():
        folder.mkdir()
        if suffix == ".kml":
            (folder / "a.kml").write_text(kml_text())
        elif suffix == ".geojson":
            (folder / "a.geojson").write_text(feature_collection("[1,2]", "[3,4]"))
        else:
            written(folder / f"a{suffix}")
    body = bytearray((folder / f"a{suffix}").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    target = tmp_path / f"damaged{suffix}"
    target.write_bytes(bytes(body[: cut if data.draw(st.booleans()) else len(body)]))
    before = sorted(p.name for p in tmp_path.iterdir())
    with contextlib.suppress(InputError, RefusedError, LimitError):
        parse(target)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
