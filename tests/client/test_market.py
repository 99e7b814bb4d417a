"""Promise: a buyer signs what they read, gets the file that was meant, and no secret leaves by a side door."""

from __future__ import annotations

import hashlib
import json
import logging
import stat
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from dataferry.client import Client, Delivery, Listing, Negotiation
from dataferry.client.conditions import query_of
from dataferry.client.market import digest_of_terms
from dataferry.messages import DataferryError, InputError, RefusedError, UnavailableError

from .conftest import Scripted, told

TOKEN, KEY = "dfy_person", "dfs_key_of_a_delivery"
TERMS = {"release": "chargers@1.0.0", "price": {"currency": "HKD", "amount": 90_000}, "purpose": "研究", "days": None}
DIGEST = digest_of_terms(TERMS)
AGREEMENT = {"number": "A-2026-0001", "state": "drawn_up", "digest": DIGEST, "terms": TERMS}
DELIVERY = {"number": "E-2026-0001", "agreement": "A-2026-0001", "state": "granted", "share": "chargers-a-2026-0001"}
MADE = {"id": 5, "scopes": ["share"], "expires_at": "2027-01-01T00:00:00Z", "token": KEY}
CONTENT = bytes(range(256)) * 2000
ADDRESS = f"/delivery/files/7-0-x3-0-1790000000/chargers-1.0.0-data.csv?X-Amz-Signature={'5e' * 32}"
PLACE = {
    "name": "chargers-1.0.0-data.csv",
    "address": ADDRESS,
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
    "bytes": len(CONTENT),
    "rows": 3,
}


def answer(value: Any, status: int = 200, **headers: str) -> Any:
    return told(status, json.dumps(value).encode(), **headers)


def client_of(server: Scripted, **more: Any) -> Client:
    return Client(server.address, TOKEN, **{"sleep": lambda _seconds: None, **more})


def sent_with(server: Scripted) -> list[str | None]:
    return [headers.get("Authorization") for _method, _path, headers, _body in server.asked]


# What is signed is what was read


def test_the_digest_that_was_read_is_signed_and_no_other(scripted: Scripted) -> None:
    scripted.answers = [answer(AGREEMENT), answer({**AGREEMENT, "signed": ["buyer"]}, 201)]
    signed = client_of(scripted).market.sign("A-2026-0001", DIGEST)
    assert signed.signed == ["buyer"]
    method, path, _headers, body = scripted.asked[-1]
    assert (method, path) == ("POST", "/api/v1/agreements/A-2026-0001/signatures")
    assert json.loads(body) == {"side": "buyer", "digest": DIGEST}


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ({**AGREEMENT, "terms": {**TERMS, "days": 1}}, DIGEST),
        ({**AGREEMENT, "digest": "sha256:" + "0" * 64}, "sha256:" + "0" * 64),
        (AGREEMENT, "sha256:" + "0" * 64),
    ],
    ids=["other terms under the digest", "a digest of nothing", "another digest was read"],
)
def test_terms_that_are_not_those_of_the_digest_are_never_signed(
    scripted: Scripted, there: dict[str, Any], read: str
) -> None:
    scripted.answers = [answer(there)]
    with pytest.raises(RefusedError) as raised:
        client_of(scripted).market.sign("A-2026-0001", read)
    assert raised.value.code == "client.terms_differ"
    assert [method for method, *_rest in scripted.asked] == ["GET"]


def test_terms_that_change_after_they_were_read_are_not_signed(scripted: Scripted) -> None:
    """A server that shows terms under the digest of others, and those others when they are signed."""
    market = client_of(scripted).market
    scripted.answers = [answer({**AGREEMENT, "terms": {**TERMS, "days": 1}}), answer(AGREEMENT)]
    with pytest.raises(RefusedError):
        market.sign(market.agreement("A-2026-0001"), DIGEST)
    assert [method for method, *_rest in scripted.asked] == ["GET", "GET"]


def test_terms_are_answered_at_the_revision_that_was_read(scripted: Scripted) -> None:
    row = {"number": "N-2026-0001", "offer": "F-2026-0001", "state": "offered", "revision": 4}
    read = Negotiation.of({**row, "terms": TERMS, "digest": DIGEST})
    scripted.answers = [answer({"code": "server.web.changed_meanwhile", "detail": "Read again."}, 412)]
    market = client_of(scripted).market
    for act in (lambda: market.accept(read), lambda: market.counter(read, {"amount": 1})):
        with pytest.raises(RefusedError):
            act()
    assert [headers["If-Match"] for _m, _p, headers, _b in scripted.asked] == ['"r4"', '"r4"']


