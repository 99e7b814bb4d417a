"""The specification sheet (说明书) of a listed product: its document, its words in three languages, its PDF.

    document = build(listing, pieces)            # canonical JSON values; what is printed and digested
    sections_of(document, "zh-Hans")             # titles, facts and tables, for a page or a paper
    paper(sheet, "zh-Hans")                      # the PDF

`actions.sheets.make_sheet` is the only way to a sheet: it verifies the evidence first.
"""

from dataferry.server.exchange.sheet.document import FORMAT, build
from dataferry.server.exchange.sheet.paper import paper
from dataferry.server.exchange.sheet.sections import Section, sections_of

__all__ = ["FORMAT", "Section", "build", "paper", "sections_of"]
