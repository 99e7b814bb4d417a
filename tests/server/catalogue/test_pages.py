"""Promise: each page shows what a person may see, in their language; hostile addresses get words, never an error."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.server.catalogue import actions
from dataferry.server.catalogue.index import index_dataset
from dataferry.server.catalogue.models import Dataset, Snapshot, Upload
from server.catalogue.conftest import CSV
from server.persons import make_person

pytestmark = pytest.mark.django_db
LANGUAGES = {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-CN"}
PLACES = "name,longitude,latitude,kind,opened\n" + "".join(
    f"Stop {n},{114.1 + n / 1000:.3f},{22.3 + n / 2000:.4f},{['bus', 'tram'][n % 2]},2024-01-{1 + n % 28:02d}\n"
    for n in range(120)
)
HOSTILE = [
    "'; DROP TABLE t; --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x00",
    "%00",
    "x" * 5000,
    "../../etc/passwd",
    "９" * 30,
    "-1",
    "\u202egnp",
]


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process: that a confined child does it is the promise of test_uploads."""
    from dataferry.server.catalogue import reading

    monkeypatch.setattr(reading, "read_into_store", read_into_store_here)


def read_into_store_here(upload: Upload, running: Any) -> Any:
    from dataferry.server.catalogue.read_options import to_read_options
    from dataferry.server.catalogue.registering import ReadColumn, StoredReading
    from dataferry.server.catalogue.store import snapshot_store
    from dataferry.tables import geometry_columns, plain_geometry, profile, read, write_geoparquet

    with snapshot_store().open(upload.sha256) as path:
        named = path.parent / f"{upload.sha256}-{upload.file_name}"
        named.write_bytes(path.read_bytes())
        done = read(named, to_read_options(upload.read_options))
        named.unlink()
    table = plain_geometry(done.table)
    write_geoparquet(table, named.with_suffix(".parquet"))
    stored = snapshot_store().put(named.with_suffix(".parquet"), name="t", media_type="x/y", source={})
    found, crs = profile(table).to_json(), geometry_columns(table.schema)
    columns = [
        ReadColumn(
            each["name"], each["name"], each["type"], each["nulls"], each["distinct"], crs.get(each["name"]) or ""
        )
        for each in found["columns"]
    ]
    return StoredReading(stored.sha256, stored.bytes, table.num_rows, done.report.to_json(), found, columns)


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def stops(upload: Callable[..., Any], work: Callable[[], list[str]], holder: Any) -> Dataset:
    """A public dataset of 120 places in Hong Kong, with texts in both Chinese scripts to be told apart."""
    metadata = {
        "title": {"en": "Stops", "zh-Hant": "巴士站"},
        "description": {"en": "Where people wait."},
        "city": "hong-kong",
        "licence": "CC-BY-4.0",
        "publisher": "Transport Department",
        "source": "https://data.gov.hk/stops",
    }
    upload(holder, PLACES.encode(), "stops.csv", metadata=metadata, options={"crs": "EPSG:4326"})
    assert work() == ["done"]
    return actions.publish_dataset(holder, Dataset.objects.get())


