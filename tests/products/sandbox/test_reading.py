"""Promise: a file of a stranger is read as `tables.read` reads it, and whatever it makes the reader do, only the reader
ends: no file, no socket, no process of the host is reached, and nothing the reader says is believed unchecked."""

from __future__ import annotations

import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dataferry.messages import DataferryError, InputError, LimitError, MissingError, RefusedError, UnavailableError
from dataferry.products.sandbox import SandboxedReading, SandboxLimits, confinement, read_sandboxed, reading
from dataferry.products.sandbox.confinement import Confinement
from dataferry.products.sandbox.reading import ConfinedReading
from dataferry.products.sandbox.watch import descendants
from dataferry.tables import ReadLimits, ReadOptions, plain_geometry, profile, read, write_geoparquet

LIMITS = SandboxLimits(memory_mib=512, cpu_seconds=20, wall_seconds=60, rows=2_000_000, result_mib=200, spill_mib=64)
HOSTILE = ["-c", Path(__file__).with_name("hostile_reading_child.py").read_text()]


@pytest.fixture
def sandboxed(
    confined: Confinement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SandboxedReading]:
    """`read_sandboxed` in this confinement; afterwards nothing may be left beside its output, nor running."""
    monkeypatch.setattr(reading, "choose", lambda unsafe: confined)
    output = tmp_path / "out" / "table.parquet"

    def run(path: Path, options: ReadOptions | None = None, **more: object) -> SandboxedReading:
        # Other tests of this process may keep a browser.
        before = set(descendants(os.getpid()))
        try:
            return read_sandboxed(path, options, output=output, **{"limits": LIMITS, **more})
        finally:
            left = {each.name for each in output.parent.iterdir()} if output.parent.exists() else set()
            assert left <= {"table.parquet"}
            assert set(descendants(os.getpid())) <= before

    return run


