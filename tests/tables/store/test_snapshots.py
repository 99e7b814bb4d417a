"""Promise: a snapshot is its SHA-256, immutable and whole, whatever dies at whatever moment."""

import dataclasses
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import Finding, InputError, MissingError, UnavailableError, UsageError
from dataferry.tables.geoparquet import geometry_field
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.report import ColumnReport, Detected, Reading, ReadReport, RowLedger
from dataferry.tables.store.hashed_pieces import shown_name
from dataferry.tables.store.snapshots import Damage, SnapshotStore

LARGE = 20 * 1024 * 1024


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "store" if request.param == "folder" else "memory://")


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", bytes(range(256)) * (LARGE // 256)])
def test_what_goes_in_comes_out(store: SnapshotStore, tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "資料.csv"
    file.write_bytes(body)
    snapshot = store.put(file, name=file.name, media_type="text/csv", source={"url": "https://data.gov.hk/x"})
    assert snapshot.sha256 == hashlib.sha256(body).hexdigest()
    assert (snapshot.bytes, snapshot.name, snapshot.source) == (len(body), "資料.csv", {"url": "https://data.gov.hk/x"})
    assert store.read(snapshot.id) == body
    with store.open(snapshot.sha256) as path:
        assert path.read_bytes() == body
    assert snapshot.sha256 in store
    assert snapshot.id in store
    assert store.list() == [snapshot] == [store.snapshot(snapshot.sha256)]
    assert store.verify() == ()


def test_the_same_bytes_again_are_a_reference_and_change_nothing(store: SnapshotStore) -> None:
    first = store.put(b"x", name="a.csv", media_type="text/csv", source={"portal": "hk"})
    again = store.put(b"x", name="b.csv", media_type="text/plain", source={"portal": "sh"})
    for _ in range(2):
        store.put(b"x", name="a.csv", media_type="text/csv", source={"portal": "hk"})
        store.put(b"x", name="b.csv", media_type="text/plain", source={"portal": "sh"})
    assert again == first == store.snapshot(first.sha256)
    assert [(r.name, r.source["portal"]) for r in store.references(first.sha256)] == [("a.csv", "hk"), ("b.csv", "sh")]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.name = "c.csv"  # type: ignore[misc]


def test_what_is_not_there_or_no_digest_is_told(store: SnapshotStore) -> None:
    with pytest.raises(MissingError, match="0000"):
        store.read("0" * 64)
    for bad in ("", "../../etc/passwd", "A" * 64, "0" * 63, "sha256:" + "0" * 65):
        assert bad not in store
        with pytest.raises(UsageError):
            store.snapshot(bad)
    with pytest.raises(UsageError, match="JSON"):
        store.put(b"x", name="a", media_type="text/csv", source={"when": object()})
    with pytest.raises(MissingError, match=r"gone\.csv"):
        store.put(Path("gone.csv"), name="gone.csv", media_type="text/csv")
    assert store.list() == []
    with pytest.raises(UsageError):
        SnapshotStore("gopher://nowhere")


def test_a_store_that_fails_is_told_and_may_be_tried_again(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "store")
    (tmp_path / "store" / "blobs").write_bytes(b"a file where a folder must be")
    with pytest.raises(UnavailableError, match="store") as told:
        store.put(b"x", name="a.csv", media_type="text/csv")
    assert told.value.retry


def test_a_file_that_changes_while_it_is_stored_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.tables.store import snapshots

    file = tmp_path / "a.csv"
    file.write_bytes(b"before")
    measured = snapshots.measure

    def measure_then_change(content: Path) -> tuple[str, int]:
        answer = measured(content)
        content.write_bytes(b"after!")
        return answer

    monkeypatch.setattr(snapshots, "measure", measure_then_change)
    store = SnapshotStore(tmp_path / "store")
    with pytest.raises(InputError, match=r"a\.csv"):
        store.put(file, name="a.csv", media_type="text/csv")
    assert store.list() == []
    assert [p for p in (tmp_path / "store").rglob("*") if p.is_file()] == []


def test_damage_is_named_and_storing_the_original_again_heals_it(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    bodies = [b"one", b"two", b"three", b"whole"]
    kept = [store.put(body, name=f"{body.decode()}.csv", media_type="text/csv") for body in bodies]
    differ, missing, record, _ = (tmp_path / "blobs" / s.sha256[:2] / s.sha256 for s in kept)
    differ.chmod(0o644)
    differ.write_bytes(b"ONE")
    missing.unlink()
    (tmp_path / "records" / kept[2].sha256[:2] / f"{kept[2].sha256}.json").write_bytes(b'{"sha256": "')
    assert record.exists()
    assert set(store.verify()) == {
        Damage(kept[0].sha256, "differ"),
        Damage(kept[1].sha256, "missing"),
        Damage(kept[2].sha256, "record"),
    }
    with pytest.raises(InputError, match=kept[1].sha256), store.open(kept[1].sha256):
        pass
    with pytest.raises(InputError, match=kept[2].sha256):
        store.snapshot(kept[2].sha256)
    for body in bodies:
        store.put(body, name=f"{body.decode()}.csv", media_type="text/csv")
    assert store.verify() == ()
    assert [store.read(s.sha256) for s in kept] == bodies


CHILD = """
import os, sys
from pathlib import Path
from dataferry.tables.store.snapshots import SnapshotStore
store = SnapshotStore(sys.argv[1])
print("ready", flush=True)
while True:
    store.put(os.urandom(int.from_bytes(os.urandom(3), "little")), name="n.bin", media_type="text/plain")
    store.put(Path(sys.argv[2]), name=os.urandom(4).hex(), media_type="text/plain", source={"pid": os.getpid()})
"""


def test_killed_at_any_moment_no_half_snapshot_is_visible(tmp_path: Path) -> None:
    """A real child process, killed with SIGKILL at random moments while it stores large files."""
    root, file = tmp_path / "store", tmp_path / "large.bin"
    chance = random.Random(42)  # noqa: S311 - moments, not secrets
    file.write_bytes(chance.randbytes(LARGE))
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(root), str(file)], stdout=subprocess.PIPE, env=os.environ.copy()
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, 0.25))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    store = SnapshotStore(root)
    assert store.list()
    assert store.verify() == ()
    for snapshot in store.list():
        assert all(reference.sha256 == snapshot.sha256 for reference in store.references(snapshot.sha256))
    whole = store.put(file, name="large.bin", media_type="application/octet-stream")
    store.sweep(timedelta(0))
    assert not list(root.rglob("*#*"))
    names = {p.name for p in (root / "blobs").rglob("*") if p.is_file()}
    assert names == {snapshot.sha256 for snapshot in store.list()}
    with store.open(whole.sha256) as path:
        assert path.read_bytes() == file.read_bytes()


