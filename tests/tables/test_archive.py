"""Promise: an archive gives the data it holds, or is refused with a reason; nothing ever leaves its private folder."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import InputError, LimitError, MissingError, RefusedError
from dataferry.tables.archive import open_archive
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.report import ReadReport


def packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def nested(*names: str, body: bytes = b"a,b\n1,2\n") -> bytes:
    for name in names:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(name, body)
        body = file.getvalue()
    return body


def opened(path: Path, layer: str | None = None, **limits: int) -> tuple[str, bytes, list[str], ReadReport]:
    """(name, content, files beside it, report) of what the archive gives."""
    report = ReadReport(path.name, "", 0)
    with open_archive(path, ReadOptions(layer=layer, limits=ReadLimits(**limits)), report) as found:
        folder = found
        beside = sorted(p.name for p in (found if found.is_dir() else found.parent).iterdir())
        body = b"" if found.is_dir() else found.read_bytes()
    assert not folder.exists(), "the private folder goes when the block ends"
    return found.name, body, beside, report


def codes(report: ReadReport) -> dict[str, dict]:
    return {finding.code.removeprefix("tables."): dict(finding.data) for finding in report.findings}


def test_the_only_data_file_is_given_and_papers_are_not_data(tmp_path: Path) -> None:
    papers = {"README.txt": b"x" * 999, "licence.pdf": b"x" * 999, "__MACOSX/._a.csv": b"x", ".DS_Store": b"x"}
    name, body, _, report = opened(packed(tmp_path / "a.zip", {**papers, "data/a.csv": b"a,b\n1,2\n"}))
    assert (name, body, report.findings) == ("a.csv", b"a,b\n1,2\n", [])


def test_of_several_the_largest_is_given_and_layer_picks_another(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"small.csv": b"a\n1\n", "大.csv": b"a\n1\n2\n3\n"})
    name, _, _, report = opened(path)
    assert name == "大.csv"
    assert codes(report)["archive_chosen"]["others"] == ["small.csv"]
    for layer in ("small.csv", "small"):
        name, _, _, report = opened(path, layer)
        assert (name, report.findings) == ("small.csv", [])
    with pytest.raises(MissingError, match=r"small\.csv"):
        opened(path, "none")


def test_a_shapefile_comes_with_its_parts_and_a_geodatabase_as_a_folder(tmp_path: Path, real: Path) -> None:
    folder = real / "sh-pygeo-tutorial"
    parts = {f"上海/{p.name}": p.read_bytes() for p in folder.glob("区县界_area.*")}
    name, _, beside, report = opened(packed(tmp_path / "a.zip", {**parts, "上海/说明.pdf": b"x" * 10**6}))
    assert name == "区县界_area.shp"
    assert beside == [f"区县界_area.{suffix}" for suffix in ("dbf", "prj", "shp", "shx")]
    assert report.findings == []
    members = {"x/roads.gdb/a00000001.gdbtable": b"t", "x/roads.gdb/gdb": b"g", "x/roads.gdb/timestamps": b""}
    name, _, beside, _ = opened(packed(tmp_path / "b.zip", members))
    assert (name, beside) == ("roads.gdb", ["a00000001.gdbtable", "gdb", "timestamps"])


@pytest.mark.parametrize("encoding", ["gbk", "big5hkscs", "utf-8"])
def test_names_in_an_unstated_chinese_encoding_are_repaired(tmp_path: Path, encoding: str) -> None:
    name = {"gbk": "上海市地铁站点数据.csv", "big5hkscs": "深水埗區公共設施.csv", "utf-8": "上海地铁.csv"}[encoding]
    raw = name.encode(encoding)
    plain = packed(tmp_path / "a.zip", {"n" * len(raw): b"a\n1\n"}).read_bytes()
    (tmp_path / "a.zip").write_bytes(plain.replace(b"n" * len(raw), raw))
    found, _, _, report = opened(tmp_path / "a.zip")
    assert found == name
    assert codes(report)["archive_names"]["names"] == [name]


def test_archives_in_archives_are_opened_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(nested("a.csv", "b.zip", "c.zip"))
    assert opened(tmp_path / "a.zip")[1] == b"a,b\n1,2\n"
    (tmp_path / "a.zip").write_bytes(nested("a.csv", "b", "c.dat", "d.zip", "e.zip"))
    with pytest.raises(LimitError, match="deep"):
        opened(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv",
        "a/../../b.csv",
        "/etc/a.csv",
        "C:\\a.csv",
        "..\\..\\a.csv",
        "a/\x1b[31m.csv",
        "a\x00b.csv",
        "\\\\h\\a.csv",
    ],
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", {"good.csv": b"a\n1\n"})
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        archive.writestr(info, b"x")
    with pytest.raises(RefusedError, match=r"a\.zip"):
        opened(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_links_twins_and_passwords_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(RefusedError, match="link"):
        opened(tmp_path / "link.zip")
    with zipfile.ZipFile(tmp_path / "twins.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("A.CSV", "a\n2\n")
    with pytest.raises(RefusedError, match="same name"):
        opened(tmp_path / "twins.zip")
    locked = bytearray(packed(tmp_path / "locked.zip", {"a.csv": b"a\n1\n"}).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(RefusedError, match="password"):
        opened(tmp_path / "locked.zip")


def test_bombs_stop_while_unpacking_whatever_the_headers_say(tmp_path: Path) -> None:
    zeros = packed(tmp_path / "zeros.zip", {"a.csv": b"0" * 30_000_000})
    with pytest.raises(LimitError, match="times its size"):
        opened(zeros)
    with pytest.raises(LimitError, match="bytes"):
        opened(zeros, unpacked_bytes=1_000_000)
    body = bytearray(zeros.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", body, body.index(mark) + offset, 10)
    (tmp_path / "liar.zip").write_bytes(body)
    with pytest.raises((LimitError, InputError)):
        opened(tmp_path / "liar.zip")
    with pytest.raises(LimitError, match="members"):
        opened(packed(tmp_path / "many.zip", {f"{i}.csv": b"" for i in range(11)}), archive_members=10)
    noise = b"x" * 3000
    with pytest.raises(LimitError, match="bytes"):
        opened(packed(tmp_path / "b.zip", {"a.zip": nested("a.csv", body=noise)}), unpacked_bytes=4000)


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"not an archive"])
def test_broken_and_empty_archives_are_named(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(InputError, match=r"a\.zip"):
        opened(tmp_path / "a.zip")


def test_an_error_of_the_caller_passes_through_unchanged(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.csv": b"a\n1\n"})
    with pytest.raises(EOFError, match="mine"), open_archive(path, ReadOptions(), ReadReport("a.zip", "", 0)):
        raise EOFError("mine")


@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_damage_gives_data_or_a_clear_error(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    clean = nested("a.csv", "b.zip") + packed(tmp_path / "c.zip", {"x/y.csv": b"a\n" * 50}).read_bytes()
    body = bytearray(clean)
    for place, value in changes:
        body[place % len(body)] = value
    (tmp_path / "d.zip").write_bytes(body)
    try:
        opened(tmp_path / "d.zip")
    except (InputError, LimitError, RefusedError) as error:
        assert "d.zip" in str(error)  # noqa: PT017 - either outcome is right