@pytest.fixture
def hostile(sandboxed: Callable[..., SandboxedReading], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Run lines of Python inside the confinement of a reader; their words, or the error that the parent raises."""
    monkeypatch.setattr(ConfinedReading, "program", lambda self: HOSTILE)

    def run(*lines: str, **more: object) -> list[str]:
        file = tmp_path / "line.csv"
        file.write_text("\n".join(lines))
        return sandboxed(file, **more).table.column("outcome").to_pylist()

    return run


# --- as `tables.read` does it

REAL = [
    ("cn-datav-2020/810000_geojson_full.json", {}),
    ("ev-gb32960-frames/vehicle_A_2019-12-30.gbk.csv", {}),
    ("hk-district-summary-2019/19codee.xls", {}),
    ("hk-district-summary-2019/DistrictCensus.xlsx", {}),
    ("hk-geohk-2001/dc.shp", {"crs": "EPSG:2326"}),
    ("sh-pygeo-tutorial/区县界_area.shp", {}),
    ("hk-hko-daily/CLMMAXT_HKO_.csv", {}),
    ("hk-ocm-chargers-2020/hk_poi_2020-11-20.jsonl", {}),
    ("sh-soda2015-metro/line.txt", {}),
    ("hk-epd-aqhi-2025/202501_Eng.csv", {}),
]


def check_same(run: Callable[..., SandboxedReading], path: Path, options: ReadOptions) -> SandboxedReading:
    known = read(path, options)
    found = run(path, options, limits=SandboxLimits(memory_mib=1024, cpu_seconds=120, wall_seconds=300))
    table = plain_geometry(known.table)
    assert found.table.equals(table, check_metadata=True)
    twin = found.output.with_name("twin.parquet")
    write_geoparquet(table, twin)
    assert found.output.read_bytes() == twin.read_bytes()
    twin.unlink()
    assert found.report.to_json() == known.report.to_json()
    assert found.profile == profile(table).to_json()
    return found


@pytest.mark.real
@pytest.mark.parametrize(("file", "declared"), REAL, ids=[file for file, _ in REAL])
@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_a_real_file_gives_the_same_table_report_and_profile(
    file: str, declared: dict[str, str], real: Path, sandboxed: Callable[..., SandboxedReading]
) -> None:
    assert check_same(sandboxed, real / file, ReadOptions(**declared)).table.num_rows > 0


@pytest.fixture
def kinds(tmp_path: Path) -> dict[str, Path]:
    """One small file of each kind that needs GDAL, unpacking or a temporary folder."""
    import shapely
    from pyogrio.raw import write

    folder = tmp_path / "kinds"
    folder.mkdir()
    shapes = shapely.to_wkb([shapely.Point(114.1, 22.3), shapely.Point(114.2, 22.4)])
    import numpy as np

    def made(name: str, driver: str, crs: str = "EPSG:4326") -> Path:
        names = np.array(["灣仔", "中西區"], dtype=object)
        write(folder / name, shapes, [names], ["name"], geometry_type="Point", crs=crs, driver=driver, encoding="UTF-8")
        return folder / name

    found = {"gpkg": made("a.gpkg", "GPKG"), "gml": made("b.gml", "GML"), "kml": made("c.kml", "KML")}
    found["fgb"] = made("d.fgb", "FlatGeobuf")
    made("e.shp", "ESRI Shapefile")
    found["shapefile in zip"] = folder / "shapes.zip"
    with zipfile.ZipFile(found["shapefile in zip"], "w") as packed:
        for part in folder.glob("e.*"):
            packed.write(part, f"inner/{part.name}")
    found["kmz"] = folder / "f.kmz"
    with zipfile.ZipFile(found["kmz"], "w") as packed:
        packed.write(found["kml"], "doc.kml")
    found["big5 in zip"] = folder / "text.zip"
    with zipfile.ZipFile(found["big5 in zip"], "w") as packed:
        packed.writestr("表.csv", "名稱,數目\n灣仔,3\n東區,4\n".encode("big5"))
    return found


def test_every_kind_that_needs_gdal_or_unpacking(
    kinds: dict[str, Path], sandboxed: Callable[..., SandboxedReading]
) -> None:
    for kind, path in kinds.items():
        assert check_same(sandboxed, path, ReadOptions()).table.num_rows == 2, kind


@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_a_stored_file_gets_its_name_back_and_a_report_of_its_own_bytes(
    tmp_path: Path, sandboxed: Callable[..., SandboxedReading]
) -> None:
    stored = tmp_path / "blob"
    stored.write_text("a,b\n1,2\n")
    found = sandboxed(stored, name="../../etc/資料.csv")
    assert (found.report.file, found.report.bytes, found.sandbox) == ("資料.csv", 8, found.sandbox)
    assert found.report.sha256 == read(stored).report.sha256
    assert stored.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_errors_of_reading_come_through_with_their_kind_code_and_data(
    tmp_path: Path, sandboxed: Callable[..., SandboxedReading]
) -> None:
    cases: list[tuple[bytes, ReadOptions]] = [
        (b"", ReadOptions()),
        (b"%PDF-1.4 nothing", ReadOptions()),
        (b"a,b\n1,2\n", ReadOptions(encoding="no-such")),
        (b"a,b\n1,2\n", ReadOptions(limits=ReadLimits(file_bytes=3))),
        (b"a,b\n1,2\n", ReadOptions(geometry=("x", "y"), crs="EPSG:4326")),
        (b"PK\x03\x04broken", ReadOptions()),
    ]
    for content, options in cases:
        path = tmp_path / "case.csv"
        path.write_bytes(content)
        errors = []
        for reader in (read, sandboxed):
            with pytest.raises(DataferryError) as caught:
                reader(path, options)
            errors.append((type(caught.value), caught.value.code, dict(caught.value.data)))
        assert errors[0] == errors[1]
    with pytest.raises(MissingError):
        sandboxed(tmp_path / "absent.csv")


@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_progress_is_told_in_order_and_a_reading_can_be_cancelled(
    tmp_path: Path, sandboxed: Callable[..., SandboxedReading]
) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "1,2\n" * 300_000)
    told: list[tuple[str, float]] = []
    sandboxed(path, progress=lambda step, share: told.append((step, share)))
    assert [step for at, (step, _) in enumerate(told) if at == 0 or told[at - 1][0] != step] == [
        "read",
        "profile",
        "hand_over",
    ]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= min(shares) <= max(shares) <= 1
    with pytest.raises(UnavailableError) as caught:
        sandboxed(path, cancelled=lambda: True)
    assert caught.value.code == "products.run_cancelled"


# --- what a captured reader can do


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_ends_the_reader_only(number: int, hostile: Callable) -> None:
    line = "__import__('faulthandler')._sigsegv()" if number == signal.SIGSEGV else "os.abort()"
    with pytest.raises(InputError) as caught:
        hostile(line)
    assert (caught.value.code, caught.value.data["signal"]) == ("products.reader_stopped", number)


def test_a_reader_that_hangs_or_spins_is_ended(hostile: Callable) -> None:
    with pytest.raises(LimitError) as caught:
        hostile("__import__('time').sleep(600)", limits=SandboxLimits(memory_mib=512, wall_seconds=4))
    assert caught.value.code == "products.limit_wall"
    with pytest.raises(LimitError) as caught:
        hostile("any(iter(int, 1))", limits=SandboxLimits(memory_mib=512, cpu_seconds=3, wall_seconds=60))
    assert caught.value.code == "products.limit_cpu"


def test_a_reader_that_eats_memory_or_disk_is_ended(hostile: Callable) -> None:
    (words,) = hostile("len(bytearray(3 << 30))")
    assert words.startswith("refused MemoryError")
    (words,) = hostile("[(spill / 'big').open('ab').write(bytes(1 << 20)) for _ in range(100)]")
    assert "File too large" in words


REACHING = [
    "Path('/etc/passwd').read_text()",
    "Path('/proc/1/environ').read_text()",
    "Path('{secret}').read_text()",
    "list(Path('{folder}').iterdir())",
    "Path('{secret}').write_text('x')",
    "Path('{folder}/new').write_text('x')",
    "os.symlink('/etc/passwd', spill / 'reading.json')",
    "__import__('socket').create_connection(('127.0.0.1', 9), 1)",
    "__import__('socket').socket(__import__('socket').AF_UNIX)",
    "os.mkfifo(spill / 'reading.json')",
    "os.fork()",
    "__import__('subprocess').run(['/bin/true'])",
    "os.kill(os.getppid(), 9)",
    "__import__('pyogrio').read_info('/vsicurl/http://127.0.0.1:9/x.gpkg')",
    "__import__('pyogrio').read_info('{secret}')",
]


def test_nothing_of_the_host_is_reached(hostile: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    secret = folder / "secret.csv"
    secret.write_text("harbour")
    answers = hostile(*(line.format(secret=secret, folder=folder) for line in REACHING))
    reached = [(line, words) for line, words in zip(REACHING, answers, strict=True) if not words.startswith("refused")]
    assert reached == []
    assert "harbour" not in str(answers)
    assert sorted(folder.iterdir()) == [secret]
    assert secret.read_text() == "harbour"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("os.write(report._handle, b'nonsense\\n')", "products.answer_damaged"),
        ("(spill / 'reading.json').write_text('{')", "products.answer_damaged"),
        ("(spill / 'reading.json').write_text('[' * 100000)", "products.answer_damaged"),
        ("(spill / 'reading.json').write_text('[]')", "products.answer_damaged"),
        ("profile.update(rows=7)", "products.answer_damaged"),
        ("profile['columns'][0].update(nulls=1)", "products.answer_damaged"),
        ("profile['columns'][0].update(name='other')", "products.answer_damaged"),
        ("truth['rows'].update(kept='many')", "products.answer_damaged"),
        (
            "truth.update(findings=[{'code': 'server.people.x', 'severity': 'note', 'data': {}}])",
            "products.answer_damaged",
        ),
        (
            "truth.update(format={'value': ['<script>'], 'basis': 'measured', 'evidence': ''})",
            "products.answer_damaged",
        ),
        ("os.write(data, b'not an arrow stream')", "products.answer_damaged"),
        ("report.say(event='refused', code='server.people.not_allowed', data={})", "products.reader_stopped"),
        ("report.say(event='refused', kind='SystemExit', code='tables.empty', data=7)", "tables.empty"),
    ],
)
@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_nothing_a_captured_reader_says_is_believed_unchecked(line: str, code: str, hostile: Callable) -> None:
    with pytest.raises((InputError, RefusedError)) as caught:
        hostile(line)
    assert caught.value.code == code


@pytest.mark.parametrize("confined", ["any"], indirect=True)
def test_what_this_process_knows_itself_replaces_what_the_reader_says(
    sandboxed: Callable[..., SandboxedReading], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConfinedReading, "program", lambda self: HOSTILE)
    path = tmp_path / "line.csv"
    path.write_text("truth.update(sha256='0' * 64, bytes=1, file='/etc/passwd')")
    found = sandboxed(path)
    assert (found.report.file, found.report.bytes) == ("line.csv", path.stat().st_size)
    assert found.report.sha256 != "0" * 64


def test_where_nothing_can_confine_it_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bubblewrap_works", "landlock_works"):
        monkeypatch.setattr(confinement, name, lambda: False)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RefusedError) as caught:
        read_sandboxed(path, output=tmp_path / "out.parquet")
    assert caught.value.code == "products.no_sandbox"
    assert read_sandboxed(path, output=tmp_path / "out.parquet", unsafe_local=True).table == pa.table(
        {"a": pa.array([1], pa.int64()), "b": pa.array([2], pa.int64())}
    )
