"""Promise: two declared columns make points, and columns that cannot are refused by name."""

import pytest

from dataferry.messages import InputError
from dataferry.tables import ReadOptions, read
from dataferry.tables.geoparquet import geometry_columns


def test_declared_columns_make_points_and_others_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,e,n\nA,835000,815000\nB,836000,816000\n")
    options = ReadOptions(geometry=("e", "n"), crs="EPSG:2326")
    table = read(path, options).table
    assert (table.column_names[-1], table["geometry"].null_count) == ("geometry", 0)
    assert geometry_columns(table.schema) == {"geometry": "EPSG:2326"}
    for pair, code in ((("e", "north"), "no_such_column"), (("name", "n"), "no_coordinates")):
        with pytest.raises(InputError) as error:
            read(path, ReadOptions(geometry=pair))
        assert error.value.code == f"tables.{code}"
        assert error.value.text()
