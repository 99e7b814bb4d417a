"""Promise: a paper says in three scripts what it was given, in the same bytes each time, and no text breaks it."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.messages import LANGUAGES, InputError, Language, LimitError
from dataferry.server.papers import documents
from dataferry.server.papers.documents import (
    Certificate,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Rendered,
    Seal,
    Table,
)
from dataferry.server.papers.documents.faces import MARK, width
from dataferry.server.papers.documents.flow import laid_out
from dataferry.server.papers.documents.lines import Style, broken
from dataferry.server.papers.documents.pages import Words

NAMES: dict[Language, str] = {
    "en": "Chan Tai Man & Zoë Brontë",
    "zh-Hant": "深水埗嘅陳大文",
    "zh-Hans": "浦东新区的张伟",
}
PROSE: dict[Language, str] = {
    "en": "won the Grand Award of the two-city challenge",
    "zh-Hant": "榮獲雙城數據挑戰賽大獎，特此證明。",
    "zh-Hans": "荣获双城数据挑战赛大奖，特此证明。",
}
SEAL = Seal(("Scan to check.", "sha256 9f86d081"), "https://ferry.example/c/1")
HOSTILE = [
    "😀 emoji 👩‍👩‍👧‍👦 family",
    "اسم عربي و שם עברי",
    "\u202ereversed\u202c and \u200bhidden",
    "Z̸̡̢a̷̛l̴̨g̷̡o",
    "x" * 10_000,
    "長" * 10_000,
    "\x00\x07\r\n\ttabs and bells",
    "\ud800 half a character",
    "<b>&amp; \\(not) a [tag]",
    "𠮷野家 𨋢",
    "",
]


def reader(made: Rendered) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made.body))


def text_of(made: Rendered) -> str:
    return "\n".join(page.extract_text() for page in reader(made).pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_can_be_read_searched_and_checked(language: Language) -> None:
    paper = Certificate(
        NAMES[language],
        language,
        NAMES[language],
        lines=(PROSE[language],),
        facts=(("No.", "DF-2026-0012"),),
        seal=SEAL,
        ink="hong-kong",
    )
    made = documents.render(paper)
    text = squeezed(text_of(made))
    for each in (NAMES[language], PROSE[language], "DF-2026-0012", "Scan to check."):
        assert squeezed(each) in text
    assert (made.pages, made.missing, made.shortened) == (1, (), ())
    root = reader(made).trailer["/Root"]
    assert root["/Lang"] == {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}[language]
    assert reader(made).metadata.title == NAMES[language]
    page = reader(made).pages[0].mediabox
    assert page.width > page.height


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_keeps_every_row_and_numbers_its_pages(language: Language) -> None:
    rows = [(str(number), f"{NAMES[language]} {number}", f"{number}.25") for number in range(90)]
    columns = (Column("#", number=True), Column(NAMES[language]), Column("total", number=True))
    blocks = (
        Paragraph(PROSE[language] * 12),
        Heading(PROSE[language]),
        Facts([("edition", "2026"), ("round", NAMES[language] * 30)]),
        Table(columns, rows),
        SEAL,
    )
    made = documents.render(Document(PROSE[language], language, blocks, ink="shanghai", footer="Dataferry"))
    text = squeezed(text_of(made))
    assert made.pages > 2
    assert all(squeezed(f"{NAMES[language]} {number}{number}.25") in text for number in range(90))
    assert squeezed(NAMES[language] * 30) in text
    assert text.count("Dataferry") == made.pages
    shown = {
        "en": f"Page{made.pages}of{made.pages}",
        "zh-Hant": f"第{made.pages}頁，共{made.pages}頁",
        "zh-Hans": f"第{made.pages}页，共{made.pages}页",
    }
    assert shown[language] in text
    heads = [squeezed(page.extract_text()).count("total") for page in reader(made).pages]
    assert heads.count(1) >= made.pages - 1, "the head of the table stands on each of its pages"


def test_the_same_description_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Certificate("Award", "en", "Łukasz 深水埗", seal=SEAL, dated=datetime(2026, 11, 22, 8, tzinfo=UTC))
    first = documents.render(paper)
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    assert documents.render(paper).body == first.body
    assert reader(first).metadata["/CreationDate"] == "D:20261122080000+00'00'"
    other = Certificate("Award", "en", "Łukasz 深水涌", seal=SEAL, dated=paper.dated)
    assert documents.render(other).body != first.body


def test_what_no_font_has_is_marked_and_told() -> None:
    made = documents.render(Certificate("Award", "en", "Zoë 😀 Żółw Nguyễn", lines=("أحمد",)))
    text = squeezed(text_of(made))
    assert f"Zoë{MARK}ZółwNguyen" in text
    assert MARK * 4 in text
    assert set(made.missing) == {"😀", "Ż", "ễ", *"أحمد"}


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_breaks_a_paper(hostile: str, language: Language) -> None:
    seal = Seal((hostile,), "https://ferry.example/")
    facts = ((hostile, hostile),)
    certificate = documents.render(Certificate(hostile, language, hostile, hostile, (hostile,), facts, seal))
    assert certificate.pages == len(reader(certificate).pages) == 1
    assert ("name" in certificate.shortened) == (len(hostile) == 10_000)
    blocks = (Heading(hostile), Paragraph(hostile), Facts(facts), Table((Column(hostile),), ((hostile,),)), seal)
    made = documents.render(Document(hostile, language, blocks, footer=hostile))
    assert made.pages == len(reader(made).pages)
    if len(hostile) == 10_000 and language == "en":
        assert squeezed(text_of(made)).count(hostile[0]) >= 7 * 10_000, (
            "nothing of a document is cut but its head and foot"
        )


def test_nothing_is_drawn_outside_the_page() -> None:
    from dataferry.server.papers.documents import certificate, flow
    from dataferry.server.papers.documents.pages import Words

    long = "長名 long name " * 300
    sheet, _cut = certificate.laid_out(Certificate(long, "en", long, long, (long,), ((long, long),), SEAL))
    pages = flow.laid_out(
        Document(long, "en", (Facts(((long, long),)), Table((Column("a"), Column("b")), ((long, long),))))
    )
    for page in [sheet, *pages]:
        for mark in page.marks:
            if isinstance(mark, Words):
                end = mark.x + width(mark.text, mark.style.size, "en", mark.style.bold)
                assert mark.x >= 0
                assert end <= page.width
                assert 0 <= mark.y <= page.height


def test_limits_are_told() -> None:
    with pytest.raises(LimitError, match="more than 500 pages"):
        documents.render(Document("t", "en", (Paragraph("line\n" * 40_000),)))
    with pytest.raises(InputError) as caught:
        documents.render(Certificate("t", "en", "n", seal=Seal((), "https://ferry.example/" + "x" * 600)))
    assert caught.value.code == "server.papers.address_too_long"
    with pytest.raises(ValueError, match="one cell"):
        Table((Column("a"),), (("1", "2"),))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120), st.sampled_from(LANGUAGES))
@settings(max_examples=150)
def test_lines_lose_nothing_and_none_is_too_wide(text: str, language: Language) -> None:
    style = Style(10)
    lines = broken(text, 90, style, language)
    assert squeezed("".join(lines)) == squeezed(text)
    assert all(width(line, 10, language) <= 90 + 0.01 for line in lines)


def test_a_line_begins_with_no_closing_mark_and_words_stay_whole() -> None:
    lines = broken(PROSE["zh-Hant"] * 8, 100, Style(10), "zh-Hant")
    assert not any(line[0] in "，。、）」" for line in lines if line)
    assert broken("won the Grand Award", 60, Style(10), "en") == ["won the", "Grand Award"]


def test_no_heading_of_a_table_is_left_alone_at_the_foot_of_a_page() -> None:
    for before in range(20, 45):
        facts = Facts([(f"fact {number}", "said") for number in range(before)])
        table = Table([Column("Name"), Column("Title")], [["cell", "Cell"]] * 4)
        blocks = [facts, Heading("Output fields"), table]
        pages = laid_out(Document(title="Sheet", language="en", blocks=blocks, ink="both", footer=""))
        said = [[mark.text for mark in page.marks if isinstance(mark, Words)] for page in pages]
        (page,) = (each for each in said if "Output fields" in each)
        assert "cell" in page, before
