"""Promise: what is uploaded becomes a snapshot by its digest, exactly once, or a reason that its owner can act on."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from dataferry.messages import InputError, LimitError, RefusedError, UsageError
from dataferry.server import jobs
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.metadata import safe_file_name
from dataferry.server.catalogue.models import Column, Dataset, Snapshot, Upload
from dataferry.server.catalogue.registering import storable
from dataferry.server.catalogue.store import snapshot_store, table_of
from dataferry.server.journal.models import Event
from dataferry.server.web.problems import ConflictError

from .conftest import CSV

pytestmark = pytest.mark.django_db


def test_a_big5_file_becomes_a_snapshot_with_its_columns_and_evidence(upload: Any, work: Any, holder: Any) -> None:
    given = upload(holder)
    assert given.state == "waiting"
    assert given.job.state == "queued"
    assert Snapshot.objects.count() == 0
    assert work() == ["done"]
    given.refresh_from_db()
    snapshot = given.snapshot
    assert (given.state, given.outcome) == ("done", "new")
    assert snapshot.sha256 == hashlib.sha256(CSV).hexdigest()
    assert (snapshot.number, snapshot.rows, snapshot.bytes, snapshot.format) == (1, 2, len(CSV), "delimited")
    assert snapshot.read_report["encoding"]["value"].startswith("big5")
    assert [(c.name, c.type) for c in snapshot.columns.all()] == [
        ("名稱", "string"),
        ("類別", "string"),
        ("數目", "integer"),
    ]
    assert [column["name"] for column in snapshot.profile["columns"]] == ["名稱", "類別", "數目"]
    assert jobs.Job.objects.get(pk=given.job_id).result == {
        "snapshot": snapshot.sha256,
        "dataset": given.dataset.slug,
    }
    from dataferry.tables import read_geoparquet

    with table_of(snapshot) as path:
        assert read_geoparquet(path).to_pylist()[0] == {"名稱": "灣仔", "類別": "博物館", "數目": 3}
    assert snapshot_store().read(snapshot.sha256) == CSV
    acts = list(Event.objects.order_by("sequence").values_list("act", flat=True))
    assert acts == ["catalogue.dataset_created", "catalogue.file_received", "catalogue.snapshot_registered"]


def test_the_next_file_is_the_next_snapshot_and_titles_of_columns_stay(
    dataset: Dataset, upload: Any, work: Any, holder: Any
) -> None:
    first = queries.snapshot_of(holder, dataset.slug)
    actions.describe_column(holder, first.columns.get(name="數目"), title={"en": "Count"}, unit="1")
    given = upload(holder, CSV + "東區,公園,7\n".encode("big5"), "二月.csv", dataset)
    assert work() == ["done"]
    given.refresh_from_db()
    second = given.snapshot
    assert (second.number, second.rows, second.previous_id) == (2, 3, first.pk)
    assert second.schema_fingerprint == first.schema_fingerprint
    assert second.columns.get(name="數目").title["en"]["text"] == "Count"
    assert queries.snapshot_of(holder, dataset.slug).pk == second.pk
    assert queries.snapshot_of(holder, dataset.slug, first.sha256[:12]).pk == first.pk
    assert dataset.distributions.count() == 1


def test_the_same_bytes_make_no_new_snapshot_and_say_so(dataset: Dataset, upload: Any, work: Any, holder: Any) -> None:
    given = upload(holder, CSV, "again.csv", dataset)
    assert (given.state, given.outcome, given.job) == ("done", "same", None)
    assert given.snapshot == queries.snapshot_of(holder, dataset.slug)
    assert work() == []
    assert Snapshot.objects.count() == 1


def test_the_same_bytes_read_with_other_options_are_a_correction(
    dataset: Dataset, upload: Any, work: Any, holder: Any
) -> None:
    first = queries.snapshot_of(holder, dataset.slug)
    actions.read_again(holder, first, {"types": {"數目": "string"}})
    assert work() == ["done"]
    second = queries.snapshot_of(holder, dataset.slug, first.sha256)
    assert (second.number, second.sha256) == (2, first.sha256)
    assert second.columns.get(name="數目").type == "string"
    assert first.columns.get(name="數目").type == "integer"


def test_a_failed_reading_keeps_the_upload_with_its_reason_and_can_be_tried_with_other_options(
    upload: Any, work: Any, holder: Any
) -> None:
    given = upload(holder, b"x,y,n\n114.1,22.3,1\n", "points.csv", options={"layer": "no such", "encoding": "big5"})
    given = upload(holder, b"PK\x03\x04 this is no archive", "points.zip")
    work()
    given.refresh_from_db()
    assert given.state == "failed"
    assert given.error["code"].startswith("tables.")
    assert given.snapshot is None
    assert list(queries.uploads_of(holder, given.dataset)) == [given]
    assert not given.dataset.distributions.exists()
    with pytest.raises((InputError, UsageError)):
        actions.retry_upload(holder, given, {"crs": "+proj=longlat"})
    again = actions.retry_upload(holder, given, {"encoding": "utf-8"})
    assert (again.state, again.error, again.read_options) == ("waiting", None, {"encoding": "utf-8"})
    work()
    again.refresh_from_db()
    assert again.state == "failed"


def test_a_retry_with_the_right_options_succeeds_once(upload: Any, work: Any, holder: Any) -> None:
    given = upload(holder, b"x,y,n\n114.1,22.3,1\n", "points.csv", options={"geometry": ["lon", "lat"]})
    work()
    given.refresh_from_db()
    assert given.state == "failed"
    actions.retry_upload(holder, given, {"geometry": ["x", "y"], "crs": "EPSG:4326"})
    assert work() == ["done"]
    given.refresh_from_db()
    assert given.state == "done"
    assert given.snapshot.has_geometry
    assert given.snapshot.columns.get(type="geometry").crs == "EPSG:4326"
    with pytest.raises(ConflictError):
        actions.retry_upload(holder, given, {})
    assert Snapshot.objects.count() == 1


def test_a_reading_that_two_workers_did_is_registered_once(upload: Any, holder: Any, monkeypatch: Any) -> None:
    """The lease of the first was lost while it read; both come to the end."""
    from dataferry.server.catalogue import reading

    given = upload(holder)
    real = reading.read_into_store

    def slow(upload_row: Upload, running: Any) -> Any:
        stored = real(upload_row, running)
        monkeypatch.setattr(reading, "read_into_store", real)
        jobs.Job.objects.filter(pk=given.job_id).update(state="queued", lease_until=None)
        assert jobs.run(given.job_id) == "done"
        return stored

    monkeypatch.setattr(reading, "read_into_store", slow)
    jobs.run(given.job_id)
    assert Snapshot.objects.count() == 1
    assert Event.objects.filter(act="catalogue.snapshot_registered").count() == 1


def test_a_cancelled_reading_closes_the_upload(upload: Any, work: Any, holder: Any) -> None:
    given = upload(holder)
    jobs.cancel(given.job_id, holder.pk)
    work()
    given.refresh_from_db()
    assert (given.state, given.error["code"]) == ("failed", "server.catalogue.reading_cancelled")
    assert Snapshot.objects.count() == 0


def test_what_is_too_big_or_empty_is_refused_and_leaves_nothing(
    upload: Any, holder: Any, settings: Any, home: Path
) -> None:
    settings.UPLOAD_LIMIT = 10
    with pytest.raises(LimitError):
        upload(holder, b"x" * 11)
    with pytest.raises(InputError):
        upload(holder, b"")
    upload(holder, b"a,b\n1,2\n\n\n")
    assert Dataset.objects.count() == Upload.objects.count() == 1
    assert list((home / "work").iterdir()) == []


def test_a_stream_that_breaks_leaves_nothing(store: Path, holder: Any, home: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise OSError("the line is dead")

    with pytest.raises(OSError, match="dead"):
        actions.receive_upload(holder, None, Broken(), "a.csv", metadata={"title": {"en": "A"}})
    assert not Dataset.objects.exists()
    assert list((home / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\資料 2024.csv", "資料 2024.csv"),
        ("a\x00b\u202egpj.exe", "a_b_gpj.exe"),
        ("", "file"),
        ("...", "file"),
        ("x" * 400 + ".geojson", "x" * 108 + ".geojson"),
        ("<script>.csv", "script_.csv"),
    ],
)
def test_hostile_file_names_are_cleaned(name: str, kept: str) -> None:
    assert safe_file_name(name) == kept


@pytest.mark.parametrize(
    "options",
    [
        {"limits": {"rows": 10**9}},
        {"encoding": 7},
        {"geometry": ["x"]},
        {"geometry": "xy"},
        {"missing": {"a": "-1"}},
        {"types": {"a": "object"}},
        {"day_first": "yes"},
        {"crs": "EPSG:9999999"},
        {"path": "a\x00b"},
    ],
)
def test_options_that_are_none(options: dict[str, Any], upload: Any, holder: Any) -> None:
    with pytest.raises((InputError, UsageError)):
        upload(holder, options=options)
    assert not Dataset.objects.exists()


def test_a_snapshot_is_never_changed_by_whichever_way(dataset: Dataset) -> None:
    snapshot = Snapshot.objects.get()
    snapshot.rows = 9
    for change in (
        snapshot.save,
        snapshot.delete,
        lambda: Snapshot.objects.update(rows=9),
        Snapshot.objects.all().delete,
    ):
        with pytest.raises(RefusedError):
            change()
    statements = [
        "UPDATE catalogue_snapshot SET rows = 9",
        "UPDATE catalogue_column SET name = 'x'",
        "UPDATE catalogue_column SET nulls = 9",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Snapshot.objects.get().rows == 2
    Column.objects.filter(snapshot=snapshot).update(unit="m")


def test_texts_that_a_database_refuses_are_made_storable(upload: Any, work: Any, holder: Any) -> None:
    assert storable({"a\x00": ["\ud800", 1, None]}) == {"a\ufffd": ["?", 1, None]}
    given = upload(holder, b'name,n\n"a\x00b",1\nc,2\n', "nul.csv")
    work()
    given.refresh_from_db()
    assert given.state in ("done", "failed")
