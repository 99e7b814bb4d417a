"""A byte range is answered exactly as slicing the file would, and never with more or other bytes."""

from pathlib import Path

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from dataferry.server.web.ranges import UnsatisfiableError, asked_part
from dataferry.server.workshop.files import serve

CONTENT = bytes(range(256)) * 5
SHA256 = "ab" * 32
MODIFIED = 1_700_000_000.0
OFFSET = st.integers(0, 2 * len(CONTENT))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "data.bin"
    path.write_bytes(CONTENT)
    return path


def fetch(file: Path, method: str = "GET", **headers: str):
    request = RequestFactory().generic(method, "/", headers={key.replace("_", "-"): v for key, v in headers.items()})
    response = serve(request, file, SHA256, MODIFIED)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response, body


def check(file: Path, header: str, expected: bytes, first: int) -> None:
    response, body = fetch(file, Range=header)
    assert response.status_code == 206
    assert body == expected
    assert response["Content-Length"] == str(len(expected))
    assert response["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/{len(CONTENT)}"


@given(first=OFFSET, last=OFFSET)
def test_first_and_last(file: Path, first: int, last: int) -> None:
    if last < first:
        assert fetch(file, Range=f"bytes={first}-{last}")[1] == CONTENT
    elif first >= len(CONTENT):
        response, body = fetch(file, Range=f"bytes={first}-{last}")
        assert (response.status_code, body, response["Content-Range"]) == (416, b"", f"bytes */{len(CONTENT)}")
    else:
        check(file, f"bytes={first}-{last}", CONTENT[first : last + 1], first)


@given(first=st.integers(0, len(CONTENT) - 1))
def test_open_end(file: Path, first: int) -> None:
    check(file, f"bytes={first}-", CONTENT[first:], first)


@given(length=st.integers(1, 2 * len(CONTENT)))
def test_suffix(file: Path, length: int) -> None:
    check(file, f"bytes=-{length}", CONTENT[-length:], max(0, len(CONTENT) - length))


@given(header=st.one_of(st.text(max_size=30), st.from_regex(r"bytes=[0-9,\- ]{0,20}")))
def test_any_header_gives_the_whole_a_part_or_nothing(header: str) -> None:
    try:
        part = asked_part(header, len(CONTENT))
    except UnsatisfiableError:
        return
    assert part is None or 0 <= part.first <= part.last < len(CONTENT)


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "items=0-1", "bytes=5-2", "bytes=", "bytes=a-b", "bytes=--1"])
def test_what_is_no_single_range_gives_the_whole(file: Path, header: str) -> None:
    response, body = fetch(file, Range=header)
    assert (response.status_code, body) == (200, CONTENT)


def test_an_empty_file_has_no_range(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert fetch(empty)[0].status_code == 200
    assert fetch(empty, Range="bytes=0-")[0].status_code == 416
    assert fetch(empty, Range="bytes=-5")[0].status_code == 416


def test_a_range_of_another_state_of_the_file_gives_the_whole(file: Path) -> None:
    assert fetch(file, Range="bytes=0-3", If_Range=f'"{SHA256}"')[1] == CONTENT[:4]
    assert fetch(file, Range="bytes=0-3", If_Range='"other"')[1] == CONTENT
    assert fetch(file, Range="bytes=0-3", If_Range=f'W/"{SHA256}"')[1] == CONTENT
    assert fetch(file, Range="bytes=0-3", If_Range="Tue, 14 Nov 2023 22:13:20 GMT")[1] == CONTENT[:4]
    assert fetch(file, Range="bytes=0-3", If_Range="Tue, 14 Nov 2023 22:13:21 GMT")[1] == CONTENT
    assert fetch(file, Range="bytes=0-3", If_Range="nonsense")[1] == CONTENT


def test_head_says_the_length_and_sends_nothing(file: Path) -> None:
    response, body = fetch(file, "HEAD", Range="bytes=0-3")
    assert (response.status_code, body, response["Content-Length"]) == (200, b"", str(len(CONTENT)))
    assert response["Accept-Ranges"] == "bytes"


def test_who_has_it_already_is_told_so(file: Path) -> None:
    response, body = fetch(file, If_None_Match=f'"x", "{SHA256}"', Range="bytes=0-3")
    assert (response.status_code, body, response["ETag"]) == (304, b"", f'"{SHA256}"')
