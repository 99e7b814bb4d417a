"""Promise: whatever a file does to its reader, it ends within limits, in words, and touches nothing else."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import RefusedError
from dataferry.server.challenge.inspection import Demands, Identities, inspect, inspecting, leak_scan
from dataferry.server.challenge.inspection.antivirus import scan_for_viruses
from server.challenge.inspection.making import (
    SIMPLIFIED,
    TRADITIONAL,
    checked,
    circular_pdf,
    endless_pdf,
    film,
    nested_pdf,
    paper,
    searched,
    slides,
    swollen_pdf,
)

DECK = Demands(role="proposal", types=("pdf",), languages=(frozenset({"zh-Hans"}),))
TIGHT = replace(inspecting.LIMITS, memory_mib=300, cpu_seconds=6, wall_seconds=60.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "ends"),
    [
        (lambda path: swollen_pdf(path, 400), {"limit"}),
        (lambda path: nested_pdf(path, 200_000), {"unreadable", "limit"}),
        (circular_pdf, {"unreadable", "limit"}),
        (lambda path: endless_pdf(path, 400_000), {"text_not_read", "limit"}),
    ],
    ids=["swollen", "nested", "circular", "endless"],
)
def test_bombs_end_within_limits_and_in_words(tmp_path: Path, make: Callable[[Path], Path], ends: set[str]) -> None:
    path = make(tmp_path / "bomb.pdf")
    assert path.stat().st_size < 3_000_000
    found = inspect(path, "bomb.pdf", Demands(types=("pdf",)), scanner="", limits=TIGHT)
    assert {each.code.rpartition(".inspected_")[2] for each in found.findings} & ends
    assert all(each.text(language) for each in found.findings for language in ("en", "zh-Hant", "zh-Hans"))
    leaks = leak_scan(path, "bomb.pdf", Identities(people=("Chan Tai Man",)), limits=TIGHT)
    assert leaks, "a bomb is never free of leaks"


def test_in_its_cell_the_inspector_says_the_same(tmp_path: Path) -> None:
    """The other modules look at files of our own in this process; this is the way that strangers' files go."""
    who = Identities(people=("陈大文",), emails=("taiman@example.org",))
    wanted = replace(DECK, types=("pdf", "pptx", "mp4"), most_pages=1, most_seconds=5)
    files = {
        "deck.pdf": paper(tmp_path / "deck", [SIMPLIFIED, TRADITIONAL, "陳大文 taiman@example.org"], author="A B"),
        "deck.pptx": slides(tmp_path / "slides", [TRADITIONAL], creator="陳大文"),
        "film.mp4": film(tmp_path / "film", 9, subtitles=["chi"], tags={b"\xa9nam": "陈大文"}),
        "陳大文.csv": write(tmp_path / "text", TRADITIONAL * 2),
        "nothing.pdf": write(tmp_path / "nothing", ""),
    }
    for name, path in files.items():
        found, expected = inspect(path, name, wanted, scanner=""), checked(path, name, wanted)
        assert [each.to_json() for each in found.findings[:-1]] == [each.to_json() for each in expected.findings], name
        assert {**expected.facts, "scanned": False} == found.facts
        leaks = [each.to_json() for each in leak_scan(path, name, who)]
        assert leaks == [each.to_json() for each in searched(path, name, who)], name
        assert leaks or name == "nothing.pdf"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_what_the_child_says_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED])
    good = {"code": "server.challenge.inspected_pages", "severity": "refuse", "role": "", "figure": 5, "place": None}
    lies: list[Any] = [
        {"findings": [{**good, "code": "server.people.not_allowed", "data": {}}], "facts": {}},
        {"findings": [{**good, "code": "server.challenge.no_such_move", "data": {}}], "facts": {}},
        {"findings": [{**good, "severity": "fine", "data": {}}], "facts": {}},
    ]
    for lie in lies:
        monkeypatch.setattr(inspecting, "_answer", lambda *_arguments, lie=lie: lie)
        assert inspect(path, "a.pdf", DECK, scanner="").findings[0].code.endswith("_crashed")
    strange = {**good, "figure": float("nan"), "data": {"most": {"a": [1, "x" * 10_000]}, "page": "<b>"}}
    monkeypatch.setattr(inspecting, "_answer", lambda *_arguments: {"findings": [strange], "facts": {"a": "y" * 9999}})
    found = inspect(path, "a.pdf", DECK, scanner="")
    assert found.findings[0].figure is None
    assert len(json.dumps(found.to_json())) < 2000


def test_where_nothing_can_confine_it_the_check_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_works() -> Any:
        raise RefusedError("products.no_sandbox")

    monkeypatch.setattr(inspecting, "choose", none_works)
    found = inspect(paper(tmp_path / "a", [SIMPLIFIED]), "a.pdf", DECK, scanner="")
    assert [(each.code.rpartition("inspected_")[2], each.severity) for each in found.findings] == [
        ("no_sandbox", "unknown"),
        ("not_scanned", "unknown"),
    ]


def test_a_crash_of_the_reader_is_unknown_and_never_a_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "child.py"
    broken.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(inspecting, "__file__", str(tmp_path / "inspecting.py"))
    monkeypatch.setattr(inspecting, "readable_paths", lambda: [str(tmp_path)])
    found = inspect(paper(tmp_path / "a", [SIMPLIFIED]), "a.pdf", DECK, scanner="")
    assert found.findings[0].code.endswith("_crashed")
    assert found.findings[0].severity == "unknown"


class FakeClamd(socketserver.BaseRequestHandler):
    """Speaks INSTREAM: takes pieces up to a limit, and finds the test virus."""

    limit = 1_000_000

    def handle(self) -> None:
        line = self.request.makefile("rb")
        assert line.read(10) == b"zINSTREAM\0"
        data = b""
        while (size := struct.unpack(">I", line.read(4))[0]) > 0:
            data += line.read(size)
            if len(data) > self.limit:
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.request.sendall(b"stream: Eicar-Test-Signature FOUND\0" if b"EICAR" in data else b"stream: OK\0")


@contextmanager
def clamd(kind: str, folder: Path) -> Iterator[str]:
    address: Any = str(folder / "clamd.sock") if kind == "unix" else ("127.0.0.1", 0)
    make = socketserver.ThreadingUnixStreamServer if kind == "unix" else socketserver.ThreadingTCPServer
    with make(address, FakeClamd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"unix:{address}" if kind == "unix" else f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_scanner_that_is_there_is_asked(tmp_path: Path, kind: str) -> None:
    clean = paper(tmp_path / "a", [SIMPLIFIED])
    infected = tmp_path / "b"
    infected.write_bytes(clean.read_bytes() + b"\n% EICAR")
    large = tmp_path / "c"
    large.write_bytes(bytes(3_000_000))
    with clamd(kind, tmp_path) as address:
        assert scan_for_viruses(clean, "deck", address) is None
        assert inspect(clean, "a.pdf", DECK, scanner=address).facts["scanned"] is True
        found = scan_for_viruses(infected, "deck", address)
        assert found is not None
        assert (found.severity, found.data["virus"]) == ("refuse", "Eicar-Test-Signature")
        too_large = scan_for_viruses(large, "deck", address)
        assert too_large is not None
        assert (too_large.severity, too_large.code.rpartition("_")[2]) == ("unknown", "silent")


def test_a_scanner_that_is_not_there_is_told(tmp_path: Path, settings: Any) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED])
    settings.CLAMD = ""
    assert str(getattr(scan_for_viruses(path), "code", "")).endswith("_not_scanned")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.CLAMD = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert str(getattr(scan_for_viruses(path), "code", "")).endswith("_scanner_silent")
