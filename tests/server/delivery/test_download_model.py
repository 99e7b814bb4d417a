"""Promise: a download answers every mixture of method, range and condition as a small model of RFC 9110 says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.test import Client
from django.utils.http import http_date
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataferry.server.delivery import grants
from dataferry.server.delivery.models import ServedExport
from server.delivery.house import bearer, body_of, deliver

pytestmark = pytest.mark.django_db
OFFSET = st.integers(0, 12_000)
FROM_TO = st.tuples(OFFSET, OFFSET).map(lambda pair: ("part", min(pair), max(pair)))
BACKWARDS = st.tuples(OFFSET, OFFSET).map(lambda pair: ("nothing", f"bytes={max(pair) + 1}-{min(pair)}"))
TO_END = OFFSET.map(lambda first: ("part", first, None))
LAST = OFFSET.map(lambda length: ("last", length))
# Several ranges may be answered by the whole (RFC 9110, 14.2); what is no range is no range.
SEVERAL = st.lists(st.tuples(OFFSET, OFFSET), min_size=2, max_size=4).map(
    lambda pairs: ("nothing", "bytes=" + ", ".join(f"{min(pair)}-{max(pair)}" for pair in pairs))
)
NONE = st.sampled_from(["items=0-5", "bytes=", "bytes=-", "bytes=a-b", "bytes 0-5", "0-5"]).map(
    lambda text: ("nothing", text)
)
RANGE = st.none() | FROM_TO | TO_END | LAST | SEVERAL | NONE | BACKWARDS
IF_RANGE = st.sampled_from(["", "tag", "weak tag", "other tag", "date", "other date", "nonsense"])
IF_NONE_MATCH = st.sampled_from(["", "", "", "tag", "weak tag", "other tag", "list", "*"])
METHOD = st.sampled_from(["GET", "GET", "GET", "HEAD"])
ENCODING = st.sampled_from(["", "gzip, br", "identity;q=0, gzip", "*"])
STILL_HOLDS = {"", "tag", "date"}
KNOWS_IT = {"tag", "weak tag", "list", "*"}


def header_of(asked: Any) -> str:
    if asked[0] == "nothing":
        return str(asked[1])
    if asked[0] == "last":
        return f"bytes=-{asked[1]}"
    return f"bytes={asked[1]}-{'' if asked[2] is None else asked[2]}"


def expected(method: str, asked: Any, if_range: str, if_none_match: str, body: bytes) -> tuple[int, bytes, str]:
    """Status, body and `Content-Range` that a reader must get."""
    if if_none_match in KNOWS_IT:
        return 304, b"", ""
    if method == "HEAD" or asked is None or asked[0] == "nothing" or if_range not in STILL_HOLDS:
        return 200, body if method == "GET" else b"", ""
    size = len(body)
    if asked[0] == "last":
        first, last = max(0, size - asked[1]), size - 1
    else:
        first, last = asked[1], size - 1 if asked[2] is None else min(asked[2], size - 1)
    if first > last:
        return 416, b"", f"bytes */{size}"
    return 206, body[first : last + 1], f"bytes {first}-{last}/{size}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(METHOD, RANGE, IF_RANGE, IF_NONE_MATCH, ENCODING), min_size=1, max_size=3))
@example([("GET", ("last", 0), "", "", "")])
@example([("GET", ("part", 0, 0), "date", "", "gzip, br"), ("GET", ("part", 0, None), "other date", "", "")])
def test_a_download_answers_as_the_model(file: tuple[str, bytes, str, str], questions: list[Any]) -> None:
    address, body, tag, date = file
    conditions = {
        "tag": tag,
        "weak tag": f"W/{tag}",
        "other tag": '"other"',
        "list": f'"other", W/"more", {tag}',
        "*": "*",
        "date": date,
        "other date": "Tue, 14 Nov 2023 22:13:20 GMT",
        "nonsense": "nonsense",
    }
    for method, asked, if_range, if_none_match, encoding in questions:
        headers = {"Range": header_of(asked) if asked else "", "Accept-Encoding": encoding}
        headers |= {"If-Range": conditions.get(if_range, ""), "If-None-Match": conditions.get(if_none_match, "")}
        answer = Client().generic(method, address, headers={name: value for name, value in headers.items() if value})
        status, content, place = expected(method, asked, if_range, if_none_match, body)
        got = body_of(answer) if answer.streaming else answer.content
        assert (answer.status_code, got, answer.get("Content-Range", "")) == (status, content, place)
        assert (answer["ETag"], answer["Last-Modified"], answer["Accept-Ranges"]) == (tag, date, "bytes")
        assert answer["Cache-Control"] == "private, no-store"
        assert "Content-Encoding" not in answer
        if status in {200, 206}:
            length = len(body) if method == "HEAD" else len(content)
            assert int(answer["Content-Length"]) == length
            assert answer["Content-Disposition"].startswith("attachment")


@pytest.fixture
def file(registered: Any) -> tuple[str, bytes, str, str]:
    """The address of a download, its bytes, its entity tag and its date."""
    sale = deliver(registered)
    path = f"/delivery/download/{sale.entitlement.share}.csv"
    address = Client().get(path, **bearer(sale.key("files")[1]))["Location"]
    whole = Client().get(address)
    body = body_of(whole)
    assert 2_000 < len(body) < 12_000
    date = http_date(ServedExport.objects.get().made_at.timestamp())
    assert date != http_date((ServedExport.objects.get().made_at + timedelta(seconds=1)).timestamp())
    return address, body, whole["ETag"], date


def test_a_file_whose_name_is_not_ascii_arrives_with_it(registered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = '兩城充電站 "2026"-data.csv'
    monkeypatch.setattr(grants, "file_name", lambda holder, index: name)
    sale = deliver(registered)
    path = f"/delivery/download/{sale.entitlement.share}.csv"
    address = Client().get(path, **bearer(sale.key("files")[1]))["Location"]
    assert address.isascii()
    assert unquote(urlsplit(address).path).endswith(name)
    told = Client().get(address)["Content-Disposition"]
    assert told.isascii()
    assert told.startswith("attachment; filename*=utf-8''")
    assert unquote(told.rpartition("'")[2]) == name