def test_many_writers_of_the_same_bytes_agree(tmp_path: Path) -> None:
    body = b"x" * LARGE
    answers = []

    def write(name: str) -> None:
        answers.append(SnapshotStore(tmp_path).put(body, name=name, media_type="text/csv"))

    threads = [threading.Thread(target=write, args=(f"{i}.csv",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = SnapshotStore(tmp_path)
    assert {a.name for a in answers} == {store.list()[0].name}
    assert {r.name for r in store.references(answers[0].sha256)} == {f"{i}.csv" for i in range(4)}
    assert store.verify() == ()


def reading() -> Reading:
    schema = pa.schema([pa.field("名", pa.string()), geometry_field("geometry", "DATAFERRY:GCJ02")])
    table = pa.table([pa.array(["黄浦区"]), pa.array([shapely.Point(121.49, 31.23).wkb])], schema=schema)
    report = ReadReport("a.geojson", "0" * 64, 9, crs=Detected("DATAFERRY:GCJ02", "declared", "said by the caller"))
    report.rows = RowLedger(read=1, kept=1)
    report.columns = [ColumnReport("名", "name", "string", formats={"text": 1})]
    report.note(Finding("tables.shapes_invalid", "attention", {"count": 1, "rows": [1], "reasons": ["1: x"]}))
    return Reading(table, report)


def test_a_reading_is_cached_by_its_options(store: SnapshotStore) -> None:
    snapshot = store.put(b"{}", name="a.geojson", media_type="application/geo+json")
    declared = ReadOptions(crs="DATAFERRY:GCJ02", missing={"*": ("-1",)})
    assert store.table(snapshot.sha256, declared) is None
    store.put_table(snapshot.sha256, reading(), declared)
    for options in (declared, dataclasses.replace(declared, limits=ReadLimits(rows=5))):
        cached = store.table(snapshot.sha256, options)
        assert cached is not None
        assert cached.table.equals(reading().table, check_metadata=True)
        assert cached.report == reading().report
    assert store.table(snapshot.sha256) is None
    assert store.list() == [snapshot]
    with pytest.raises(MissingError):
        store.put_table("0" * 64, reading())


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(b"{}", name="a.geojson", media_type="application/geo+json")
    store.put_table(snapshot.sha256, reading())
    (parquet,) = (tmp_path / "tables").rglob("*.parquet")
    body = bytearray(parquet.read_bytes())
    body[len(body) // 3] ^= 1
    parquet.write_bytes(body)
    assert store.table(snapshot.sha256) is None
    store.put_table(snapshot.sha256, reading())
    assert store.table(snapshot.sha256) is not None


@given(st.text(st.characters(codec=None), max_size=400))
def test_any_name_becomes_one_that_is_safe_to_show(name: str) -> None:
    shown = shown_name(name)
    assert shown
    assert not set("/\\\0\n\r\x1b") & set(shown)
    assert shown not in (".", "..")
    assert len(shown.encode()) <= 200
    assert shown_name(shown) == shown


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "store")
    for number, name in enumerate(["../../evil.csv", "C:\\windows\\a.csv", "a\x00b\n.csv", "..", "x" * 5000 + ".csv"]):
        store.put(bytes([number]), name=name, media_type="text/csv")
    assert {s.name for s in store.list()} >= {"evil.csv", "a.csv", "unnamed"}
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
