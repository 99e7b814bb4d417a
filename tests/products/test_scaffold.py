"""A new product builds at once, from nothing or from messy files, and claims nothing it does not know."""

from pathlib import Path

import pytest

from dataferry.messages import InputError, RefusedError
from dataferry.products import build, load_product, new_product
from dataferry.tables import read_geoparquet


def test_a_product_from_nothing_builds(tmp_path: Path) -> None:
    folder = new_product(tmp_path / "my-first")
    release = build(folder)
    assert release.output.rows == 2
    assert release.synthetic
    assert release.evidence.quality == "clear"


def test_a_product_from_files_builds_and_knows_no_licence(tmp_path: Path) -> None:
    source = tmp_path / "車站 2024.csv"
    source.write_text(
        "District Name,站數,mean,when\nWan Chai,3,0.5,2024-01-02\nEastern,4,,2024-01-03\n", encoding="utf-8"
    )
    twin = tmp_path / "places.geojson"
    twin.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},'
        '"geometry":{"type":"Point","coordinates":[114.1,22.3]}},{"type":"Feature","properties":{"a":1},'
        '"geometry":{"type":"Point","coordinates":[114.2,22.3]}}]}',
        encoding="utf-8",
    )
    release = build(new_product(tmp_path / "from-csv", [source, twin]))
    assert [item.licence for item in release.inputs] == ["unknown", "unknown"]
    assert release.evidence.licence == "unknown"
    assert release.evidence.source == "unknown"
    names = [column.name for column in release.output.columns]
    assert names[0] == "District_Name"
    assert "站數" in names
    places = build(new_product(tmp_path / "from-geojson", [twin], crs="EPSG:4326"))
    assert places.output.geometry == "geometry"
    assert places.output.crs == "EPSG:4326"
    assert read_geoparquet(places.folder / "data.parquet")["row_number"].to_pylist() == [1, 2]


def test_every_real_kind_of_column_name_can_be_selected(tmp_path: Path) -> None:
    source = tmp_path / "odd.csv"
    source.write_text('1st,a b,"say ""x""",select,A B\n1,2,3,4,5\n', encoding="utf-8")
    assert build(new_product(tmp_path / "odd", [source])).output.rows == 1


@pytest.mark.parametrize("name", ["Big", "two words", "a--b", "-a", "a/../b!", "x" * 65])
def test_names_are_slugs(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        new_product(tmp_path / name)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = new_product(tmp_path / "once")
    with pytest.raises(RefusedError):
        new_product(folder)
    assert load_product(folder).name == "once"
