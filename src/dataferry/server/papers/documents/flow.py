"""Blocks one under the other, on as many pages as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dataferry.messages import Language, LimitError, say
from dataferry.server.papers.documents.blocks import Column, Document, Facts, Heading, Paragraph, Seal, Table
from dataferry.server.papers.documents.faces import width
from dataferry.server.papers.documents.lines import Style, broken
from dataferry.server.papers.documents.pages import A4, INKS, MM, QUIET, TINTS, Area, Code, Page, Rule, Words, band

MARGIN, FOOT, BAND = 20 * MM, 22 * MM, 3 * MM
BODY, SMALL, TITLE, HEADING = 10.5, 8.5, 21.0, 13.0
GAP, PAD = 9.0, 4.0
CODE_SIDE = 30 * MM
LABEL_SHARE = 0.32
LEAST_OF_A_TABLE = 5
"""Lines that a table begins with on a page; with less room it begins on the next."""
MOST_PAGES = 500


@dataclass
class Flow:
    """A document being laid out; `y` is the upper edge of what comes next."""

    document: Document
    pages: list[Page] = field(default_factory=list)
    y: float = 0.0

    def __post_init__(self) -> None:
        self.turn()

    @property
    def language(self) -> Language:
        return self.document.language

    @property
    def page(self) -> Page:
        return self.pages[-1]

    @property
    def measure(self) -> float:
        return self.page.width - 2 * MARGIN

    @property
    def room(self) -> float:
        """Points left above the foot."""
        return self.y - FOOT

    @property
    def whole(self) -> float:
        """Points on an empty page."""
        return self.page.height - MARGIN - FOOT

    def turn(self) -> None:
        """Begin a page."""
        if len(self.pages) == MOST_PAGES:
            raise LimitError("server.papers.too_many_pages", most=MOST_PAGES)
        across, up = A4
        page = Page(up, across) if self.document.landscape else Page(across, up)
        self.pages.append(page)
        band(page, self.document.ink, BAND)
        self.y = page.height - MARGIN

    def lines(self, lines: Sequence[str], style: Style, *, x: float = MARGIN, keep: float = 0.0) -> None:
        """Lines from here on, over pages where needed. The first keeps `keep` points free below it on its page."""
        for number, line in enumerate(lines):
            if self.room < style.leading + (keep if number == 0 else 0.0):
                self.turn()
            self.y -= style.leading
            self.page.marks.append(Words(x, self.y + 0.3 * style.size, line, style))


def laid_out(document: Document) -> list[Page]:
    """The pages of a document.

    Raises:
        LimitError: `server.papers.too_many_pages`.
    """
    flow = Flow(document)
    title = Style(TITLE, INKS[document.ink], bold=True)
    flow.lines(broken(document.title, flow.measure, title, flow.language), title)
    flow.y -= GAP
    for block in document.blocks:
        if isinstance(block, Heading):
            _heading(flow, block)
        elif isinstance(block, Paragraph):
            style = Style(BODY)
            flow.lines(broken(block.text, flow.measure, style, flow.language), style)
        elif isinstance(block, Facts):
            _facts(flow, block)
        elif isinstance(block, Table):
            _table(flow, block)
        else:
            _seal(flow, block)
        flow.y -= GAP
    for number, page in enumerate(flow.pages, 1):
        _foot(document, page, number, len(flow.pages))
    return flow.pages


def _foot(document: Document, page: Page, number: int, count: int) -> None:
    style = Style(SMALL, QUIET)
    shown = say("server.papers.page_number", {"number": number, "count": count}, document.language)
    wide = width(shown, SMALL, document.language)
    page.marks.append(Rule(MARGIN, FOOT - 8, page.width - 2 * MARGIN))
    page.marks.append(Words(page.width - MARGIN - wide, FOOT - 20, shown, style))
    measure = page.width - 2 * MARGIN - wide - 20
    for row, line in enumerate(broken(document.footer, measure, style, document.language)[:2]):
        page.marks.append(Words(MARGIN, FOOT - 20 - row * style.leading, line, style))


def _heading(flow: Flow, block: Heading) -> None:
    style = Style(HEADING, INKS[flow.document.ink], bold=True)
    flow.y -= GAP / 2
    # A heading alone at the foot of a page would belong to nothing: what a table needs to begin stays below it.
    keep = GAP + LEAST_OF_A_TABLE * Style(SMALL + 1).leading
    flow.lines(broken(block.text, flow.measure, style, flow.language), style, keep=keep)


def _facts(flow: Flow, block: Facts) -> None:
    label, value = Style(SMALL + 1, QUIET), Style(BODY)
    split = flow.measure * LABEL_SHARE
    for name, text in block.rows:
        _row(
            flow,
            [
                _Cell(broken(name, split - GAP, label, flow.language), label, MARGIN, split - GAP),
                _Cell(broken(text, flow.measure - split, value, flow.language), value, MARGIN + split, 0),
            ],
        )


@dataclass(frozen=True)
class _Cell:
    """Lines of one cell, in a column that begins at `x`."""

    lines: list[str]
    style: Style
    x: float
    wide: float
    at_right: bool = False


def _row(flow: Flow, cells: Sequence[_Cell], head: Sequence[_Cell] = ()) -> None:
    """Cells beside each other and a hairline below; a row that is higher than a page is continued on the next."""
    leading = max(cell.style.leading for cell in cells)
    count, done = max(len(cell.lines) for cell in cells), 0
    if count * leading + 2 * PAD > flow.room and count * leading + 2 * PAD <= flow.whole - 4 * leading:
        _turned(flow, head)
    while done < count:
        if flow.room < leading + 2 * PAD:
            _turned(flow, head)
        some = min(count - done, max(1, int((flow.room - 2 * PAD) // leading)))
        flow.y -= PAD
        for cell in cells:
            _cell(flow, cell, cell.lines[done : done + some], leading)
        flow.y -= some * leading + PAD
        done += some
    flow.page.marks.append(Rule(MARGIN, flow.y, flow.measure))


def _cell(flow: Flow, cell: _Cell, lines: Sequence[str], leading: float) -> None:
    for number, line in enumerate(lines, 1):
        x = cell.x
        if cell.at_right:
            x += cell.wide - width(line, cell.style.size, flow.language, cell.style.bold)
        y = flow.y - number * leading + 0.3 * cell.style.size
        flow.page.marks.append(Words(x, y, line, cell.style))


def _turned(flow: Flow, head: Sequence[_Cell]) -> None:
    flow.turn()
    if head:
        _row(flow, head)


def _table(flow: Flow, block: Table) -> None:
    style, head_style = Style(SMALL + 1), Style(SMALL + 1, INKS[flow.document.ink], bold=True)
    widths = _widths(flow, block, style)

    def cells(texts: Sequence[str], looks: Style) -> list[_Cell]:
        made, x = [], MARGIN
        for column, text, wide in zip(block.columns, texts, widths, strict=True):
            lines = broken(text, wide - GAP, looks, flow.language)
            made.append(_Cell(lines, looks, x, wide - GAP, column.number))
            x += wide
        return made

    head = cells([_short(column, widths[0]) for column in block.columns], head_style)
    if flow.room < LEAST_OF_A_TABLE * head_style.leading:
        flow.turn()
    _row(flow, head)
    for row in block.rows:
        _row(flow, cells(row, style), head)


def _short(column: Column, _wide: float) -> str:
    """A head is repeated on every page and may not fill it."""
    return column.title if len(column.title) <= 200 else column.title[:199] + "…"


def _widths(flow: Flow, block: Table, style: Style) -> list[float]:
    """Widths that sum up to the page's: as wide as the cells need, the widest columns giving way first."""
    columns = range(len(block.columns))
    wanted = [width(column.title, style.size, flow.language, bold=True) for column in block.columns]
    for row in block.rows:
        wanted = [max(wanted[i], width(row[i][:200], style.size, flow.language)) for i in columns]
    wanted = [wide + GAP + 1 for wide in wanted]
    if sum(wanted) <= flow.measure:
        spare = (flow.measure - sum(wanted)) / len(wanted)
        return [wide + spare for wide in wanted]
    given: dict[int, float] = {}
    left = flow.measure
    for done, i in enumerate(sorted(columns, key=lambda i: wanted[i])):
        given[i] = min(wanted[i], left / (len(wanted) - done))
        left -= given[i]
    return [given[i] for i in columns]


def _seal(flow: Flow, block: Seal) -> None:
    style = Style(SMALL + 0.5)
    beside = CODE_SIDE + 2 * GAP if block.address else 0.0
    measure = flow.measure - beside - 2 * GAP
    lines = [line for text in block.lines for line in broken(text, measure, style, flow.language)]
    height = max(CODE_SIDE if block.address else 0.0, len(lines) * style.leading) + 2 * GAP
    if height > flow.whole:
        # No frame holds it: as running text, with the code behind it.
        flow.lines(lines, style)
        lines, height = [], (CODE_SIDE if block.address else 0.0) + 2 * GAP
    if height > flow.room:
        flow.turn()
    flow.y -= height
    flow.page.marks.append(Area(MARGIN, flow.y, flow.measure, height, TINTS[flow.document.ink]))
    for number, line in enumerate(lines, 1):
        y = flow.y + height - GAP - number * style.leading + 0.3 * style.size
        flow.page.marks.append(Words(MARGIN + GAP, y, line, style))
    if block.address:
        x = MARGIN + flow.measure - GAP - CODE_SIDE
        flow.page.marks.append(Code(x, flow.y + height - GAP - CODE_SIDE, CODE_SIDE, block.address))
