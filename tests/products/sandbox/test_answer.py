"""Whatever a child answers, only a whole table of the size and kind that was asked for gets through."""

import struct
from pathlib import Path

import pyarrow as pa
import pytest

from dataferry.messages import DataferryError, InputError, LimitError, RefusedError
from dataferry.products.sandbox import SandboxLimits
from dataferry.products.sandbox.answer import check_answer, read_answer
from dataferry.tables.geoparquet import geometry_field

from .conftest import SMALL


def stream(path: Path, table: pa.Table, options: pa.ipc.IpcWriteOptions | None = None) -> Path:
    with pa.ipc.new_stream(str(path), table.schema, options=options) as writer:
        writer.write_table(table)
    return path


def read_or_refused(path: Path) -> int | str:
    """The rows of an answer, or the code of the error it is refused with."""
    try:
        return read_answer(path, SMALL).num_rows
    except DataferryError as error:
        return error.code


TABLE = pa.table({"name": ["abc", "def"] * 50, "n": list(range(100))})


def test_an_answer_cut_anywhere_is_refused_or_whole_so_far(tmp_path: Path) -> None:
    content = stream(tmp_path / "whole", TABLE).read_bytes()
    cut = tmp_path / "cut"
    ends = set()
    for end in range(0, len(content), 16):
        cut.write_bytes(content[:end])
        ends.add(read_or_refused(cut))
    assert "products.answer_damaged" in ends
    assert ends <= {"products.answer_damaged", 0, 100}, "a table may be missing, never half"


@pytest.mark.parametrize("lie", [2**31 - 1, 2**62, -1])
def test_a_length_that_lies_is_damage_and_not_an_allocation(tmp_path: Path, lie: int) -> None:
    """Each eight bytes in turn that hold the number of rows claim another."""
    content = stream(tmp_path / "whole", TABLE).read_bytes()
    true = struct.pack("<q", 100)
    places = [at for at in range(len(content) - 8) if content[at : at + 8] == true]
    assert places
    for at in places:
        (tmp_path / "lying").write_bytes(content[:at] + struct.pack("<q", lie) + content[at + 8 :])
        assert read_or_refused(tmp_path / "lying") in ("products.answer_damaged", "products.limit_rows", 100)


def test_texts_that_are_no_utf8_and_offsets_that_run_back_are_damage(tmp_path: Path) -> None:
    bad_text = pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("<ii", 0, 2)), pa.py_buffer(b"\xff\xfe"))
    backwards = pa.StringArray.from_buffers(2, pa.py_buffer(struct.pack("<iii", 0, 3, 1)), pa.py_buffer(b"abc"))
    for column in (bad_text, backwards):
        with pytest.raises(RefusedError) as caught:
            read_answer(stream(tmp_path / "bad", pa.table({"s": column})), SMALL)
        assert caught.value.code == "products.answer_damaged"


def test_more_rows_than_allowed_are_refused_and_exactly_as_many_are_not(tmp_path: Path) -> None:
    path = stream(tmp_path / "answer", TABLE)
    assert read_answer(path, SandboxLimits(rows=100)).num_rows == 100
    with pytest.raises(LimitError) as caught:
        read_answer(path, SandboxLimits(rows=99))
    assert (caught.value.code, caught.value.data["limit"]) == ("products.limit_rows", 99)


def test_what_a_child_says_about_its_answer_is_not_kept(tmp_path: Path) -> None:
    answer = read_answer(stream(tmp_path / "a", TABLE.replace_schema_metadata({"geo": "{}", "x": "y"})), SMALL)
    assert answer.schema.metadata is None


@pytest.mark.parametrize(
    "kind",
    [
        pa.binary(),
        pa.large_binary(),
        pa.binary(3),
        pa.binary_view(),
        pa.list_(pa.binary()),
        pa.struct([("deep", pa.list_(pa.large_binary()))]),
    ],
    ids=str,
)
def test_bytes_that_lost_their_datum_are_refused_however_deep(kind: pa.DataType) -> None:
    with pytest.raises(InputError) as caught:
        check_answer(pa.table({"n": [1], "b": pa.nulls(1, kind)}), {})
    assert (caught.value.code, caught.value.data["column"]) == ("products.binary_column", "b")


@pytest.mark.parametrize(
    ("said", "followed", "code"),
    [
        ("EPSG:4326", {"geometry": "EPSG:4326"}, None),
        ("OGC:CRS84", {"geometry": "EPSG:4326"}, None),
        ("DATAFERRY:GCJ02", {}, None),
        ("EPSG:4326", {"geometry": "DATAFERRY:GCJ02"}, "products.datum_differs"),
        ("EPSG:4326", {"geometry": None}, "products.geometry_without_datum"),
        (None, {}, "products.geometry_without_datum"),
    ],
)
def test_a_geometry_has_the_datum_that_the_text_of_the_recipe_gives_it(
    said: str | None, followed: dict[str, str | None], code: str | None
) -> None:
    table = pa.table([pa.nulls(1, pa.binary())], schema=pa.schema([geometry_field("geometry", said)]))
    if code is None:
        check_answer(table, followed)
        return
    with pytest.raises(DataferryError) as caught:
        check_answer(table, followed)
    assert caught.value.code == code
