"""Promise: an anonymous file that tells who made it is found out, wherever and however the name is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.server.challenge.inspection import Finding, Identities
from dataferry.server.challenge.inspection.names import Haystack, Needle, masked
from server.challenge.inspection.making import ENGLISH, SIMPLIFIED, changed, paper, searched, slides

WHO = Identities(
    people=("Chan Tai Man", "陳大文", "José García", "歐陽志豪"),
    organisations=("Harbour Data Company Limited", "海港數據科技有限公司"),
    teams=("Harbour Owls 海港貓頭鷹",),
    emails=("taiman@example.org",),
)


def scanned(path: Path, name: str = "deck.pdf", who: Identities = WHO) -> list[Finding]:
    return searched(path, name, who)


def codes(found: list[Finding]) -> set[str]:
    return {each.code.rpartition(".leak_")[2] for each in found}


def test_a_paper_that_names_nobody_has_no_leak(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED, ENGLISH + " In 2023 2024 there were 1.234.567 cars, 12345678 in all."])
    assert scanned(path) == []


@pytest.mark.parametrize(
    "written",
    [
        "Chan Tai Man",
        "CHAN TAI-MAN",
        "Tai Man Chan",
        "chan, taiman",
        "TaiMan Chan",
        "C H A N  T A I  M A N",
        "Chan\u00a0Tai\u00adMan",
        "ＣＨＡＮ　ＴＡＩ　ＭＡＮ",
        "陈大文",
        "陳 大 文",
        "Jose GARCIA",
        "García, José",
        "欧阳志豪",
        "Harbour Data Co. Ltd.",
        "harbourdata",
        "海港数据科技",
        "Harbour Owls",
        "海港猫头鹰",
    ],
)
def test_a_name_is_found_in_every_way_of_writing(written: str) -> None:
    kinds = {"person": WHO.people, "organisation": WHO.organisations, "team": WHO.teams}
    haystack = Haystack.of(f"Our work: {written} made this, 我们的作品")
    assert any(haystack.holds(Needle.of(kind, name)) for kind, names in kinds.items() for name in names)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Li", "The list of limits is linear"),
        ("Ann", "Annual planning"),
        ("Chan Tai Man", "A channel tailored for many"),
        ("陳大文", "陳先生和大家的文字"),
        ("Data Ltd", "data of both cities"),
    ],
)
def test_what_only_looks_like_a_name_is_left_alone(name: str, text: str) -> None:
    needle = Needle.of("person", name)
    if name in ("Li", "Ann"):
        assert not needle.words | needle.glued | needle.han
    assert name == "Data Ltd" or not Haystack.of(text).holds(needle)


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_can_be_searched_for_any_name(text: str, name: str) -> None:
    needle = Needle.of("team", name)
    Haystack.of(text).holds(needle)
    if needle.han | needle.words:
        assert Haystack.of(f"{text} {name} {text}").holds(needle)


def test_names_are_told_with_their_page_and_masked(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED, "We are Chan Tai Man and friends", "联系：陈大文，与我们的数据"])
    found = scanned(path)
    assert {(each.place, each.data["example"], each.data["kind"]) for each in found} == {
        (2, "C••• T•• M••", "person"),
        (3, "陳••", "person"),
    }
    said = found[0].text("en") + found[0].text("zh-Hant") + str(found[0].to_json())
    assert "Tai Man" not in said
    assert all(each.severity == "warn" for each in found)


def test_properties_tell_authors_and_user_names(tmp_path: Path) -> None:
    path = paper(
        tmp_path / "a",
        [SIMPLIFIED],
        author="Wong Siu Ming",
        title="Proposal of Harbour Owls",
        creator=r"C:\Users\siuming\Desktop\deck.pptx",
        subject="Proposal",
    )
    found = scanned(path)
    assert codes(found) == {"author", "name_metadata", "user_name"}
    assert next(each for each in found if each.code.endswith("_author")).data["example"] == "W••• S•• M•••"


def test_xmp_comments_bookmarks_alternative_texts_and_links_are_searched(tmp_path: Path) -> None:
    from pypdf.annotations import FreeText
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

    def draw(canvas: Any, page: int) -> None:
        if page == 2:
            canvas.linkURL("https://github.com/chantaiman-hk", (10, 10, 50, 50))
            canvas.linkURL("mailto:taiman@example.org", (10, 60, 50, 90))

    def change(writer: Any) -> None:
        note = FreeText(text="Ask Tai Man Chan about this", rect=(1, 1, 50, 50))
        writer.add_annotation(page_number=0, annotation=note)
        writer.add_outline_item(title="海港猫头鹰", page_number=0)
        figure = {NameObject("/S"): NameObject("/Figure"), NameObject("/Alt"): TextStringObject("Logo of 海港數據科技")}
        writer._add_object(DictionaryObject(figure))
        xmp = DecodedStreamObject()
        xmp.set_data(b"<x:xmpmeta><dc:creator><rdf:li>Chan Tai Man</rdf:li></dc:creator></x:xmpmeta>")
        writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)

    found = scanned(changed(paper(tmp_path / "a", [SIMPLIFIED, SIMPLIFIED], draw=draw), change))
    assert codes(found) == {"name_on_page", "name_bookmark", "name_alt", "name_metadata", "profile", "email"}
    places = {each.code.rpartition("_")[2]: each.place for each in found}
    assert (places["profile"], places["email"]) == (2, 2)
    email = next(each for each in found if each.code.endswith("_email"))
    assert email.data["declared"] is True
    assert "taiman" not in str([each.to_json() for each in found])


def test_addresses_and_numbers_of_people_are_found_and_figures_are_not(tmp_path: Path) -> None:
    texts = ["Write to a.wong@example.com.hk or", "+852 9123 4567, or 13812345678", "linkedin.com/in/someone"]
    found = scanned(paper(tmp_path / "a", [SIMPLIFIED, *texts]))
    assert codes(found) == {"email", "phone", "profile"}
    assert sum(each.code.endswith("_phone") for each in found) == 2
    shown = str([each.to_json() for each in found])
    assert "9123" not in shown
    assert "someone" not in shown


def test_text_that_nobody_sees_is_searched_and_told(tmp_path: Path) -> None:
    def draw(canvas: Any, page: int) -> None:
        text = canvas.beginText(10, 10)
        text.setTextRenderMode(3)
        text.textLine("Chan Tai Man")
        canvas.drawText(text)

    found = scanned(paper(tmp_path / "a", [ENGLISH], draw=draw))
    assert {(each.code.rpartition(".leak_")[2], each.place) for each in found} == {
        ("name_on_page", 1),
        ("hidden_text", 1),
    }


def test_the_name_of_the_file_counts_too(tmp_path: Path) -> None:
    path = paper(tmp_path / "a", [SIMPLIFIED])
    assert codes(scanned(path, "海港貓頭鷹_final.pdf")) == {"name_file_name"}
    assert codes(scanned(path, "ChanTaiMan.pdf")) == {"name_file_name"}


def test_what_cannot_be_searched_is_unknown(tmp_path: Path) -> None:
    found = scanned(paper(tmp_path / "a", [SIMPLIFIED, ""]))
    assert [(each.severity, each.data["count"]) for each in found] == [("unknown", 1)]
    picture = tmp_path / "b.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert [(each.code.rpartition(".")[2], each.severity) for each in scanned(picture)] == [
        ("leak_not_read", "unknown")
    ]


def test_slides_tell_their_authors_and_logos(tmp_path: Path) -> None:
    path = slides(tmp_path / "a.pptx", [ENGLISH, "Chan Tai Man"], creator="Wong Siu Ming", alt="Harbour Owls logo")
    found = scanned(path, "a.pptx")
    assert {(each.code.rpartition(".leak_")[2], each.place) for each in found} == {
        ("name_on_page", 1),
        ("name_on_page", 2),
        ("author", None),
    }


def test_masks_show_no_more_than_is_needed() -> None:
    assert masked("Chan Tai Man") == "C••• T•• M••"
    assert masked("陳大文") == "陳••"
    assert len(masked("x" * 10_000)) <= 80
