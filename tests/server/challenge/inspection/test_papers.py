"""Promise: a paper is what it is by its content; what cannot be told is unknown, never a pass."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from dataferry.messages import LANGUAGES, codes
from dataferry.server.challenge import inspection
from dataferry.server.challenge.inspection import Demands, Finding, Inspection, Speech, kinds
from dataferry.server.challenge.inspection.scripts import writing_of
from server.challenge.inspection.making import (
    ENGLISH,
    FRENCH,
    SIMPLIFIED,
    TRADITIONAL,
    archive_bomb,
    changed,
    checked,
    film,
    paper,
    slides,
)

DECK = Demands(
    role="proposal",
    types=("pdf",),
    most_bytes=2_000_000,
    most_pages=4,
    languages=(frozenset({"en", "zh-Hans"}), frozenset({"zh-Hans"})),
)


def looked_at(path: Path, demands: Demands = DECK, name: str = "deck.pdf") -> Inspection:
    return checked(path, name, demands)


def told(found: Inspection) -> dict[str, str]:
    """Code -> severity."""
    return {each.code.rpartition(".inspected_")[2]: each.severity for each in found.findings}


def test_a_good_deck_has_no_finding_but_its_fonts(tmp_path: Path) -> None:
    found = looked_at(paper(tmp_path / "a", [SIMPLIFIED, SIMPLIFIED, SIMPLIFIED]))
    assert told(found) == {"fonts": "warn"}
    assert (found.facts["type"], found.facts["pages"], found.refused) == ("pdf", 3, False)
    assert found.facts["languages"]["zh-Hans"] > 0.9
    english = looked_at(paper(tmp_path / "b", [ENGLISH] * 2), replace(DECK, languages=(frozenset({"en"}),)))
    assert told(english) == {}


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([SIMPLIFIED, SIMPLIFIED], {}),
        ([ENGLISH, SIMPLIFIED, ENGLISH, SIMPLIFIED], {}),
        ([TRADITIONAL, TRADITIONAL], {"language": "refuse"}),
        ([ENGLISH, TRADITIONAL, ENGLISH, TRADITIONAL], {"language": "refuse"}),
        ([ENGLISH, ENGLISH], {"language": "refuse"}),
        ([SIMPLIFIED, TRADITIONAL], {"script_mixed": "warn"}),
        ([FRENCH, FRENCH], {"language_unknown": "unknown"}),
        (["", "", ""], {"text_too_little": "unknown"}),
        ([SIMPLIFIED, "", "", ""], {"text_too_little": "unknown"}),
        (["数据 data"], {"text_too_little": "unknown"}),
    ],
)
def test_the_language_is_told_by_its_characters(tmp_path: Path, pages: list[str], expected: dict[str, str]) -> None:
    found = told(looked_at(paper(tmp_path / "a", pages)))
    found.pop("fonts", None)
    assert found == expected


def test_a_deck_in_traditional_chinese_is_told_from_one_in_simplified(tmp_path: Path) -> None:
    wanted = replace(DECK, languages=(frozenset({"zh-Hant"}),))
    assert "language" not in told(looked_at(paper(tmp_path / "a", [TRADITIONAL] * 2), wanted))
    assert told(looked_at(paper(tmp_path / "b", [SIMPLIFIED] * 2), wanted))["language"] == "refuse"
    either = replace(DECK, languages=(frozenset({"zh"}),))
    for number, pages in enumerate(([TRADITIONAL] * 2, [SIMPLIFIED] * 2, [TRADITIONAL, SIMPLIFIED])):
        assert set(told(looked_at(paper(tmp_path / f"c{number}", pages), either))) <= {"fonts"}
    # Names of the other city's bodies in their own script do not make a Simplified text a mixed one.
    quoting = writing_of(SIMPLIFIED * 3 + "香港特別行政區政府運輸署")
    assert max(quoting.shares, key=lambda name: quoting.shares[name]) == "zh-Hans"
    # Characters that both scripts write are evidence for neither: 后, 里, 台, 干.
    shared = writing_of("后里台干" * 100)
    assert (shared.simplified, shared.traditional) == (0, 0)


def test_too_many_pages_and_bytes_are_told_with_their_figures(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED] * 5)
    found = looked_at(path, replace(DECK, most_bytes=1000))
    figures = {each.code.rpartition("_")[2]: each.figure for each in found.findings if each.severity == "refuse"}
    assert figures == {"size": path.stat().st_size, "pages": 5}
    finding = next(each for each in found.findings if each.code.endswith("_pages"))
    assert (finding.role, finding.text("en")) == (
        "proposal",
        "The file has 5 pages; the edition takes at most 4.",
    )
    assert "5 頁" in finding.text("zh-Hant")
    assert Finding.from_json(finding.to_json()).code == finding.code


def test_a_pdf_that_is_something_else_is_refused_by_what_it_is(tmp_path: Path) -> None:
    made: dict[str, Callable[[Path], Any]] = {
        "zip": lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "a"),
        "pptx": lambda path: slides(path, [SIMPLIFIED]),
        "mp4": lambda path: film(path, 10),
        "png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
        "exe": lambda path: path.write_bytes(b"MZ" + bytes(100)),
        "html": lambda path: path.write_bytes(b"<!DOCTYPE html><script>alert(1)</script>"),
        "text": lambda path: path.write_text(SIMPLIFIED, encoding="utf-8"),
        "unknown": lambda path: path.write_bytes(bytes(range(256))),
        "webm": lambda path: path.write_bytes(b"\x1aE\xdf\xa3\x01\x00B\x82\x84webm"),
        "mov": lambda path: path.write_bytes(b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  "),
        "ole": lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)),
    }
    for kind, make in made.items():
        path = tmp_path / f"{kind}.pdf"
        make(path)
        assert kinds.kind_of(path) == kind
        assert told(looked_at(path))["type"] == "refuse", kind
    (tmp_path / "empty.pdf").touch()
    assert told(looked_at(tmp_path / "empty.pdf")) == {"empty": "refuse"}


def test_a_name_that_says_something_else_is_told(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED])
    assert told(looked_at(path, name="deck.mp4"))["suffix"] == "warn"
    for harmless in ("deck", "deck.PDF", "簡報.pdf", "x" * 10_000 + ".pdf", "\u202efdp.pdf", "🚇.pdf"):
        assert "suffix" not in told(looked_at(path, name=harmless))


def test_a_paper_that_is_an_archive_at_once_is_refused(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("inside.exe", b"MZ")
    assert kinds.kind_of(path) == "pdf"
    assert told(looked_at(path))["two_kinds"] == "refuse"


def test_what_a_paper_does_and_carries_is_found(tmp_path: Path) -> None:
    def script(writer: Any) -> None:
        from pypdf.generic import DictionaryObject, NameObject, TextStringObject

        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    def attachment(writer: Any) -> None:
        writer.add_attachment("salaries.xlsx", b"PK")

    def launch(writer: Any) -> None:
        from pypdf.generic import DictionaryObject, NameObject, TextStringObject

        action = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc.exe")}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    for expected, change in (("does_script", script), ("attachment", attachment), ("does_launch", launch)):
        found = told(looked_at(changed(paper(tmp_path / expected, [SIMPLIFIED] * 2), change)))
        assert found == {"fonts": "warn", expected: "refuse"}


def test_links_are_told_with_their_page_and_host(tmp_path: Path) -> None:
    def link(canvas: Any, page: int) -> None:
        if page == 2:
            canvas.linkURL("https://maps.example.org/ours?x=1", (10, 10, 50, 50))

    found = looked_at(paper(tmp_path / "a", [SIMPLIFIED] * 3, draw=link))
    finding = next(each for each in found.findings if each.code.endswith("_links"))
    assert (finding.severity, finding.figure, finding.place, finding.data["hosts"]) == (
        "warn",
        1,
        2,
        ["maps.example.org"],
    )


def test_locked_papers_are_refused_and_restricted_ones_told(tmp_path: Path) -> None:
    locked = paper(tmp_path / "a", [SIMPLIFIED], encrypt=StandardEncryption("secret", "owner", strength=128))
    assert told(looked_at(locked)) == {"encrypted": "refuse"}
    restricted = paper(tmp_path / "b", [SIMPLIFIED], encrypt=StandardEncryption("", "owner", canPrint=0, strength=128))
    assert told(looked_at(restricted))["restricted"] == "warn"


def test_fonts_that_are_not_embedded_are_named(tmp_path: Path) -> None:
    found = looked_at(paper(tmp_path / "a", [SIMPLIFIED]))
    finding = next(each for each in found.findings if each.code.endswith("_fonts"))
    assert "STSong-Light" in finding.text("en")


@pytest.mark.parametrize("cut", [20, 300, 0.5, 0.9])
def test_a_damaged_paper_is_told_as_such(tmp_path: Path, cut: float) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED] * 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut if cut > 1 else cut * len(whole))])
    found = told(looked_at(path))
    # What can still be recovered is read; nothing of it passes silently where the text is gone.
    assert {"unreadable", "text_too_little"} & set(found) or "fonts" in found
    assert "crashed" not in found


def test_slides_are_read_like_papers_and_archives_are_not_unpacked(tmp_path: Path) -> None:
    wanted = replace(DECK, types=("pptx", "zip"))
    assert told(looked_at(slides(tmp_path / "a.pptx", [SIMPLIFIED] * 2), wanted, "a.pptx")) == {}
    assert told(looked_at(slides(tmp_path / "b.pptx", [TRADITIONAL] * 2), wanted, "b.pptx")) == {"language": "refuse"}
    bomb = archive_bomb(tmp_path / "bomb.zip")
    assert told(looked_at(bomb, wanted, "bomb.zip")) == {"archive_bomb": "refuse"}
    bomb.write_bytes(bomb.read_bytes()[:-30])
    assert told(looked_at(bomb, wanted, "bomb.zip")) == {"unreadable": "refuse"}


def test_demands_come_from_an_edition_and_survive_their_way_to_the_child() -> None:
    way = SimpleNamespace(spoken="en", subtitles=("zh-Hans",))
    deliverable = SimpleNamespace(
        types=None,
        most_bytes=None,
        most_pages=20,
        languages=[("en", "zh-Hans"), ("zh-Hans",)],
        least_seconds=None,
        most_seconds=180,
        speech=[way],
    )
    demands = Demands.of("video", deliverable, spoken="en")
    assert demands.speech == (Speech("en", ("zh-Hans",)),)
    assert demands.languages == DECK.languages
    assert Demands.from_json(demands.to_json()) == demands


def test_every_finding_has_words_in_three_languages() -> None:
    source = Path(inspection.__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in source.glob("*.py"))
    used = set(re.findall(r'"(?:server\.challenge\.)?((?:inspected|leak)_[a-z_]+[a-z])"', text))
    used.discard("leak_scan")
    used |= {f"inspected_does_{what}" for what in ("script", "launch", "form", "media", "attachment")}
    used |= {f"leak_name_{where}" for where in ("text", "file_name", "metadata", "annotation", "alt", "bookmark")}
    known = {key for key in codes("server.challenge") if key.startswith(("inspected_", "leak_"))}
    assert used == known
    for key in known:
        assert set(codes("server.challenge")[key]) == set(LANGUAGES)
