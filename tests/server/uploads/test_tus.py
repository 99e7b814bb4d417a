"""Promise: a file sent in parts arrives whole or not at all, whatever offsets, lengths, names and strangers come."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError, LimitError, MissingError, UsageError
from dataferry.server import uploads
from dataferry.server.people import actions as people_actions
from dataferry.server.uploads import actions, files, headers
from dataferry.server.uploads.errors import GoneError
from dataferry.server.uploads.models import Upload
from server.persons import make_person
from server.uploads.conftest import PURPOSE, Tus, metadata

BODY = bytes(range(256)) * 40


def number(address: str) -> str:
    return address.rpartition("/")[2]


def test_a_file_in_parts_is_taken_once_with_its_digest(tus: Tus, sender: Any, home: Path) -> None:
    address = tus.begun(len(BODY), "影片 – 最終版.mp4")
    assert tus.offset(address) == 0
    for at in range(0, len(BODY), 4000):
        answer = tus.send(address, at, BODY[at : at + 4000])
        assert (answer.status_code, int(answer["Upload-Offset"])) == (204, min(at + 4000, len(BODY)))
    told = tus.head(address)
    assert told["Upload-Length"] == str(len(BODY))
    assert headers.metadata_of(told["Upload-Metadata"])["filename"] == "影片 – 最終版.mp4"
    assert (told["Tus-Resumable"], told["Cache-Control"]) == ("1.0.0", "no-store")
    taken = uploads.take(sender, number(address), PURPOSE)
    assert (taken.name, taken.bytes, taken.sha256) == ("影片 – 最終版.mp4", len(BODY), hashlib.sha256(BODY).hexdigest())
    assert taken.path.read_bytes() == BODY
    assert stat.S_IMODE((home / "uploads").stat().st_mode) == 0o700
    assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600
    with pytest.raises(GoneError, match="used already"):
        uploads.take(sender, number(address), PURPOSE)
    assert tus.head(address).status_code == 410
    assert tus.drop(address).status_code == 410
    assert taken.path.exists()


def test_what_the_protocol_asks_of_a_server(tus: Tus) -> None:
    able = tus.client.options("/uploads/")
    assert (able.status_code, able["Tus-Version"]) == (204, "1.0.0")
    assert able["Tus-Extension"] == "creation,expiration,termination"
    assert int(able["Tus-Max-Size"]) >= 64 * 1024 * 1024
    address = tus.begun(10)
    without = tus.client.head(address)
    assert (without.status_code, without["Tus-Version"]) == (412, "1.0.0")
    wrong_kind = tus.client.patch(
        address, b"x", content_type="text/plain", headers={**tus.common, "Upload-Offset": "0"}
    )
    assert wrong_kind.status_code == 415
    assert tus.client.get(address, headers=tus.common).status_code == 405
    overridden = {**tus.common, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    sent = tus.client.post(address, b"0123", content_type="application/offset+octet-stream", headers=overridden)
    assert (sent.status_code, sent["Upload-Offset"]) == (204, "4")
    assert "Upload-Expires" in sent
    assert tus.drop(address).status_code == 204
    assert tus.head(address).status_code == 404


@pytest.mark.parametrize("offset", ["5", "-1", "", "abc", "1e3", "99999999999999999999", "²", "0x0"])
def test_a_wrong_offset_changes_nothing(tus: Tus, offset: str) -> None:
    address = tus.begun(10)
    refused = tus.send(address, offset, b"zzz")
    assert refused.status_code == (409 if offset == "5" else 400)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert tus.offset(address) == 0
    assert tus.send(address, 0, b"0123456789").status_code == 204


@pytest.mark.parametrize(
    ("length", "status"),
    [("-5", 400), ("", 400), ("1.5", 400), ("10 000", 400), ("0", 422), (str(2**62), 413), (str(10**30), 400)],
)
def test_impossible_lengths_are_refused_before_any_byte(tus: Tus, length: str, status: int, home: Path) -> None:
    assert tus.begin(length).status_code == status
    assert not Upload.objects.exists()


def test_more_bytes_than_announced_are_refused_and_none_is_kept(tus: Tus, sender: Any) -> None:
    address = tus.begun(10)
    tus.send(address, 0, b"0123")
    assert tus.send(address, 4, b"4" * 7).json()["code"] == "server.uploads.more_than_said"
    assert tus.offset(address) == 4
    # A sender that does not say how much comes is stopped on the way.
    upload = Upload.objects.get()
    with pytest.raises(LimitError):
        actions.receive(upload, 4, Stream(b"4" * 100))
    assert tus.offset(address) == 4
    assert files.incoming(upload.pk).read_bytes() == b"0123"
    assert tus.send(address, 4, b"456789").status_code == 204
    # Told twice that it is complete: the same answer, the same bytes.
    assert tus.send(address, 10, b"").status_code == 204
    assert tus.send(address, 10, b"x").status_code == 413
    assert uploads.take(sender, number(address), PURPOSE).path.read_bytes() == b"0123456789"


class Stream:
    """A body that comes in small pieces."""

    def __init__(self, data: bytes, piece: int = 7) -> None:
        self._data, self._piece = data, piece

    def read(self, size: int = -1, /) -> bytes:
        got, self._data = self._data[: self._piece], self._data[self._piece :]
        return got


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\deck.pdf", "deck.pdf"),
        ("line\nbreak\x00\x07.pdf", "linebreak.pdf"),
        ("fdp.\u202egpj.exe", "fdp.gpj.exe"),
        ("🚇🚕 城市.mp4", "🚇🚕 城市.mp4"),
        ("عرض الفريق.pdf", "عرض الفريق.pdf"),
        ("...", "file"),
        ("", "file"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
    ],
)
def test_names_are_kept_readable_and_harmless(tus: Tus, name: str, kept: str) -> None:
    tus.begun(5, name)
    assert Upload.objects.get().file_name == kept


def test_a_name_of_ten_thousand_characters_keeps_its_suffix(tus: Tus) -> None:
    tus.begun(5, "長" * 10_000 + ".mp4")
    name = Upload.objects.get().file_name
    assert len(name) <= headers.LONGEST_NAME
    assert name.endswith("….mp4")


@given(st.text(max_size=400))
def test_no_name_stays_dangerous(name: str) -> None:
    clean = headers.clean_name(name)
    assert 0 < len(clean) <= headers.LONGEST_NAME
    assert not set(clean) & set("/\\\n\r\t\x00\u202e\u2066")
    assert clean not in {".", ".."}
    assert headers.clean_name(clean) == clean


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200))
def test_metadata_is_read_or_refused(text: str) -> None:
    try:
        found = headers.metadata_of(text)
    except InputError:
        return
    assert headers.metadata_of(headers.written(found)) == found


@pytest.mark.parametrize("told", ["purpose", "purpose !!", "a b,a b", "filename /w==", "ü YQ==", "x" * 200_000])
def test_metadata_that_cannot_be_read_is_refused(tus: Tus, told: str) -> None:
    refused = tus.begin(5, **{"Upload-Metadata": told})
    assert refused.status_code in {400, 422}
    assert not Upload.objects.exists()


def test_a_number_is_a_number() -> None:
    with pytest.raises(UsageError):
        headers.number_of("Upload-Offset", "١٢")


def test_what_belongs_to_others_is_not_there(tus: Tus, sender: Any, tus_of: Callable[[Any], Tus]) -> None:
    address = tus.begun(10)
    other_person = make_person("other@example.org")
    other = tus_of(other_person)
    assert other.head(address).status_code == 404
    assert other.send(address, 0, b"0123456789").status_code == 404
    assert other.drop(address).status_code == 404
    with pytest.raises(MissingError):
        uploads.discard(other_person, number(address))
    tus.send(address, 0, b"0123456789")
    for user, key, purpose in [
        (other_person, number(address), PURPOSE),
        (sender, number(address), "tests.other"),
        (sender, "no id at all", PURPOSE),
        (sender, "x" * 10_000, PURPOSE),
    ]:
        with pytest.raises(MissingError):
            uploads.take(user, key, purpose)
    assert uploads.take(sender, number(address), PURPOSE).bytes == 10


def test_who_may_not_upload_is_told_why(sender: Any, tus_of: Callable[[Any], Tus]) -> None:
    nobody = Tus(Client())
    assert nobody.begin(10).status_code == 401
    unverified = tus_of(make_person("new@example.org", verified=False))
    assert unverified.begin(10).json()["code"] == "server.people.verify_first"
    strange = tus_of(sender).begin(10, **{"Upload-Metadata": metadata(purpose="tests.unknown")})
    assert strange.json()["code"] == "server.uploads.unknown_purpose"


def test_a_session_needs_its_csrf_token_and_a_bearer_token_does_not(sender: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sender)
    tus = Tus(client)
    assert tus.begin(10).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    tus.common["X-CSRFToken"] = "a" * 32
    address = tus.begun(10)
    del tus.common["X-CSRFToken"]
    assert tus.send(address, 0, b"01234").status_code == 403
    _token, secret = people_actions.issue_token(sender, "curl", ["write"], days=1)
    program = Tus(Client(enforce_csrf_checks=True), {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {secret}"})
    assert program.send(address, 0, b"01234").status_code == 204
    assert program.offset(address) == 5
    _token, secret = people_actions.issue_token(sender, "reader", ["read"], days=1)
    program.common["Authorization"] = f"Bearer {secret}"
    assert program.send(address, 5, b"56789").status_code == 403


def test_refusals_speak_the_language_that_was_asked_for(tus: Tus) -> None:
    said = {
        language: tus.begin("0", **{"Accept-Language": language}).json()["detail"]
        for language in ("en", "zh-Hant-HK", "zh-Hans-CN")
    }
    assert "empty" in said["en"]
    assert "檔案是空的" in said["zh-Hant-HK"]
    assert "文件是空的" in said["zh-Hans-CN"]