def address(dataset: Dataset, rest: str = "", language: str = "en") -> str:
    return f"/{language}/datasets/{dataset.slug}/{rest}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dataset_shows_all_of_itself_in_three_languages(client: Client, stops: Dataset, language: str) -> None:
    response = client.get(address(stops, language=language))
    page = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{LANGUAGES[language]}">' in page
    assert {"en": "Stops", "zh-hant": "巴士站", "zh-hans": "巴士站"}[language] in text_of(response)
    for part in ("preview", "map-section", "columns", "versions", "evidence", "use"):
        assert f'id="{part}"' in page
    for chip in ("source", "datum", "quality", "privacy", "licence", "border"):
        assert f'id="evidence-{chip}"' in page
    assert page.count('<circle class="place') == 120
    assert page.count('<th scope="row" class="number row-number">') == 50
    assert Snapshot.objects.get().sha256 in page
    policy = response["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert not re.search(r"<[^>]+\s(style|onclick|onload)=", page)


def test_a_converted_title_is_marked_as_such(client: Client, stops: Dataset) -> None:
    stops.title = {"zh-Hant": {"text": "電車站", "provenance": "human"}}
    stops.save()
    page = client.get(address(stops, language="zh-hans")).content.decode()
    assert "电车站" in page
    assert 'class="provenance quiet"' in page
    assert 'class="provenance quiet"' not in client.get(address(stops, language="zh-hant")).content.decode()
    assert '<span lang="zh-Hant-HK">電車站</span>' in client.get(address(stops)).content.decode()


def test_rows_are_sorted_filtered_and_paged_by_the_address(client: Client, stops: Dataset) -> None:
    snapshot = Snapshot.objects.get()
    base = address(stops, f"{snapshot.short}/")
    page = client.get(base + "?sort=-name").content.decode()
    assert 'aria-sort="descending"' in page
    assert page.index("Stop 99") < page.index("Stop 98")
    page = client.get(base + "?c=kind&t=equals&v=tram&c=name&t=contains&v=stop 11").content.decode()
    assert "6 rows of 120 meet the conditions." in " ".join(page.split())
    assert "Stop 111" in page
    assert "Stop 110" not in page
    partial = client.get(base + "?after=50", headers={"HX-Request": "true", "HX-Target": "rows"}).content.decode()
    assert "<html" not in partial
    assert 'hx-swap-oob="innerHTML:#rows-told"' in partial
    assert [f"Stop {n}" in partial for n in (49, 50, 99, 100)] == [False, True, True, False]
    page = client.get(base + "?c=geometry&t=within&v=114.1,22.3,114.1045,22.31").content.decode()
    assert "5 rows of 120" in page


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_address_is_answered_in_words(client: Client, stops: Dataset, value: str) -> None:
    base = address(stops)
    for query in (
        {"c": "name", "t": "contains", "v": value},
        {"c": "opened", "t": "equals", "v": value},
        {"c": "geometry", "t": "within", "v": value},
        {"c": value, "t": value, "v": value},
        {"sort": value},
        {"after": value, "part": value},
    ):
        response = client.get(base, query)
        assert response.status_code == 200, query
        assert "<script>alert" not in response.content.decode()
        assert "onerror=alert(1)>" not in response.content.decode().replace("&gt;", "")
    for query in ({"q": value}, {"city": value}, {"licence": value, "updated": value}, {"after": value}):
        response = client.get("/en/datasets/", query)
        assert response.status_code == 200, query
        assert "<script>alert" not in response.content.decode()
    assert client.get(f"/en/datasets/{value[:50].replace('/', '')}/").status_code in {400, 404}


def test_a_value_of_the_wrong_kind_says_where_and_what_to_do(client: Client, stops: Dataset) -> None:
    response = client.get(address(stops), {"c": "opened", "t": "at_least", "v": "last tuesday"})
    assert "“last tuesday” is no value that column opened could hold" in text_of(response)
    assert 'role="alert"' in response.content.decode()


def test_a_page_that_is_busy_says_so(client: Client, stops: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.catalogue.showing import limits

    monkeypatch.setattr(limits, "ANSWER_SECONDS", 0.0)
    response = client.get(address(stops))
    assert response.status_code == 200
    assert "The rows cannot be shown just now." in text_of(response)


def test_snapshots_have_their_own_addresses_and_differences(
    client: Client, stops: Dataset, upload: Callable[..., Any], work: Callable[[], list[str]], holder: Any
) -> None:
    first = Snapshot.objects.get()
    lines = [line + (",note" if n == 0 else ",x") for n, line in enumerate(PLACES.splitlines())]
    content = "\n".join(line.replace("kind", "sort of") for line in lines[:101]) + "\n"
    upload(holder, content.encode(), "stops.csv", dataset=stops)
    assert work() == ["done"]
    page = text_of(client.get(address(stops)))
    assert "20 rows fewer" in page
    assert "new: sort of note" in " ".join(page.split())
    assert "gone: kind" in " ".join(page.split())
    old = text_of(client.get(address(stops, f"{first.short}/")))
    assert "There is a newer one" in old
    assert "120" in old
    assert client.get(address(stops, "0123456789ab/")).status_code == 404


def test_the_code_that_is_shown_fetches_the_very_bytes(client: Client, stops: Dataset) -> None:
    page = client.get(address(stops)).content.decode()
    raw = re.search(r'href="http://testserver(/api/v1/[^"]+/file)"', page)
    assert raw is not None
    response = client.get(raw[1])
    assert b"".join(response) == PLACES.encode()
    assert response["Content-Disposition"].startswith("attachment")


def test_a_product_folder_starts_from_the_dataset(client: Client, stops: Dataset, member: Any) -> None:
    client.force_login(member)
    assert "Start a product from this dataset" in text_of(client.get(address(stops)))
    response = client.get(address(stops, f"{Snapshot.objects.get().short}/folder/"))
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as packed:
        names = {name.partition("/")[2] for name in packed.namelist()}
    assert {"product.yaml", "recipe.sql"} <= names


def test_the_list_finds_by_words_and_facets(client: Client, stops: Dataset) -> None:
    page = client.get("/en/datasets/")
    assert "Stops" in text_of(page)
    assert "1 dataset" in text_of(page)
    for query, found in (("q=巴士", True), ("q=公交", True), ("q=nothing-like-it", False), ("city=shanghai", False)):
        assert ("Where people wait." in text_of(client.get(f"/en/datasets/?{query}"))) is found, query
    partial = client.get("/en/datasets/?q=stops", headers={"HX-Request": "true", "HX-Target": "found"}).content.decode()
    assert "<html" not in partial
    assert 'hx-swap-oob="innerHTML:#told"' in partial
    empty = text_of(client.get("/en/datasets/?city=shanghai"))
    assert "No dataset answers to this." in empty


def make_many(owner: Any, count: int) -> None:
    for n in range(count):
        metadata = {"title": {"en": f"Table {n}"}, "city": ("hong-kong", "shanghai")[n % 2], "publisher": f"P{n % 5}"}
        actions.create_dataset(owner, metadata)


def test_queries_do_not_grow_with_datasets_or_snapshots(client: Client, stops: Dataset, holder: Any) -> None:
    client.force_login(holder)
    counts = []
    for more in (2, 57):
        make_many(holder, more)
        for place in ("/en/datasets/", "/en/datasets/?q=table", address(stops)):
            client.get(place)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(place).status_code == 200
            counts.append(len(asked))
    assert all(later <= earlier for earlier, later in zip(counts[:3], counts[3:], strict=True)), counts
    assert max(counts) <= 40


def test_the_list_goes_on_page_by_page_without_loss(client: Client, holder: Any, store: Any) -> None:
    make_many(holder, 45)
    client.force_login(holder)
    seen: list[str] = []
    place = "/en/datasets/"
    while place:
        page = client.get(place).content.decode()
        seen += re.findall(r'href="/en/datasets/(table-\d+)/"', page)
        more = re.search(r'id="more" href="([^"]+)"', page)
        place = html.unescape(more[1]) if more else ""
    assert len(seen) == len(set(seen)) == 45


# --- who may do what -------------------------------------------------------------------------------------------------

PUBLIC_PAGES = {"": 200, "{sha}/": 200}
KEEPER_PAGES = ("edit/", "upload/", "withdraw/", "{sha}/again/")


@pytest.mark.parametrize("who", ["visitor", "unverified", "member", "colleague", "owner", "administrator"])
@pytest.mark.parametrize("visibility", ["public", "private"])
def test_each_page_answers_each_person_as_it_must(
    client: Client, stops: Dataset, holder: Any, who: str, visibility: str
) -> None:
    from dataferry.server.people.models import Membership, Organisation

    organisation = Organisation.objects.create(slug="td", name={"en": "TD"}, verified=True)
    Dataset.objects.filter(pk=stops.pk).update(visibility=visibility, organisation=organisation)
    index_dataset(Dataset.objects.get())
    if who not in {"visitor", "owner"}:
        person = make_person(f"{who}@example.org", verified=who != "unverified", is_superuser=who == "administrator")
        if who == "colleague":
            Membership.objects.create(user=person, organisation=organisation)
        client.force_login(person)
    elif who == "owner":
        client.force_login(holder)
    keeps = who in {"colleague", "owner", "administrator"}
    sees = keeps or visibility == "public"
    sha = Snapshot.objects.get().short
    for page in PUBLIC_PAGES:
        assert client.get(address(stops, page.format(sha=sha))).status_code == (200 if sees else 404), page
    for page in KEEPER_PAGES:
        expected = 200 if keeps else 404 if not sees else 302 if who == "visitor" else 403
        assert client.get(address(stops, page.format(sha=sha))).status_code == expected, page
        if not keeps:
            assert client.post(address(stops, page.format(sha=sha))).status_code == expected, page
    new = {"visitor": 302, "unverified": 403}.get(who, 200)
    assert client.get("/en/datasets/new/").status_code == new
    assert ("Stops" in text_of(client.get("/en/datasets/"))) is sees
    stops.refresh_from_db()
    assert stops.withdrawn_at is None


def test_what_is_refused_is_designed_and_says_why(client: Client, stops: Dataset, member: Any) -> None:
    client.force_login(member)
    refused = client.get(address(stops, "edit/"))
    assert refused.status_code == 403
    assert b'class="wide error-page"' in refused.content
    assert b'class="wide error-page"' in client.get("/en/datasets/nowhere/").content


def test_no_dataset_takes_the_address_of_a_page(client: Client, member: Any) -> None:
    made = actions.create_dataset(member, {"title": {"en": "New"}})
    client.force_login(member)
    assert made.slug != "new"
    assert "There is no snapshot yet." in text_of(client.get(address(made)))


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_file_becomes_a_dataset_through_the_form(client: Client, member: Any, work: Callable[[], list[str]]) -> None:
    client.force_login(member)
    given = {"title_en": "", "title_zh_hant": "圖書館", "city": "hong-kong", "licence": "unknown", "encoding": "big5"}
    response = client.post("/en/datasets/new/", given | {"file": io.BytesIO(CSV)})
    upload = Upload.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/en/datasets/uploads/{upload.pk}/")
    waiting = client.get(response["Location"])
    assert b"data-job-status" in waiting.content
    assert work() == ["done"]
    done = client.get(response["Location"])
    snapshot = Snapshot.objects.get()
    assert done["Location"] == f"/en/datasets/{snapshot.distribution.dataset.slug}/{snapshot.short}/"
    assert client.get(response["Location"], headers={"HX-Request": "true"})["HX-Redirect"] == done["Location"]
    page = text_of(client.get(done["Location"]))
    assert "博物館" in page
    assert "private" in page
    assert "declared by the uploader" in page


def test_a_form_that_lacks_something_says_what_beside_the_field(client: Client, member: Any, store: Any) -> None:
    client.force_login(member)
    response = client.post("/en/datasets/new/", {"x": "lon", "crs": "EPSG:999999", "address": ""})
    page = text_of(response)
    assert response.status_code == 422
    for words in ("Choose a file", "Write a title in at least one language.", "Name both columns, or neither."):
        assert words in page
    given = {"title_en": "T", "crs": "nonsense"}
    response = client.post("/en/datasets/new/", given | {"file": io.BytesIO(CSV)})
    assert response.status_code == 422
    assert 'href="#id_crs"' in response.content.decode()
    response = client.post("/en/datasets/new/", {"title_en": "T", "address": "http://127.0.0.1/secret"})
    assert response.status_code == 422
    assert not Dataset.objects.exists()
    assert not Upload.objects.exists()


def test_a_file_that_cannot_be_read_is_kept_and_can_be_tried_again(
    client: Client, member: Any, work: Callable[[], list[str]]
) -> None:
    client.force_login(member)
    given = {"title_en": "Two sheets", "encoding": "nonsense"}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("data.csv", "a,b\n1,2\n3,4\n")
    content.seek(0)
    content.name = "data.zip"  # type: ignore[attr-defined]
    place = client.post("/en/datasets/new/", given | {"file": content})["Location"]
    work()
    failed = client.get(place)
    assert "nonsense" in text_of(failed)
    assert 'value="nonsense"' in failed.content.decode()
    assert client.get("/en/datasets/two-sheets/").status_code == 200
    again = client.post(place, {"encoding": ""})
    assert again.status_code == 302
    assert work() == ["done"]
    assert Snapshot.objects.get().rows == 2


def test_other_peoples_uploads_do_not_exist(client: Client, dataset: Dataset, member: Any) -> None:
    client.force_login(member)
    assert client.get(f"/en/datasets/uploads/{Upload.objects.get().pk}/").status_code == 404


def test_texts_are_changed_in_three_languages_and_a_second_editor_is_told(
    client: Client, dataset: Dataset, holder: Any
) -> None:
    client.force_login(holder)
    page = client.get(address(dataset, "edit/"))
    assert "Written here by a person." in text_of(page)
    assert "Nobody has written it in this language yet." in text_of(page)
    given = {"title_en": "Libraries", "title_zh_hant": "圖書館", "revision": dataset.revision, "licence": "CC-BY-4.0"}
    assert client.post(address(dataset, "edit/"), given).status_code == 302
    dataset.refresh_from_db()
    assert dataset.title["zh-Hant"] == {"text": "圖書館", "provenance": "human"}
    late = client.post(address(dataset, "edit/"), given)
    assert late.status_code == 422
    assert "changed by somebody else meanwhile" in text_of(late)


def test_publishing_and_withdrawing_are_said_before_they_are_done(
    client: Client, dataset: Dataset, holder: Any
) -> None:
    client.force_login(holder)
    visitor = Client()
    assert visitor.get(address(dataset)).status_code == 404
    assert "Everybody can find it" in text_of(client.get(address(dataset, "publish/")))
    assert client.post(address(dataset, "publish/")).status_code == 302
    assert visitor.get(address(dataset)).status_code == 200
    assert "It cannot be undone." in text_of(client.get(address(dataset, "withdraw/")))
    assert client.post(address(dataset, "withdraw/")).status_code == 302
    page = text_of(visitor.get(address(dataset)))
    assert "It is offered no longer." in page
    assert "no longer handed out" in page
    assert "Museums" not in text_of(visitor.get("/en/datasets/"))
    refused = client.post(address(dataset, "publish/"))
    assert refused.status_code == 422
    assert "was withdrawn" in text_of(refused)


def test_hostile_content_is_shown_as_text(
    client: Client, upload: Callable[..., Any], work: Callable[[], list[str]], holder: Any
) -> None:
    content = 'a,<b>x</b>\n"<script>alert(1)</script>",=cmd|calc\n"\u202egnp.exe",y\n'
    metadata = {"title": {"en": "<script>alert(1)</script>"}, "source": "javascript:alert(1)"}
    upload(holder, content.encode(), "x<y>.csv", metadata=metadata)
    assert work() == ["done"]
    client.force_login(holder)
    page = client.get(address(Dataset.objects.get())).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript:' not in page
    assert "\u202e" not in page
