"""Promise: a program gets of the catalogue what its person may see, files by digest in ranges, and changes nothing that
it has not seen; a product started from a snapshot really builds."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dataferry.server.catalogue import actions
from dataferry.server.catalogue.models import Dataset, Snapshot, Upload

from .conftest import CSV

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.API_RATES = {}


@pytest.fixture
def client_of(db: None) -> Any:
    from dataferry.server.people.actions import issue_token

    def make(person: Any = None, *scopes: str) -> Client:
        if person is None:
            return Client()
        secret = issue_token(person, "test", scopes or ("read", "write", "publish"), 30)[1]
        return Client(headers={"authorization": f"Bearer {secret}"})

    return make


def about(**more: Any) -> str:
    return json.dumps({"title": {"en": "Facilities", "zh-Hant": "設施"}, "city": "hong-kong", **more})


def test_from_a_file_to_a_public_dataset_with_rows(store: Path, client_of: Any, holder: Any, work: Any) -> None:
    mine = client_of(holder)
    sent = {
        "file": io.BytesIO(CSV),
        "about": about(licence="CC-BY-4.0", slug="facilities", options={"encoding": "big5"}),
    }
    sent["file"].name = "設施.csv"
    answer = mine.post(f"{API}/datasets", sent)
    assert answer.status_code == 202, answer.content
    upload = answer.json()
    assert (upload["state"], upload["dataset"], upload["file_name"]) == ("waiting", "facilities", "設施.csv")
    work()
    upload = mine.get(f"{API}/uploads/{upload['id']}").json()
    assert (upload["state"], upload["outcome"]) == ("done", "new")
    visitor = client_of()
    assert visitor.get(f"{API}/datasets/facilities").status_code == 404
    assert visitor.get(f"{API}/snapshots/{upload['sha256']}").status_code == 404
    assert mine.post(f"{API}/datasets/facilities/publish").status_code == 200
    found = visitor.get(f"{API}/datasets", {"q": "设施", "facets": "true"}).json()
    assert [item["slug"] for item in found["items"]] == ["facilities"]
    assert found["facets"]["city"] == [{"value": "hong-kong", "count": 1}]
    snapshot = visitor.get(f"{API}/snapshots/{upload['sha256'][:12]}").json()
    assert [column["name"] for column in snapshot["columns"]] == ["名稱", "類別", "數目"]
    assert snapshot["read_report"]["encoding"]["basis"] == "declared"
    rows = visitor.get(f"{API}/snapshots/{upload['sha256']}/rows", {"limit": 1}).json()
    assert rows == {"columns": ["名稱", "類別", "數目"], "rows": [["灣仔", "博物館", 3]], "numbers": [1], "next": 1}
    rest = visitor.get(f"{API}/snapshots/{upload['sha256']}/rows", {"limit": 1, "after": 1}).json()
    assert (rest["rows"], rest["next"]) == ([["中西區", "圖書館", 5]], None)


def test_files_come_whole_or_in_ranges_and_not_twice(dataset: Dataset, client_of: Any, holder: Any) -> None:
    mine, snapshot = client_of(holder), Snapshot.objects.get()
    address = f"{API}/datasets/{dataset.slug}/snapshots/{snapshot.sha256}/file"
    whole = mine.get(address)
    assert b"".join(whole.streaming_content) == CSV
    assert whole["ETag"] == f'"{snapshot.sha256}"'
    assert whole["Content-Disposition"].startswith("attachment")
    assert "private" in whole["Cache-Control"]
    part = mine.get(address, headers={"range": "bytes=2-5"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, CSV[2:6])
    assert mine.get(address, headers={"if-none-match": whole["ETag"]}).status_code == 304
    table = mine.get(address.replace("/file", "/table"))
    assert b"".join(table.streaming_content)[:4] == b"PAR1"
    assert client_of().get(address).status_code == 404
    actions.publish_dataset(holder, dataset)
    actions.withdraw_dataset(holder, Dataset.objects.get())
    assert client_of().get(f"{API}/datasets/{dataset.slug}").status_code == 200
    for path in (address, address.replace("/file", "/table"), f"{API}/snapshots/{snapshot.sha256}/rows"):
        assert client_of().get(path).status_code == 403


def test_a_change_needs_the_revision_that_was_seen(dataset: Dataset, client_of: Any, holder: Any, member: Any) -> None:
    mine, address = client_of(holder), f"{API}/datasets/{dataset.slug}"
    tag = mine.get(address)["ETag"]
    change = {"publisher": "Leisure Department", "title": {"en": "Facilities"}}

    def patch(client: Client, **headers: str) -> Any:
        return client.patch(address, json.dumps(change), content_type="application/json", headers=headers)

    assert patch(mine).status_code == 428
    assert patch(client_of(member), **{"if-match": tag}).status_code == 404
    done = patch(mine, **{"if-match": tag})
    assert (done.status_code, done.json()["publisher"]) == (200, "Leisure Department")
    assert done.json()["title"] == {"en": {"text": "Facilities", "provenance": "human"}}
    assert patch(mine, **{"if-match": tag}).status_code == 412
    assert patch(client_of(holder, "read"), **{"if-match": done["ETag"]}).status_code == 403
    change["owner"] = "me"
    assert patch(mine, **{"if-match": done["ETag"]}).status_code == 422


def test_what_is_too_big_missing_or_no_json_is_told(store: Path, client_of: Any, holder: Any, settings: Any) -> None:
    mine = client_of(holder)
    settings.UPLOAD_LIMIT = 100
    sent = mine.post(f"{API}/datasets", {"file": io.BytesIO(b"x" * 200), "about": about()})
    assert (sent.status_code, sent.json()["code"]) == (413, "server.catalogue.upload_too_big")
    settings.UPLOAD_LIMIT = 1_000_000
    assert mine.post(f"{API}/datasets", {"about": about()}).status_code == 422
    for text in ("{", "[]", "7", '{"title": {"en": "x"}, "options": 7}', '{"title": {"en": "x"}, "colour": 7}'):
        answer = mine.post(f"{API}/datasets", {"file": io.BytesIO(b"a,b\n1,2\n"), "about": text})
        assert answer.status_code == 422, text
    assert client_of().post(f"{API}/datasets", {"file": io.BytesIO(b"a"), "about": about()}).status_code == 401
    assert not Upload.objects.exists()


def test_a_failed_upload_tells_why_and_is_tried_again(store: Path, client_of: Any, holder: Any, work: Any) -> None:
    mine = client_of(holder)
    sent = {"file": io.BytesIO(b"x,y\n1,2\n"), "about": about(options={"geometry": ["a", "b"]})}
    number = mine.post(f"{API}/datasets", sent).json()["id"]
    work()
    failed = mine.get(f"{API}/uploads/{number}").json()
    assert failed["state"] == "failed"
    assert failed["error"]["code"].startswith("tables.")
    body = json.dumps({"options": {}})
    again = mine.post(f"{API}/uploads/{number}/retry", body, content_type="application/json")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    work()
    assert mine.get(f"{API}/uploads/{number}").json()["state"] == "done"
    assert mine.post(f"{API}/uploads/{number}/retry", body, content_type="application/json").status_code == 409


def test_a_product_started_from_a_snapshot_builds(
    dataset: Dataset, client_of: Any, holder: Any, member: Any, tmp_path: Path
) -> None:
    from dataferry.products import build

    snapshot = Snapshot.objects.get()
    body = json.dumps({"snapshots": [snapshot.sha256]})
    assert client_of().post(f"{API}/product-folders", body, content_type="application/json").status_code == 401
    assert client_of(member).post(f"{API}/product-folders", body, content_type="application/json").status_code == 404
    answer = client_of(holder).post(f"{API}/product-folders", body, content_type="application/json")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        packed.extractall(tmp_path)
    release = build(tmp_path / dataset.slug)
    assert release.output.rows == 2
    given = release.inputs[0]
    assert (given.snapshot, given.licence, given.city) == (f"sha256:{snapshot.sha256}", "CC-BY-4.0", "hong-kong")
    assert {"名稱", "類別", "數目"} <= {column.name for column in release.output.columns}
