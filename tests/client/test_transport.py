"""Promise: the client is patient with a busy server, gives the token to nobody else, and says what the server said."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from dataferry.client import Client, ServerError
from dataferry.client.addresses import same_place, server_address
from dataferry.client.transport import Transport
from dataferry.messages import (
    DataferryError,
    InputError,
    LimitError,
    MissingError,
    RefusedError,
    UnavailableError,
    UsageError,
    speaking,
)

from .conftest import Scripted, told

TOKEN = "dfy_secret"
ME = json.dumps({"id": 7, "display_name": "Wai"}).encode()


def problem(status: int, code: str = "server.x", **more: Any) -> bytes:
    return json.dumps(
        {"code": code, "detail": "那裏不行", "status": status, "retry": False, "data": {}, **more}
    ).encode()


def client_of(server: Scripted, token: str | None = TOKEN, **options: Any) -> tuple[Client, list[float]]:
    waits: list[float] = []
    return Client(server.address, token, sleep=waits.append, **options), waits


def test_token_and_language_go_with_every_request(scripted: Scripted) -> None:
    scripted.answers = [told(200, ME)]
    client, _ = client_of(scripted)
    with speaking("zh-Hans"):
        assert client.me().display_name == "Wai"
    _method, path, headers, _body = scripted.asked[0]
    assert path == "/api/v1/me"
    assert headers["Authorization"] == "Bearer dfy_secret"
    assert headers["Accept-Language"] == "zh-Hans"
    assert headers["User-Agent"].startswith("dataferry/")
    assert "dfy_secret" not in repr(client)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, UsageError),
        (401, RefusedError),
        (403, RefusedError),
        (404, MissingError),
        (409, RefusedError),
        (412, RefusedError),
        (413, LimitError),
        (422, InputError),
    ],
)
def test_what_the_server_says_is_raised_with_its_code_and_words(
    scripted: Scripted, status: int, kind: type[DataferryError]
) -> None:
    errors = [{"place": "body.title", "code": "missing", "message": "欠缺\x1b[31m"}]
    scripted.answers = [told(status, problem(status, "server.workshop.no_draft", errors=errors))]
    client, waits = client_of(scripted)
    with pytest.raises(ServerError) as raised:
        client.me()
    error = raised.value
    assert isinstance(error, kind)
    assert (error.code, error.status, error.exit_code) == ("server.workshop.no_draft", status, kind.exit_code)
    # Words from outside may not steer the terminal.
    assert error.text() == "那裏不行\n  body.title: 欠缺�[31m"
    assert waits == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_the_time_it_names(scripted: Scripted, status: int) -> None:
    scripted.answers = [told(status, Retry_After="7"), told(status), told(200, ME)]
    client, waits = client_of(scripted)
    assert client.me().id == 7
    assert waits[0] == 7
    assert 1.0 <= waits[1] <= 1.5


def test_patience_has_an_end(scripted: Scripted) -> None:
    scripted.answers = [told(503, problem(503, retry=True))]
    client, waits = client_of(scripted, retries=2)
    with pytest.raises(UnavailableError) as raised:
        client.me()
    assert raised.value.retry
    assert len(waits) == 2
    scripted.answers = [told(429, problem(429), Retry_After="3600")]
    with pytest.raises(LimitError):
        client.me()
    assert len(waits) == 2


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def test_a_broken_line_is_tried_again_for_questions_but_never_for_changes(scripted: Scripted) -> None:
    scripted.answers = [cut, told(200, ME)]
    client, _ = client_of(scripted)
    assert client.me().id == 7
    scripted.answers = [cut, told(200, b"{}")]
    scripted.asked.clear()
    with pytest.raises(UnavailableError) as raised:
        client.request_build("x")
    assert raised.value.code == "client.unreachable"
    assert len(scripted.asked) == 1


def test_nothing_listens() -> None:
    client = Client("http://127.0.0.1:9", "dfy_x", retries=0)
    with pytest.raises(UnavailableError) as raised:
        client.me()
    assert raised.value.code == "client.unreachable"


@pytest.mark.parametrize(
    "target", ["https://evil.example/api/v1/me", "http://127.0.0.1:1/api/v1/me", "//evil.example/", "http://localhost/"]
)
def test_a_redirect_to_elsewhere_is_not_followed(scripted: Scripted, target: str) -> None:
    scripted.answers = [told(302, b"", Location=target)]
    client, _ = client_of(scripted)
    with pytest.raises(RefusedError) as raised:
        client.me()
    assert raised.value.code == "client.redirected"
    assert len(scripted.asked) == 1


def test_a_redirect_within_the_server_is_followed_but_not_for_ever(scripted: Scripted) -> None:
    scripted.answers = [told(307, b"", Location="/api/v1/elsewhere"), told(200, ME)]
    client, _ = client_of(scripted)
    assert client.me().id == 7
    assert scripted.paths == ["/api/v1/me", "/api/v1/elsewhere"]
    scripted.answers = [told(302, b"", Location="/api/v1/me")]
    with pytest.raises(RefusedError):
        client.me()


@pytest.mark.parametrize("body", [b"<html>portal of the hotel</html>", b"[]", b'"x"', b"\xff"])
def test_something_else_than_a_dataferry_is_told(scripted: Scripted, body: bytes) -> None:
    for status in (200, 404, 500):
        scripted.answers = [told(status, body)]
        client, _ = client_of(scripted)
        with pytest.raises(UnavailableError) as raised:
            client.me()
        assert raised.value.code in {"client.no_problem", "client.strange_answer"}


def test_lists_are_walked_page_by_page_and_a_cursor_that_turns_in_a_circle_ends(scripted: Scripted) -> None:
    page = {"items": [{"slug": "a"}], "next": "c1"}
    last = {"items": [{"slug": "b"}], "next": None}
    scripted.answers = [told(200, json.dumps(page).encode()), told(200, json.dumps(last).encode())]
    client, _ = client_of(scripted)
    assert [each.slug for each in client.datasets("巴士 stops", city="hong-kong")] == ["a", "b"]
    assert "cursor=c1" in scripted.paths[1]
    assert "city=hong-kong" in scripted.paths[0]
    scripted.answers = [told(200, json.dumps(page).encode())]
    scripted.asked.clear()
    assert len(list(client.datasets())) == 2


def test_a_token_does_not_travel_over_an_open_line() -> None:
    with pytest.raises(RefusedError) as raised:
        Transport("http://data.example.org", "dfy_x")
    assert raised.value.code == "client.open_line"
    Transport("http://data.example.org", None).close()
    Transport("http://data.example.org", "dfy_x", plain_http=True).close()
    Transport("http://[::1]:8000", "dfy_x").close()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("data.example.org", "https://data.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("HTTPS://Data.Example.org:443/", "https://data.example.org"),
        ("http://data.example.org:8080", "http://data.example.org:8080"),
    ],
)
def test_a_server_has_one_address(given: str, address: str) -> None:
    assert server_address(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ftp://x",
        "https://",
        "https://a b",
        "https://x/path",
        "https://u:p@x",
        "https://x?q=1",
        "https://x:99999",
        "//x",
    ],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        server_address(given)


def test_one_may_step_up_to_https_but_not_down_or_aside() -> None:
    assert same_place("http://a.example/x", "https://a.example/x")
    assert not same_place("https://a.example/x", "http://a.example/x")
    assert not same_place("https://a.example/x", "https://a.example:8443/x")
    assert not same_place("https://a.example/x", "https://b.example/x")
