"""PDF documents from a small typed description, in English, Traditional and Simplified Chinese.

Fonts. Chinese is set in the two faces that the PDF standard lets a file name without carrying them (MSung-Light,
Adobe-CNS1; STSong-Light, Adobe-GB1), Latin in Helvetica and, where Helvetica lacks a letter, in the Vera that
reportlab brings, embedded. Tried with the renderer of Chromium: where any Chinese font is installed the text is shown
in it; where none is, Chinese stays blank while Latin is drawn; text is extracted alike in both. Whoever reads Chinese
has such a font. Embedding a font of this machine would make a file that depends on the machine, so it is not done: the
same description gives the same bytes everywhere, for one version of reportlab (and its SOURCE_DATE_EPOCH unset).

What no face has (emoji, Arabic, Hebrew, characters beyond the basic plane) is drawn as the mark ❏, a Latin letter with
a rare accent as the letter, and both are told in `Rendered.missing`; the credential beside the paper holds the full
text.
"""

from dataferry.server.papers.documents.blocks import (
    Block,
    Certificate,
    Column,
    Document,
    Facts,
    Heading,
    Ink,
    Paragraph,
    Rendered,
    Seal,
    Table,
)
from dataferry.server.papers.documents.rendering import render

__all__ = [
    "Block",
    "Certificate",
    "Column",
    "Document",
    "Facts",
    "Heading",
    "Ink",
    "Paragraph",
    "Rendered",
    "Seal",
    "Table",
    "render",
]
