"""The sheet as a PDF in one of the three languages, made from its document alone: the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import override

from dataferry.server.display.words import spoken
from dataferry.server.exchange.sheet.sections import TONGUES, Section, sections_of
from dataferry.server.papers import documents

if TYPE_CHECKING:
    from dataferry.messages import Language
    from dataferry.server.exchange.models import SpecificationSheet


def paper(sheet: SpecificationSheet, language: Language) -> bytes:
    """The PDF of a sheet that was made. Its code leads to the live page."""
    document = sheet.document
    with override(TONGUES[language]):
        head = document["head"]
        blocks: list[documents.Block] = [documents.Paragraph(_("Specification sheet of a tradable data product"))]
        for section in sections_of(document, language):
            blocks += _blocks(section)
        lines = [
            _("The live page of this product:"),
            head["address"],
            _("Edition %(edition)s of this sheet") % {"edition": sheet.edition},
            sheet.digest,
        ]
        blocks.append(documents.Seal(lines, head["address"]))
        cities = document["basic"]["cities"]
        verified = _("Evidence verified when this sheet was made")
        return documents.render(
            documents.Document(
                title=spoken(head["title"], language).text,
                language=language,
                blocks=blocks,
                ink=cities[0] if len(cities) == 1 and cities[0] in ("hong-kong", "shanghai") else "both",
                footer=f"{head['code']} · {verified}",
                subject=head["code"],
                dated=sheet.made_at,
            )
        ).body


def _blocks(section: Section) -> Iterator[documents.Block]:
    yield documents.Heading(section.title)
    if section.facts:
        yield documents.Facts([(label, value.text) for label, value in section.facts])
    if section.rows:
        columns = [documents.Column(each) for each in section.columns]
        yield documents.Table(columns, [[value.text for value in row] for row in section.rows])
    if not section.facts and not section.rows:
        yield documents.Paragraph(_("Nothing is stated."))
