"""Promise: a film's length and subtitles are told from the file; what a file does not tell is unknown, never a pass."""

from __future__ import annotations

import json
import os
import stat
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.products.sandbox import bubblewrap_works
from dataferry.server.challenge.inspection import Demands, Identities, Speech, inspect, leak_scan
from dataferry.server.challenge.inspection.film_checks import written_language
from dataferry.server.challenge.inspection.films import BrokenFilmError, read_film
from server.challenge.inspection.making import box, checked, film, searched

VIDEO = Demands(
    role="video",
    types=("mp4", "mov", "webm"),
    most_seconds=180,
    speech=(Speech("en", ("zh-Hans",)), Speech("cmn")),
    spoken="en",
)


def told(path: Path, demands: Demands = VIDEO, name: str = "film.mp4") -> dict[str, str]:
    return {each.code.rpartition(".inspected_")[2]: each.severity for each in checked(path, name, demands).findings}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(179.0, {}), (180.0, {}), (180.3, {}), (181.0, {"too_long": "refuse"}), (10_800.0, {"too_long": "refuse"})],
)
def test_a_film_of_181_seconds_is_too_long_for_180(tmp_path: Path, seconds: float, expected: dict[str, str]) -> None:
    path = film(tmp_path / "a", seconds, subtitles=["zh-Hans"])
    assert told(path) == expected
    found = checked(path, "film.mp4", VIDEO)
    assert found.facts["seconds"] == pytest.approx(seconds, abs=0.01)
    assert [each.figure for each in found.findings if each.code.endswith("too_long")] == [seconds] * bool(expected)


def test_a_film_may_also_be_too_short(tmp_path: Path) -> None:
    wanted = Demands(role="video", least_seconds=180, most_seconds=300)
    assert told(film(tmp_path / "a", 170), wanted) == {"too_short": "refuse"}


@pytest.mark.parametrize(
    ("subtitles", "expected"),
    [
        (["zh-Hans"], {}),
        (["eng", "zh-CN"], {}),
        (["chi"], {"subtitles_script": "unknown"}),
        (["und"], {"subtitles_script": "unknown"}),
        (["zh-Hant"], {"subtitles_other": "warn"}),
        (["eng"], {"subtitles_other": "warn"}),
        ([], {"subtitles_unseen": "unknown"}),
    ],
)
def test_subtitle_tracks_are_seen_with_their_language(
    tmp_path: Path, subtitles: list[str], expected: dict[str, str]
) -> None:
    assert told(film(tmp_path / "a", 100, subtitles=subtitles)) == expected


def test_what_is_spoken_is_declared(tmp_path: Path) -> None:
    path = film(tmp_path / "a", 100)
    speech = VIDEO.speech
    assert told(path, Demands("video", speech=speech, spoken="cmn")) == {}
    assert told(path, Demands("video", speech=speech, spoken="yue")) == {"spoken": "refuse"}
    assert told(path, Demands("video", speech=speech)) == {"spoken_undeclared": "unknown"}
    silent = film(tmp_path / "b", 100, sound=False)
    assert told(silent, Demands("video", speech=speech, spoken="cmn")) == {"no_sound": "warn"}


@pytest.mark.parametrize(("tag", "language"), [("ZH_cn", "zh-Hans"), ("zho", "zh"), ("yue", "zh"), ("fra", "fra")])
def test_tags_of_languages_are_read_as_they_are_written(tag: str, language: str) -> None:
    assert written_language(tag) == language


def test_a_film_that_does_not_tell_is_unknown(tmp_path: Path) -> None:
    fragmented = film(tmp_path / "a", 0, subtitles=["zh-Hans"], extra=box(b"mvex", bytes(8)))
    assert told(fragmented) == {"length_unknown": "unknown"}
    other = tmp_path / "b"
    other.write_bytes(b"\x1aE\xdf\xa3\x01\x00B\x82\x84webm" + bytes(100))
    assert told(other, name="film.webm") == {"film_not_read": "unknown"}


def test_the_longest_track_counts_whatever_the_header_says(tmp_path: Path) -> None:
    path = film(tmp_path / "a", 300, subtitles=["zh-Hans"])
    data = path.read_bytes().replace(struct.pack(">II", 600, 300 * 600), struct.pack(">II", 600, 100 * 600))
    path.write_bytes(data)
    assert told(path) == {"too_long": "refuse"}


@pytest.mark.parametrize("cut", [30, 2100, 2200])
def test_a_film_that_was_cut_off_is_refused_as_damaged(tmp_path: Path, cut: int) -> None:
    path = film(tmp_path / "a", 100)
    path.write_bytes(path.read_bytes()[:cut])
    assert told(path) == {"unreadable": "refuse"}


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_boxes(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "boxes"
    path.write_bytes(box(b"ftyp", b"isom", bytes(4)) + box(b"moov", data))
    try:
        found = read_film(path)
    except BrokenFilmError:
        return
    assert found.seconds is None or found.seconds >= 0


def test_titles_and_artists_of_a_film_are_searched(tmp_path: Path) -> None:
    path = film(tmp_path / "a", 10, tags={b"\xa9nam": "Harbour Owls – final cut", b"\xa9ART": "陳大文"})
    found = searched(path, "film.mp4", Identities(people=("陈大文",), teams=("harbour owls",)))
    codes = {(each.code.rpartition(".")[2], each.data.get("example")) for each in found}
    assert ("leak_name_metadata", "h•••••• o•••") in codes
    assert ("leak_name_metadata", "陈••") in codes
    assert ("leak_author", "陳••") in codes
    assert ("leak_film_not_watched", None) in codes


FAKE = """#!{python} -IS
import json, os, resource, sys
assert sys.argv[-2] == "-i" and sys.argv[-1].startswith("file:/"), sys.argv
assert resource.getrlimit(resource.RLIMIT_AS)[0] == 1 << 30
assert open(sys.argv[-1][5:], "rb").read(4) == b"\\x1aE\\xdf\\xa3"
try:
    open("{secret}").read()
    sys.exit(9)
except OSError:
    pass
print(json.dumps({answer}))
"""


@pytest.mark.skipif(not bubblewrap_works(), reason="ffprobe is run under bubblewrap only")
def test_ffprobe_is_asked_in_its_own_cell_where_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    answer = {
        "format": {"duration": "200.5", "tags": {"TITLE": "Harbour Owls"}},
        "streams": [
            {"codec_type": "video", "codec_name": "vp9", "duration": "N/A"},
            {"codec_type": "audio", "codec_name": "opus"},
            {"codec_type": "subtitle", "codec_name": "webvtt", "tags": {"language": "zh-Hans"}},
        ],
    }
    program = tmp_path / "bin" / "ffprobe"
    program.parent.mkdir()
    program.write_text(FAKE.format(python=sys.executable, secret=secret, answer=json.dumps(answer)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "film.webm"
    path.write_bytes(b"\x1aE\xdf\xa3\x01\x00B\x82\x84webm" + bytes(100))
    found = inspect(path, "film.webm", VIDEO, scanner="")
    assert (found.facts["read_by"], found.facts["seconds"], found.facts["codecs"]) == (
        "ffprobe",
        200.5,
        ["vp9", "opus", "webvtt"],
    )
    assert [each.code.rpartition("inspected_")[2] for each in found.findings] == ["too_long", "not_scanned"]
    leaks = leak_scan(path, "film.webm", Identities(teams=("Harbour Owls",)))
    assert "leak_name_metadata" in {each.code.rpartition(".")[2] for each in leaks}