def test_an_order_is_sent_once_however_the_line_breaks(scripted: Scripted) -> None:
    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 ")

    scripted.answers = [broken]
    with pytest.raises(UnavailableError):
        client_of(scripted).market.order("F-2026-0001", purpose="research", scenario="planning")
    assert len(scripted.asked) == 1


# Keys and profiles


def test_a_profile_is_written_for_its_owner_alone_and_overwrites_nothing(scripted: Scripted, tmp_path: Path) -> None:
    market, place = client_of(scripted).market, tmp_path / "mine.share"
    scripted.answers = [answer(MADE, 201)]
    market.save_profile("E-2026-0001", place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert json.loads(place.read_text()) == {
        "shareCredentialsVersion": 1,
        "endpoint": f"{scripted.address}/delta-sharing",
        "bearerToken": KEY,
        "expirationTime": "2027-01-01T00:00:00.000Z",
    }
    scripted.asked.clear()
    before = place.read_text()
    with pytest.raises(RefusedError) as raised:
        market.save_profile("E-2026-0001", place)
    assert (raised.value.code, scripted.asked, place.read_text()) == ("client.file_there", [], before)
    place.chmod(0o644)
    market.save_profile("E-2026-0001", place, replace=True)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_key_whose_profile_cannot_be_written_is_revoked(scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    scripted.answers = [answer(MADE, 201), answer(MADE)]
    with pytest.raises(RefusedError) as raised:
        client_of(scripted).market.save_profile("E-2026-0001", tmp_path / "file" / "x.share")
    assert raised.value.code == "client.file_unwritable"
    assert [(method, path) for method, path, *_rest in scripted.asked][-1] == (
        "DELETE",
        "/api/v1/deliveries/E-2026-0001/keys/5",
    )


def test_secrets_are_in_no_repr_log_or_error(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(scripted)
    scripted.answers = [answer(MADE, 201)]
    key = client.market.new_key("E-2026-0001")
    assert key.token == KEY
    scripted.answers = [answer(PLACE, 201), told(200, b"?" * len(CONTENT))]
    with pytest.raises(DataferryError) as raised:
        client.market.download("E-2026-0001", tmp_path / "x.csv", format="csv")
    assert raised.value.code == "client.bytes_differ"
    for text in (repr(key), repr(client), repr(client.market), raised.value.text(), str(raised.value.to_json())):
        assert not any(secret in text for secret in (KEY, TOKEN, "5e5e"))
    assert not any(secret in caplog.text for secret in (KEY, TOKEN))
    assert list(tmp_path.iterdir()) == []


# Data


def serving(stop_after: int | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def give(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Length", str(len(CONTENT) - first))
        if asked:
            handler.send_header("Content-Range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.end_headers()
        handler.wfile.write(CONTENT[first:][:stop_after])

    return give


def test_a_download_waits_until_the_file_is_made_and_goes_on_where_the_line_broke(
    scripted: Scripted, tmp_path: Path
) -> None:
    waits: list[float] = []
    prepared = {"code": "server.delivery.being_prepared", "detail": "A minute."}
    market = client_of(scripted, retries=0, sleep=waits.append).market
    wait = answer(prepared, 503, Retry_After="7")
    scripted.answers = [wait, wait, answer(PLACE, 201), serving(300_000), serving()]
    place = market.download(Delivery.of({**DELIVERY}), tmp_path / "data.csv", format="csv")
    assert place.read_bytes() == CONTENT
    assert waits == [7.0, 7.0]
    assert scripted.asked[-1][2]["Range"] == "bytes=300000-"
    # The address carries its own grant: the person's token does not go with it.
    assert sent_with(scripted) == [f"Bearer {TOKEN}"] * 3 + [None, None]
    with pytest.raises(RefusedError):
        market.download("E-2026-0001", place, format="csv")
    with pytest.raises(InputError):
        market.download("E-2026-0001", tmp_path / "x", format="xlsx")


def test_rows_come_page_by_page_with_a_key_that_ends_with_the_client(scripted: Scripted) -> None:
    pages = [{"items": [{"n": 1}, {"n": 2}], "next": "c1"}, {"items": [{"n": 3}], "next": None}]
    key = {**MADE, "scopes": ["rows"]}
    scripted.answers = [answer(DELIVERY), answer(key, 201), *map(answer, pages), answer(key)]
    with client_of(scripted) as client:
        found = client.market.rows("E-2026-0001", {"city": "上海", "n.at_least": 1}, ["n"], at_once=2)
        assert list(found) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert sent_with(scripted) == [f"Bearer {TOKEN}"] * 2 + [f"Bearer {KEY}"] * 2 + [f"Bearer {TOKEN}"]
    first, second = scripted.paths[2:4]
    assert first.startswith("/delivery/rows/chargers-a-2026-0001?city.equals=")
    assert "n.at_least=1" in first
    assert "columns=n" in first
    assert "cursor=c1" in second
    assert scripted.asked[-1][:2] == ("DELETE", "/api/v1/deliveries/E-2026-0001/keys/5")


def test_conditions_are_what_the_row_api_reads() -> None:
    where = {
        "limit": 5,
        "day.at_most": date(2026, 11, 22),
        "open": True,
        "city.one_of": ["a", "b"],
        "note.missing": True,
    }
    assert query_of(where) == {
        "limit.equals": "5",
        "day.at_most": "2026-11-22",
        "open.equals": "true",
        "city.one_of": "a,b",
        "note.missing": "",
    }
    wrong: list[dict[str, Any]] = [{"a": None}, {"a": ["x"]}, {"a": {}}, {"a.missing": False}]
    for bad in (*wrong, {"a.one_of": "x"}, {"a.one_of": ["x,y"]}):
        with pytest.raises(InputError) as raised:
            query_of(bad)
        assert raised.value.code == "client.bad_condition"


# Hostile answers


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/delivery/files/1-0-x1-0-1/a.csv?X-Amz-Signature=" + "0" * 64,
        "//elsewhere.example/delivery/files/1-0-x1-0-1/a.csv?X-Amz-Signature=" + "0" * 64,
        "@elsewhere.example/delivery/files/1-0-x1-0-1/a.csv?X-Amz-Signature=" + "0" * 64,
        ".elsewhere.example/x",
        "/delivery/files/../../admin?X-Amz-Signature=" + "0" * 64,
        "/api/v1/me/tokens",
        ADDRESS + "\r\nHost: elsewhere",
        "",
    ],
)
def test_an_address_to_elsewhere_is_not_followed(scripted: Scripted, tmp_path: Path, address: str) -> None:
    scripted.answers = [answer({**PLACE, "address": address}, 201)]
    with pytest.raises(InputError) as raised:
        client_of(scripted).market.download("E-2026-0001", tmp_path / "x")
    assert raised.value.code == "client.hostile_name"
    assert len(scripted.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", ["../../etc", "a/b", "", "CON", "x" * 200, "a b"])
def test_a_share_that_is_no_name_becomes_no_path(scripted: Scripted, tmp_path: Path, share: str) -> None:
    scripted.answers = [answer({**DELIVERY, "share": share})]
    market = client_of(scripted).market
    for act in (
        lambda: market.download("E-2026-0001"),
        lambda: market.save_profile("E-2026-0001"),
        lambda: next(market.rows("E-2026-0001", key=KEY)),
    ):
        scripted.asked.clear()
        with pytest.raises(InputError):
            act()
        assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>a hotel</html>",
        b'"x"',
        b"[" * 100_000,
        b'{"items": {}}',
        b'{"items": [[]]}',
        b'{"items": [{"number": 7, "supplier": "M", "state": "listed"}]}',
        b'{"items": [{"number": "L", "supplier": "M", "state": "listed", "scenarios": {"a": 1}}]}',
        b'{"items": [{"number": "L", "supplier": "M", "state": null}]}',
    ],
    ids=["html", "text", "deep", "no list", "no record", "number", "mapping", "null"],
)
def test_answers_of_another_form_are_told_and_no_more(scripted: Scripted, body: bytes) -> None:
    for status in (200, 404):
        scripted.answers = [told(status, body)]
        with pytest.raises(UnavailableError) as raised:
            list(client_of(scripted).market.listings())
        assert raised.value.code in {"client.no_problem", "client.strange_answer"}


def test_a_number_that_is_no_number_stops(scripted: Scripted) -> None:
    invoice = {"number": "1", "agreement": "A", "state": "issued", "currency": "HKD"}
    for total in ("100", 1.5, True, None):
        scripted.answers = [answer({**invoice, "total": total})]
        with pytest.raises(UnavailableError) as raised:
            client_of(scripted).market.invoice("1")
        assert raised.value.data["what"] == "Invoice.total"
    # What a later server says besides is kept, and what it leaves out has a default.
    found = Listing.of({"number": "L", "supplier": "M", "state": "listed", "new": 1})
    assert (found.raw["new"], found.scenarios) == (1, [])


def test_an_answer_without_end_is_left(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.client import transport

    monkeypatch.setattr(transport._whole, "__defaults__", (50_000,))
    monkeypatch.setattr(transport, "MOST_OF_AN_ERROR", 50_000)
    for status in (200, 500):
        scripted.answers = [told(status, b" " * 200_000)]
        with pytest.raises(UnavailableError) as raised:
            client_of(scripted).market.listing("L-2026-0001")
        assert raised.value.code == "client.answer_too_large"
