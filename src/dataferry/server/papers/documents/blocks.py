"""What a paper is made of: a small typed description, without a word about where on the page it lands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dataferry.messages import Language

Ink = Literal["hong-kong", "shanghai", "both"]


@dataclass(frozen=True)
class Heading:
    """A heading inside the document."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; a line feed begins a new line."""

    text: str


@dataclass(frozen=True)
class Facts:
    """A key-value table: label and value of each row."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """The head of a column; numbers stand at the right."""

    title: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A data table. Every row has as many cells as there are columns; the head is repeated on every page."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        if not self.columns or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of a table needs one cell for each of its columns")


@dataclass(frozen=True)
class Seal:
    """How to check the paper: lines of text and, where `address` is given, the same address as a QR code."""

    lines: Sequence[str]
    address: str = ""


Block = Heading | Paragraph | Facts | Table | Seal


@dataclass(frozen=True)
class Document:
    """Pages of A4 with title, blocks, footer and page numbers.

    Args:
        language: chooses fonts and punctuation, and is stated as the language of the file.
        ink: colour of the city.
        dated: instant stated as the file's date. Without one a constant is, so that bytes depend on content only.
    """

    title: str
    language: Language
    blocks: Sequence[Block]
    ink: Ink = "both"
    landscape: bool = False
    footer: str = ""
    subject: str = ""
    dated: datetime | None = None


@dataclass(frozen=True)
class Certificate:
    """One page of A4, landscape unless said otherwise: title, the person or team, for what, facts, seal.

    Args:
        above: the line over the name ("This is to certify that").
        lines: what is certified, below the name.
        facts: small print at the left of the foot: number, date, issuer.
    """

    title: str
    language: Language
    name: str
    above: str = ""
    lines: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    seal: Seal | None = None
    ink: Ink = "both"
    landscape: bool = True
    footer: str = ""
    subject: str = ""
    dated: datetime | None = None


@dataclass(frozen=True)
class Rendered:
    """A finished file.

    Args:
        missing: characters that no font has; each is drawn as a mark.
        shortened: parts of a certificate (`title`, `name`, `lines`, `facts`, `seal`) that did not fit even in the
            smallest size and end in an ellipsis.
    """

    body: bytes
    pages: int
    missing: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()
