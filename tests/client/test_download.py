"""Promise: a file comes whole and right or not at all; a line that breaks is taken up where it broke."""

from __future__ import annotations

import hashlib
import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from dataferry.client.download import download
from dataferry.client.transport import Transport
from dataferry.messages import DataferryError, InputError, RefusedError, UnavailableError

from .conftest import Scripted, told

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def serving(content: bytes, stop_after: int | None = None, ranges: bool = True) -> Any:
    """Answers as `web.files.serve` does; breaks off after so many bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and ranges else 0
        part = content[first:]
        handler.send_response(206 if asked and ranges else 200)
        handler.send_header("Content-Length", str(len(part)))
        handler.send_header("Connection", "close")
        if asked and ranges:
            handler.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(part if stop_after is None else part[:stop_after])
        handler.wfile.flush()

    return answer


def fetch(server: Scripted, target: Path, **options: Any) -> Path:
    transport = Transport(server.address, "dfy_x", sleep=lambda _seconds: None)
    return download(transport, "/file", target, SHA256, **options)


def test_a_line_that_breaks_is_taken_up_where_it_broke(scripted: Scripted, tmp_path: Path) -> None:
    scripted.answers = [serving(CONTENT, 300_000), serving(CONTENT, 10), serving(CONTENT)]
    steps: list[tuple[int, int | None]] = []
    target = fetch(scripted, tmp_path / "a" / "file.csv", step=lambda have, whole: steps.append((have, whole)))
    assert target.read_bytes() == CONTENT
    ranges = [headers.get("Range") for _m, _p, headers, _b in scripted.asked]
    assert ranges == [None, "bytes=300000-", "bytes=300010-"]
    assert all(headers.get("If-Range") in {None, f'"{SHA256}"'} for _m, _p, headers, _b in scripted.asked)
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(path.name for path in target.parent.iterdir()) == ["file.csv"]


def test_a_server_without_ranges_begins_again(scripted: Scripted, tmp_path: Path) -> None:
    scripted.answers = [serving(CONTENT, 300_000), serving(CONTENT, ranges=False)]
    assert fetch(scripted, tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"x", CONTENT[:-1], CONTENT + b"x", b""], ids=["other", "short", "long", "empty"]
)
@pytest.mark.parametrize("known", [True, False])
def test_other_bytes_are_refused_and_nothing_stays(
    scripted: Scripted, tmp_path: Path, content: bytes, known: bool
) -> None:
    scripted.answers = [serving(content)]
    target = tmp_path / "file"
    target.write_text("as it was")
    with pytest.raises(DataferryError) as raised:
        fetch(scripted, target, size=len(CONTENT) if known else None)
    assert raised.value.code in {"client.bytes_differ", "client.broken_off"}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_text() == "as it was"


def test_more_bytes_than_were_promised_are_not_taken(scripted: Scripted, tmp_path: Path) -> None:
    taken: list[int] = []
    scripted.answers = [serving(CONTENT * 20)]
    with pytest.raises(InputError):
        fetch(scripted, tmp_path / "file", most=len(CONTENT), step=lambda have, _whole: taken.append(have))
    assert max(taken, default=0) <= len(CONTENT)


def test_a_line_that_breaks_for_ever_is_given_up(scripted: Scripted, tmp_path: Path) -> None:
    scripted.answers = [serving(CONTENT, 0)]
    with pytest.raises(UnavailableError) as raised:
        fetch(scripted, tmp_path / "file")
    assert raised.value.code == "client.broken_off"
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_the_servers(scripted: Scripted, tmp_path: Path) -> None:
    scripted.answers = [told(404, b'{"code": "server.catalogue.no_snapshot", "detail": "gone"}')]
    with pytest.raises(DataferryError) as raised:
        fetch(scripted, tmp_path / "file")
    assert raised.value.code == "server.catalogue.no_snapshot"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_and_the_umask_is_kept(scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    with pytest.raises(RefusedError) as refused:
        fetch(scripted, tmp_path / "a" / "file")
    assert (refused.value.code, scripted.asked) == ("client.file_unwritable", [])
    scripted.answers = [serving(CONTENT)]
    before = os.umask(0o077)
    try:
        assert fetch(scripted, tmp_path / "file").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
