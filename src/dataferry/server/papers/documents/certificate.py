"""A certificate: one page, everything centred but the small print, and whatever is too long made smaller."""

from __future__ import annotations

from dataclasses import dataclass

from dataferry.server.papers.documents.blocks import Certificate
from dataferry.server.papers.documents.faces import width
from dataferry.server.papers.documents.lines import Fitted, Style, broken, fitted
from dataferry.server.papers.documents.pages import A4, INKS, MM, QUIET, Area, Code, Page, Rule, Words, band

MARGIN, BAND = 14 * MM, 5 * MM
INNER = 30 * MM
CODE_SIDE = 30 * MM
FOOT_BOTTOM = MARGIN + 11 * MM
FOOT_HEIGHT = 40 * MM


@dataclass
class _Sheet:
    page: Page
    certificate: Certificate
    shortened: list[str]

    @property
    def measure(self) -> float:
        return self.page.width - 2 * INNER

    def fit(self, part: str, text: str, height: float, style: Style, smallest: float) -> Fitted:
        found = fitted(text, self.measure, height, style, smallest, self.certificate.language)
        if found.cut and part not in self.shortened:
            self.shortened.append(part)
        return found

    def centred(self, made: Fitted, top: float) -> float:
        """Draw lines in the middle, from `top` down. Returns where they end."""
        for line in made.lines:
            top -= made.style.leading
            wide = width(line, made.style.size, self.certificate.language, made.style.bold)
            x = (self.page.width - wide) / 2
            self.page.marks.append(Words(x, top + 0.3 * made.style.size, line, made.style))
        return top


def laid_out(certificate: Certificate) -> tuple[Page, tuple[str, ...]]:
    """The page, and the parts that had to be cut."""
    across, up = A4
    sheet = _Sheet(Page(up, across) if certificate.landscape else Page(across, up), certificate, [])
    page, ink = sheet.page, INKS[certificate.ink]
    band(page, certificate.ink, BAND)
    page.marks.append(Area(MARGIN, MARGIN, page.width - 2 * MARGIN, page.height - 2 * MARGIN, ink, edge=0.8))
    top = page.height - MARGIN - 14 * MM
    free = top - FOOT_BOTTOM - FOOT_HEIGHT
    title = sheet.fit("title", certificate.title, 0.24 * free, Style(30, ink, bold=True), 12)
    above = sheet.fit("lines", certificate.above, 0.1 * free, Style(13, QUIET), 8)
    name = sheet.fit("name", certificate.name, 0.32 * free, Style(32, bold=True), 8)
    below = sheet.fit("lines", "\n".join(certificate.lines), 0.28 * free, Style(14), 7)
    slack = free - title.height - above.height - name.height - below.height
    gap = min(10 * MM, slack / 5)
    top = sheet.centred(title, top - max(0.0, slack - 4 * gap) / 3)
    top = sheet.centred(above, top - gap)
    top = sheet.centred(name, top - gap / 2)
    length = sheet.measure / 3
    page.marks.append(Rule((page.width - length) / 2, top - gap / 4, length, ink, 1.0))
    sheet.centred(below, top - gap)
    # Last, because text is read aloud in the order in which it is drawn.
    _foot(sheet)
    return page, tuple(sheet.shortened)


def _foot(sheet: _Sheet) -> None:
    """Facts at the left, the seal at the right, the footer below."""
    certificate, page = sheet.certificate, sheet.page
    x, bottom = MARGIN + 8 * MM, FOOT_BOTTOM
    inside = page.width - 2 * x
    seal = certificate.seal
    half = inside * (0.5 if seal else 1.0) - 6 * MM
    facts = "\n".join(f"{label}: {value}" for label, value in certificate.facts)
    if certificate.facts:
        _small(sheet, "facts", facts, x, bottom, half)
    if seal is not None:
        right = x + inside - (CODE_SIDE if seal.address else 0.0)
        if seal.address:
            page.marks.append(Code(right, bottom, CODE_SIDE, seal.address))
        _small(sheet, "seal", "\n".join(seal.lines), x + half + 6 * MM, bottom, right - x - half - 10 * MM)
    style = Style(8, QUIET)
    line = broken(certificate.footer, inside, style, certificate.language)[0]
    wide = width(line, style.size, certificate.language)
    page.marks.append(Words((page.width - wide) / 2, MARGIN + 4 * MM, line, style))


def _small(sheet: _Sheet, part: str, text: str, x: float, bottom: float, measure: float) -> None:
    """Small print that stands on the foot."""
    made = fitted(text, measure, CODE_SIDE, Style(9, QUIET), 5, sheet.certificate.language)
    if made.cut:
        sheet.shortened.append(part)
    for number, line in enumerate(made.lines, 1):
        y = bottom + made.height - number * made.style.leading + 0.3 * made.style.size
        sheet.page.marks.append(Words(x, y, line, made.style))
