"""Delta Sharing tells a buyer what the agreement gives, in the protocol's words, and nobody anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from dataferry.server.delivery import cutting
from dataferry.server.delivery.actions.keys import issue_key
from server.delivery.sharing_house import Bought, list_next, make_bought, make_folders
from server.releases import make_release

pytestmark = pytest.mark.django_db
ONLY_DELTA = {"delta-sharing-capabilities": "responseformat=delta"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_folders(tmp_path_factory.mktemp("built"))


@pytest.fixture
def bought(home: Path, folders: list[Path]) -> Bought:
    return make_bought(folders)


def get(bought: Bought, address: str, asked: dict[str, str] | None = None, **headers: str) -> Any:
    return Client().get(address, asked or {}, headers=bought.bearer | headers)


def ask(bought: Bought, body: Any = None, **headers: str) -> Any:
    address, text = f"{bought.address}/query", body if isinstance(body, str | bytes) else json.dumps(body or {})
    return Client().post(address, text, content_type="application/json", headers=bought.bearer | headers)


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def test_the_share_and_its_table_are_listed_a_page_at_a_time(bought: Bought) -> None:
    share = bought.entitlement.share
    table = {"name": "two_city_chargers", "schema": "data", "share": share, "shareId": bought.entitlement.number}
    root = "/delta-sharing/shares"
    assert get(bought, root).json() == {"items": [{"name": share, "id": bought.entitlement.number}]}
    assert get(bought, f"{root}/{share.upper()}").json()["share"]["name"] == share
    assert get(bought, f"{root}/{share}/schemas").json() == {"items": [{"name": "data", "share": share}]}
    for rest in ("all-tables", "schemas/DATA/tables"):
        (item,) = get(bought, f"{root}/{share}/{rest}").json()["items"]
        assert item | table == item
    assert get(bought, f"{root}/{share}/schemas/other/tables").json() == {"items": []}
    none = get(bought, f"{root}?maxResults=0").json()
    assert none["items"] == []
    rest = get(bought, root).json()
    assert get(bought, root, {"pageToken": none["nextPageToken"]}).json() == rest
    wrong = get(bought, f"{root}/{share}/schemas", {"pageToken": none["nextPageToken"]})
    assert (wrong.status_code, wrong.json()["errorCode"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_table_is_described_in_the_format_that_the_client_reads(bought: Bought) -> None:
    answer = get(bought, f"{bought.address}/metadata")
    assert answer["Delta-Table-Version"] == "1"
    assert answer["delta-sharing-capabilities"] == "responseformat=parquet"
    assert answer["Content-Type"].startswith("application/x-ndjson")
    assert answer["Cache-Control"] == "private, no-store"
    told, metadata = lines(answer)
    assert told == {"protocol": {"minReaderVersion": 1}}
    fields = {each["name"]: each["type"] for each in json.loads(metadata["metaData"]["schemaString"])["fields"]}
    assert fields["geometry"] == "binary"
    assert list(fields) == list(bought.rows[0][0])
    in_delta = get(bought, f"{bought.address}/metadata?version=0", **ONLY_DELTA)
    assert in_delta["Delta-Table-Version"] == "0"
    inner = lines(in_delta)[1]["metaData"]["deltaMetadata"]
    assert inner["id"] == metadata["metaData"]["id"]
    refused = get(bought, f"{bought.address}/metadata", **{"delta-sharing-capabilities": "responseformat=iceberg"})
    assert refused.status_code == 400


def test_versions_are_named_by_number_and_by_instant(bought: Bought) -> None:
    since = [each.since for each in bought.listing.releases.all()]
    for address in (bought.address, f"{bought.address}/version"):
        assert get(bought, address)["Delta-Table-Version"] == "1"
    begin = since[0].isoformat()
    assert get(bought, f"{bought.address}/version", {"startingTimestamp": begin})["Delta-Table-Version"] == "0"
    late = Client().get(
        f"{bought.address}/version", {"startingTimestamp": "2999-01-01T00:00:00Z"}, headers=bought.bearer
    )
    assert late.status_code == 404
    assert ask(bought, {"timestamp": begin})["Delta-Table-Version"] == "0"
    assert ask(bought, {"version": 0})["Delta-Table-Version"] == "0"
    assert ask(bought, {"version": 7}).status_code == 404


def test_a_query_gives_files_that_read_as_the_product(bought: Bought) -> None:
    import io

    import pyarrow.parquet as pq

    file = lines(ask(bought))[2]["file"]
    assert json.loads(file["stats"])["numRecords"] == len(bought.rows[1])
    address = urlsplit(file["url"])
    assert "X-Amz-Signature=" in address.query
    assert bought.token not in file["url"]
    whole = Client().get(f"{address.path}?{address.query}")
    content = b"".join(whole.streaming_content)
    assert len(content) == file["size"]
    assert pq.read_table(io.BytesIO(content)).to_pylist() == bought.rows[1]
    again = lines(ask(bought))[2]["file"]
    assert again["id"] == file["id"]


def hint(name: str, value: str) -> str:
    column, literal = {"op": "column", "name": name, "valueType": "string"}, {"op": "literal", "valueType": "string"}
    return json.dumps({"op": "equal", "children": [column, literal | {"value": value}]})


def test_hints_leave_out_files_and_never_a_row_that_is_wanted(bought: Bought) -> None:
    def files(**body: Any) -> int:
        return len(lines(ask(bought, body))) - 2

    assert files(jsonPredicateHints=hint("city", "tokyo")) == 0
    assert files(jsonPredicateHints=hint("city", "shanghai")) == 1
    assert files(jsonPredicateHints="not json") == files(predicateHints=["city = 'tokyo'"]) == 1
    assert files(limitHint=1) == 1
    assert files(limitHint=0) == 0


def test_the_change_feed_tells_what_became_of_each_row(bought: Bought) -> None:
    feed = get(bought, f"{bought.address}/changes", {"startingVersion": "0"})
    assert feed["Delta-Table-Version"] == "0"
    assert [next(iter(line)) for line in lines(feed)] == ["protocol", "metaData", "add", "cdf"]
    one = Client().get(
        f"{bought.address}/changes", {"startingVersion": "1", "endingVersion": "9"}, headers=bought.bearer
    )
    (told,) = lines(one)[2:]
    assert told["cdf"]["version"] == 1
    streamed = lines(ask(bought, {"startingVersion": 0}))[2:]
    assert [next(iter(line)) for line in streamed] == ["add", "remove", "add"]
    assert streamed[0]["add"]["id"] == streamed[1]["remove"]["id"]
    ending = lines(ask(bought, {"startingVersion": 1, "endingVersion": 2**63 - 1}))[2:]
    assert [next(iter(line)) for line in ending] == ["remove", "add"], "an end to come is the newest"
    assert len(lines(ask(bought, {"startingVersion": 0, "endingVersion": 0}))[2:]) == 1
    for bad, status in (
        ({}, 400),
        ({"startingVersion": "5"}, 404),
        ({"startingVersion": "1", "endingVersion": "0"}, 400),
    ):
        refused = get(bought, f"{bought.address}/changes", bad)
        assert refused.status_code == status
        assert set(refused.json()) >= {"errorCode", "message"}


def test_a_delta_reader_gets_a_log_that_ends(bought: Bought) -> None:
    wants_end = {"delta-sharing-capabilities": "responseformat=delta;includeendstreamaction=true"}
    answer = ask(bought, **wants_end)
    assert "includeendstreamaction=true" in answer["delta-sharing-capabilities"]
    told = lines(answer)
    assert list(told[2]["file"]["deltaSingleAction"]) == ["add"]
    assert told[-1]["endStreamAction"]["minUrlExpirationTimestamp"] == told[2]["file"]["expirationTimestamp"]


def test_a_question_is_metered_once_however_often_it_is_asked(bought: Bought) -> None:
    from dataferry.server.delivery.models import FirstDelivery, MeterEvent

    for _ in range(3):
        lines(ask(bought, {"limitHint": 5}))
    get(bought, f"{bought.address}/changes", {"startingVersion": "0"})
    Client().head(f"{bought.address}/changes", {"startingVersion": "1"}, headers=bought.bearer)
    get(bought, f"{bought.address}/metadata")
    events = list(MeterEvent.objects.order_by("pk").values_list("kind", "rows"))
    assert events == [("query", len(bought.rows[1])), ("changes", len(bought.rows[0]) + 4)]
    assert {each.release.version for each in FirstDelivery.objects.all()} == {"1.0.0", "1.1.0"}


def test_refusals_are_401_403_or_404_in_the_protocol_s_form(bought: Bought) -> None:
    def told(answer: Any) -> tuple[int, str, str]:
        body = answer.json()
        assert body["message"]
        assert bought.token not in answer.content.decode()
        return answer.status_code, body["errorCode"], body["reason"].rpartition(".")[2]

    address = f"{bought.address}/metadata"
    assert told(Client().get(address)) == (401, "UNAUTHENTICATED", "key_missing")
    assert Client().get(address)["WWW-Authenticate"].startswith("Bearer")
    unknown = Client().get(address, headers={"Authorization": "Bearer nobody"})
    assert told(unknown) == (401, "UNAUTHENTICATED", "key_unknown")
    # Whoever is nobody learns nothing of what is wrong with the question.
    assert Client().post(f"{bought.address}/query", "[", content_type="application/json").status_code == 401
    elsewhere = get(bought, address.replace(bought.entitlement.share, "another"))
    assert told(elsewhere) == (404, "RESOURCE_DOES_NOT_EXIST", "no_such_share")
    assert told(get(bought, address.replace("two_city", "other")))[2] == "no_such_table"
    assert told(get(bought, "/delta-sharing/nothing/here"))[:2] == (404, "RESOURCE_DOES_NOT_EXIST")
    assert told(Client().delete(address, headers=bought.bearer))[:2] == (405, "METHOD_NOT_ALLOWED")
    assert told(ask(bought, "[" * 5000)) == (400, "INVALID_PARAMETER_VALUE", "bad_json")
    assert told(ask(bought, b"\xff\x00"))[0] == 400


def test_hostile_questions_get_a_refusal_and_are_not_counted(bought: Bought) -> None:
    from dataferry.server.delivery.models import MeterEvent

    long, far = str(2**63 - 1), "9999-12-31T23:59:59Z"
    questions = [
        get(bought, f"{bought.address}/changes", {"startingVersion": long}),
        get(bought, f"{bought.address}/changes", {"startingVersion": "9" * 5000}),
        get(bought, f"{bought.address}/changes", {"startingTimestamp": "0001-01-01T00:00:00+14:00"}),
        get(bought, f"{bought.address}/version", {"startingTimestamp": far}),
        get(bought, f"{bought.address}/metadata", {"timestamp": "0001-01-01T00:00:00Z"}),
        get(bought, f"{bought.address}/metadata", {"version": long}),
        get(bought, f"{bought.address}/metadata", **{"delta-sharing-capabilities": "responseformat=" + "x," * 5000}),
        get(bought, "/delta-sharing/shares", {"pageToken": "\x00é"}),
        get(bought, "/delta-sharing/shares", {"maxResults": "-1"}),
        get(bought, "/delta-sharing/shares/%00%F0%9F%98%80/all-tables"),
        ask(bought, {"limitHint": 2**70}),
        ask(bought, {"jsonPredicateHints": 7}),
        ask(bought, {"maxFiles": 0}),
        ask(bought, {"maxFiles": 1, "pageToken": "none of ours"}),
        ask(bought, {"refreshToken": "none of ours"}),
        get(bought, f"{bought.address}/changes", {"startingVersion": "0", "maxFiles": "-1"}),
        get(bought, f"{bought.address}/changes", {"startingVersion": "0", "pageToken": "AAAA"}),
        ask(bought, b'{"version": 1' + b" " * 1_100_000 + b"}"),
        ask(bought, **{"Idempotency-Key": "k" * 5000}),
    ]
    for place, answer in enumerate(questions):
        assert answer.status_code in {400, 404}, (place, answer.status_code)
        assert set(answer.json()) == {"errorCode", "message", "reason"}
    assert not MeterEvent.objects.exists()


def test_a_revoked_reader_gets_no_further_byte(bought: Bought, caplog: pytest.LogCaptureFixture) -> None:
    from dataferry.server import journal
    from dataferry.server.delivery.actions import entitlements

    caplog.set_level("DEBUG")
    url = urlsplit(lines(ask(bought))[2]["file"]["url"])
    address = f"{url.path}?{url.query}"
    begun = Client().get(address, headers={"Range": "bytes=0-99"})
    assert begun.status_code == 206
    assert begun["Content-Range"].startswith("bytes 0-99/")
    assert int(Client().head(address)["Content-Length"]) > 100
    entitlements.revoke(bought.supplier.manager, bought.entitlement, "The buyer passed it on.")
    assert Client().get(address, headers={"Range": "bytes=100-199"}).status_code == 403
    for answer in (ask(bought), get(bought, "/delta-sharing/shares"), get(bought, f"{bought.address}/version")):
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "PERMISSION_DENIED")
    logged = str([vars(record) for record in caplog.records])
    assert "/delta-sharing/shares" in logged
    assert bought.token not in logged
    assert url.query.partition("=")[2] not in logged
    assert journal.replay(journal.selected()).holds


def test_the_limits_of_the_contract_are_in_the_files_themselves(home: Path, folders: list[Path]) -> None:
    columns, rows = ["city", "district", "chargers"], {"city": ["shanghai"]}
    bought = make_bought(folders, columns=columns, rows=rows, calls_a_day=2)
    _, metadata, line = lines(ask(bought))
    fields = json.loads(metadata["metaData"]["schemaString"])["fields"]
    assert [field["name"] for field in fields] == columns
    mine = [row for row in bought.rows[1] if row["city"] == "shanghai"]
    stats = json.loads(line["file"]["stats"])
    assert stats["numRecords"] == len(mine)
    assert stats["minValues"]["city"] == stats["maxValues"]["city"] == "shanghai"
    feed = lines(get(bought, f"{bought.address}/changes", {"startingVersion": "1"}))
    assert list(feed[2]) == ["cdf"]
    used_up = ask(bought, {"version": 0})
    assert (used_up.status_code, used_up.json()["reason"]) == (403, "server.delivery.calls_used_up")


@pytest.fixture
def in_parts(home: Path, folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> Bought:
    """The same in files of six rows."""
    monkeypatch.setattr(cutting, "ROWS_A_FILE", 6)
    return make_bought(folders)


def ids(told: list[dict[str, Any]]) -> list[str]:
    """What the lines name, addresses aside."""
    return [f"{kind} {inner['id']}" for line in told for kind, inner in line.items() if "url" in inner]


def in_pages(ask_for: Callable[[dict[str, Any]], Any], most: int) -> tuple[list[str], list[Any]]:
    """Every page as the Spark client reads it: what the files are, and the answers."""
    found, answers, more = [], [], {}
    while True:
        answer = ask_for({"maxFiles": most, **more})
        told = lines(answer)
        end = told.pop()["endStreamAction"]
        assert len(told) - 2 <= most
        answers.append(answer)
        found += ids(told)
        if "nextPageToken" not in end:
            return found, answers
        more = {"pageToken": end["nextPageToken"]}


def test_files_come_a_page_at_a_time_and_fit_together(in_parts: Bought, folders: list[Path]) -> None:
    from dataferry.server.workshop.actions import register_release

    def query(more: dict[str, Any]) -> Any:
        return ask(in_parts, {"limitHint": 20, **more})

    def changes(more: dict[str, Any]) -> Any:
        return get(in_parts, f"{in_parts.address}/changes", {"startingVersion": "0", **more})

    for question, most in ((query, 1), (query, 3), (query, 99), (changes, 2)):
        whole = ids(lines(question({})))
        assert len(whole) >= 4
        found, answers = in_pages(question, most)
        assert found == whole
        assert len(answers) == -(-len(whole) // most)
        heads = {(answer["Delta-Table-Version"], *answer.content.splitlines()[:2]) for answer in answers}
        assert len(heads) == 1, "the client compares them"

    first = lines(query({"maxFiles": 1}))[-1]["endStreamAction"]
    token = {"maxFiles": 1, "pageToken": first["nextPageToken"]}
    # Good for this question of this key, and the pages are of one version whatever is listed meanwhile.
    assert ask(in_parts, {"limitHint": 21, **token}).status_code == 400
    assert changes(token).status_code == 400
    third = make_release(folders[0].parent / "1.2.0", version="1.2.0")
    list_next(in_parts.listing, in_parts.supplier, register_release(third))
    assert query(token)["Delta-Table-Version"] == "1"
    assert query({})["Delta-Table-Version"] == "2"


def test_each_page_is_metered_by_its_files(in_parts: Bought) -> None:
    from dataferry.server.delivery.models import MeterEvent

    in_pages(lambda more: ask(in_parts, more), 2)
    in_pages(lambda more: ask(in_parts, more), 2)
    rows = list(MeterEvent.objects.order_by("pk").values_list("rows", flat=True))
    assert sum(rows) == len(in_parts.rows[1])
    assert rows[0] == 12


def test_new_addresses_of_the_same_files_are_had_with_a_refresh_token(bought: Bought, folders: list[Path]) -> None:
    from dataferry.server.workshop.actions import register_release

    told = lines(ask(bought, {"includeRefreshToken": True}))
    token = told[-1]["endStreamAction"]["refreshToken"]
    third = make_release(folders[0].parent / "1.3.0", version="1.3.0")
    list_next(bought.listing, bought.supplier, register_release(third))
    assert ask(bought)["Delta-Table-Version"] == "2"
    again = ask(bought, {"refreshToken": token, "includeRefreshToken": True})
    assert again["Delta-Table-Version"] == "1"
    assert ids(lines(again)) == ids(told)
    _other, other_token = issue_key(bought.buyer.manager, bought.entitlement, ["share"], 1)
    stranger = Client().post(
        f"{bought.address}/query",
        {"refreshToken": token},
        content_type="application/json",
        headers={"Authorization": f"Bearer {other_token}"},
    )
    assert stranger.status_code == 400


def test_every_refusal_is_in_the_protocol_s_form_and_nobody_keeps_an_answer(bought: Bought) -> None:
    """Also those that are said before a view is asked."""
    from dataferry.server.delivery import sharing_pages

    root = "/delta-sharing"
    answers = [
        get(bought, f"{root}/"),
        get(bought, f"{root}/shares/"),
        get(bought, f"{bought.address}/queries/7"),
        get(bought, f"{bought.address}/temporary-table-credentials"),
        get(bought, f"{bought.address}/query"),
        Client().post(f"{root}/shares", headers=bought.bearer),
        Client().put(f"{bought.address}/query", headers=bought.bearer),
        Client().options(f"{root}/shares"),
        Client().get(f"{root}/shares", headers={"Authorization": "Basic bm9ib2R5"}),
        Client().get(f"{root}/shares", headers={"Authorization": f"Bearer {'x' * 5000}"}),
        ask(bought, {"version": 5}),
    ]
    for place, answer in enumerate(answers):
        assert 400 <= answer.status_code < 500, place
        assert set(answer.json()) == {"errorCode", "message", "reason"}, place
        assert answer["Cache-Control"] == "private, no-store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing_pages, "_share", lambda entitlement: 1 / 0)
        broken = get(bought, f"{root}/shares")
    assert (broken.status_code, broken.json()["errorCode"]) == (500, "INTERNAL_ERROR")
    tolerated = get(bought, f"{bought.address}/metadata?new=1&new=2", **{"delta-sharing-capabilities": "brandnew;x=y"})
    assert tolerated.status_code == 200
