"""From a description to the bytes of a PDF file."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from dataferry.messages import InputError, Language
from dataferry.server.papers.documents import certificate, flow
from dataferry.server.papers.documents.blocks import Certificate, Document, Rendered, Seal
from dataferry.server.papers.documents.faces import drawable, register, runs
from dataferry.server.papers.documents.pages import Area, Code, Mark, Page, Rule, Words

TAGS: Mapping[Language, str] = {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}
LONGEST_ADDRESS = 600
"""Characters of a QR code that telephones still read when it is printed three centimetres wide."""

LONGEST_TITLE = 200
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
_LITERAL = frozenset({"language", "ink", "address"})
T = TypeVar("T")


def render(paper: Document | Certificate) -> Rendered:
    """The paper as a PDF file, with language and title stated. The same description gives the same bytes.

    Raises:
        InputError: `server.papers.address_too_long`, the address of a seal does not fit a QR code that can be read.
        LimitError: `server.papers.too_many_pages`.
    """
    register()
    missing: set[str] = set()
    clean = _clean(paper, paper.language, missing)
    shortened: tuple[str, ...] = ()
    if isinstance(clean, Certificate):
        page, shortened = certificate.laid_out(clean)
        pages = [page]
    else:
        pages = flow.laid_out(clean)
    return Rendered(_drawn(clean, pages), len(pages), tuple(sorted(missing)), shortened)


def _clean(value: T, language: Language, missing: set[str]) -> T:
    """The same description with every text in characters that can be drawn."""
    if isinstance(value, Seal) and len(value.address) > LONGEST_ADDRESS:
        raise InputError("server.papers.address_too_long", longest=LONGEST_ADDRESS)
    if isinstance(value, str):
        return cast(T, drawable(value, language, missing))
    if isinstance(value, list | tuple):
        return cast(T, tuple(_clean(item, language, missing) for item in value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {
            each.name: _clean(getattr(value, each.name), language, missing)
            for each in dataclasses.fields(value)
            if each.name not in _LITERAL
        }
        return cast(T, dataclasses.replace(cast(Any, value), **changes))
    return value


def _drawn(paper: Document | Certificate, pages: list[Page]) -> bytes:
    buffer = io.BytesIO()
    size = (pages[0].width, pages[0].height)
    canvas = Canvas(buffer, pagesize=size, invariant=1, lang=TAGS[paper.language], pageCompression=1)
    moment = (paper.dated or _UNDATED).astimezone(UTC)
    # reportlab would take the clock, or a constant of its own.
    canvas.setDateFormatter(lambda *_: f"{moment:D:%Y%m%d%H%M%S}+00'00'")
    canvas.setTitle(_one_line(paper.title))
    canvas.setSubject(_one_line(paper.subject))
    canvas.setAuthor("Dataferry")
    canvas.setProducer("Dataferry")
    canvas.setCreator("Dataferry")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for page in pages:
        for mark in page.marks:
            _draw(canvas, mark, paper.language)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _draw(canvas: Canvas, mark: Mark, language: Language) -> None:
    if isinstance(mark, Words):
        _words(canvas, mark, language)
    elif isinstance(mark, Rule):
        canvas.setStrokeColor(HexColor(mark.colour))
        canvas.setLineWidth(mark.thickness)
        canvas.line(mark.x, mark.y, mark.x + mark.length, mark.y)
    elif isinstance(mark, Area):
        canvas.setFillColor(HexColor(mark.colour))
        canvas.setStrokeColor(HexColor(mark.colour))
        canvas.setLineWidth(mark.edge)
        filled = mark.edge == 0
        canvas.rect(mark.x, mark.y, mark.width, mark.height, stroke=int(not filled), fill=int(filled))
    else:
        _code(canvas, mark)


def _words(canvas: Canvas, mark: Words, language: Language) -> None:
    text = canvas.beginText(mark.x, mark.y)
    text.setFillColor(HexColor(mark.style.colour))
    for face, part in runs(mark.text, language, mark.style.bold):
        text.setFont(face, mark.style.size)
        text.textOut(part)
    canvas.drawText(text)


def _code(canvas: Canvas, mark: Code) -> None:
    code = QrCodeWidget(mark.address, barLevel="M", barBorder=4)
    left, bottom, right, top = code.getBounds()
    drawing = Drawing(
        mark.side, mark.side, transform=[mark.side / (right - left), 0, 0, mark.side / (top - bottom), 0, 0]
    )
    drawing.add(code)
    renderPDF.draw(drawing, canvas, mark.x, mark.y)
