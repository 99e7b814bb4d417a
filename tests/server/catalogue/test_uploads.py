"""Promise: what is uploaded becomes a snapshot by its digest, exactly once, or a reason that its owner can act on."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dataferry.server.catalogue.models import Snapshot
from dataferry.server.catalogue.store import snapshot_store, table_of
from dataferry.server.journal.models import Event

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
    assert given.job.__class__.objects.get(pk=given.job_id).result == {
        "snapshot": snapshot.sha256,
        "dataset": given.dataset.slug,
    }
    from dataferry.tables import read_geoparquet

    with table_of(snapshot) as path:
        assert read_geoparquet(path).to_pylist()[0] == {"名稱": "灣仔", "類別": "博物館", "數目": 3}
    assert snapshot_store().read(snapshot.sha256) == CSV
    acts = list(Event.objects.order_by("sequence").values_list("act", flat=True))
    assert acts == ["catalogue.dataset_created", "catalogue.file_received", "catalogue.snapshot_registered"]
