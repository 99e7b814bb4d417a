"""A PDF of a stranger, read piece by piece: what it says, what it does, what it carries. Only in the confined child."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

MOST_PAGES_READ = 300
MOST_CHARACTERS = 2_000_000
MOST_OBJECTS = 300_000
MOST_NOTES = 2_000
LONGEST_NOTE = 4_000
TEXT_SECONDS = 40.0
_STANDARD = """
    Courier Courier-Bold Courier-Oblique Courier-BoldOblique Helvetica Helvetica-Bold Helvetica-Oblique
    Helvetica-BoldOblique Times-Roman Times-Bold Times-Italic Times-BoldItalic Symbol ZapfDingbats"""
_STANDARD_FONTS = frozenset(_STANDARD.split())
_DOING = {
    "/JavaScript": "script",
    "/Launch": "launch",
    "/SubmitForm": "form",
    "/ImportData": "form",
    "/RichMediaExecute": "media",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/GoToE": "attachment",
}
_NOTES = frozenset(
    {"/Text", "/FreeText", "/Popup", "/Highlight", "/Underline", "/StrikeOut", "/Stamp", "/Caret", "/Ink"}
)
_INVISIBLE = re.compile(rb"(?<![\d.])3\s+Tr\b")
_DEEPEST = 40


@dataclass
class Paper:
    """What was read of a PDF.

    Args:
        locked: it cannot be opened without a password. `restricted`: it opens, with things forbidden.
        texts: of each page that was read, in order.
        doing: what happens by itself or on a click (`script`, `launch`, ...), counted.
        notes: (page or None, kind, text): annotations, alternative texts, bookmarks, form fields, links.
        hidden: pages with text that is drawn invisibly.
    """

    pages: int = 0
    locked: bool = False
    restricted: bool = False
    texts: list[str] = field(default_factory=list)
    all_read: bool = True
    doing: Counter[str] = field(default_factory=Counter)
    attachments: list[str] = field(default_factory=list)
    fonts_missing: list[str] = field(default_factory=list)
    notes: list[tuple[int | None, str, str]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    xmp: str = ""
    hidden: list[int] = field(default_factory=list)

    @property
    def links(self) -> list[tuple[int | None, str]]:
        """(page, address) of links that lead out of the file."""
        return [(page, text) for page, kind, text in self.notes if kind == "link"]


class UnreadablePdfError(Exception):
    """It cannot be read as a PDF."""


def read_pdf(path: Path, *, look_for_hidden: bool = False) -> Paper:
    """Read a PDF as far as the limits go.

    Raises:
        UnreadablePdfError: it is damaged beyond reading. MemoryError: a bomb.
    """
    from pypdf.errors import LimitReachedError

    paper = Paper()
    try:
        with path.open("rb") as file:
            _read(file, paper, look_for_hidden)
    except (MemoryError, LimitReachedError) as error:
        raise MemoryError from error
    except Exception as error:
        # A damaged file breaks the parser in any way it likes.
        raise UnreadablePdfError(type(error).__name__) from error
    return paper


def _read(file: BinaryIO, paper: Paper, look_for_hidden: bool) -> None:
    from pypdf import PdfReader

    # Given a path, it would take the whole file into memory.
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted:
        paper.restricted = True
        if not reader.decrypt(""):
            paper.locked = True
            return
    paper.pages = len(reader.pages)
    _read_objects(reader, paper)
    _read_metadata(reader, paper)
    _read_pages(reader, paper, look_for_hidden)


def _read_metadata(reader: Any, paper: Paper) -> None:
    for key, value in (reader.metadata or {}).items():
        paper.metadata[str(key).lstrip("/")[:60]] = str(value)[:LONGEST_NOTE]
    stream = _resolved(reader.root_object.get("/Metadata"))
    if hasattr(stream, "get_data"):
        paper.xmp = stream.get_data()[: 16 * LONGEST_NOTE].decode("utf-8", "replace")


def _read_pages(reader: Any, paper: Paper, look_for_hidden: bool) -> None:
    began, total = time.process_time(), 0
    for number, page in enumerate(reader.pages, 1):
        if number > MOST_PAGES_READ or total > MOST_CHARACTERS or time.process_time() - began > TEXT_SECONDS:
            paper.all_read = False
            return
        _read_annotations(page, number, paper)
        content = _content_of(page)
        text = page.extract_text() or ""
        paper.texts.append(text[: MOST_CHARACTERS - total])
        total += len(text)
        if look_for_hidden and _INVISIBLE.search(content):
            paper.hidden.append(number)


def _content_of(page: Any) -> bytes:
    """What draws a page. The reading of text would pass over one that is too large to unpack, and say nothing.

    Raises:
        LimitReachedError: it is.
    """
    from pypdf.errors import LimitReachedError

    try:
        contents = page.get_contents()
        return b"" if contents is None else bytes(contents.get_data())
    except (MemoryError, LimitReachedError):
        raise
    except Exception:  # noqa: BLE001  what cannot be drawn shows nothing
        return b""


def _read_annotations(page: Any, number: int, paper: Paper) -> None:
    for each in _list(page.get("/Annots")):
        annotation = _dictionary(each)
        kind = str(annotation.get("/Subtype", ""))
        for key in ("/Contents", "/T", "/TU", "/Subj"):
            if (text := _text(annotation.get(key))) and (kind in _NOTES or key != "/T"):
                _note(paper, number, "field" if kind == "/Widget" else "annotation", text)
        address = _text(_dictionary(annotation.get("/A")).get("/URI"))
        if address:
            _note(paper, number, "link", address)


def _read_objects(reader: Any, paper: Paper) -> None:
    """Every object of the file, also those that no page leads to."""
    for value in _objects(reader):
        waiting = [(value, 0)]
        while waiting:
            item, depth = waiting.pop()
            if isinstance(item, dict):
                _look_at(item, paper)
                parts: Any = item.values()
            elif isinstance(item, list):
                parts = item
            else:
                continue
            if depth < _DEEPEST:
                # What is referred to is visited as an object of its own.
                waiting += [(part, depth + 1) for part in parts if isinstance(part, dict | list)]


def _objects(reader: Any) -> Iterator[Any]:
    from pypdf.generic import IndirectObject

    numbers = {(n, generation) for generation, places in reader.xref.items() for n in places if generation != 65535}
    numbers |= {(n, 0) for n in reader.xref_objStm}
    for number, generation in sorted(numbers)[:MOST_OBJECTS]:
        try:
            yield reader.get_object(IndirectObject(number, generation, reader))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112  one damaged object says nothing about the others
            continue


def _look_at(item: Any, paper: Paper) -> None:
    """One dictionary: an action, an attachment, a font, an alternative text, a bookmark."""
    action = str(item.get("/S", ""))
    if action in _DOING:
        paper.doing[_DOING[action]] += 1
    elif "/JS" in item or "/XFA" in item:
        paper.doing["script" if "/JS" in item else "form"] += 1
    if "/RichMediaContent" in item:
        paper.doing["media"] += 1
    if "/EF" in item:
        paper.attachments.append(_text(item.get("/UF")) or _text(item.get("/F")) or "?")
    if "/Alt" in item:
        _note(paper, None, "alt", _text(item.get("/Alt")))
    if "/Title" in item and ("/Dest" in item or "/A" in item) and "/Parent" in item:
        _note(paper, None, "bookmark", _text(item.get("/Title")))
    if item.get("/Type") == "/Font":
        _look_at_font(item, paper)


def _look_at_font(font: Any, paper: Paper) -> None:
    kind = font.get("/Subtype")
    if kind in ("/Type3", "/Type0"):
        return
    name = str(font.get("/BaseFont", "")).lstrip("/")
    descriptor = _dictionary(font.get("/FontDescriptor"))
    embedded = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    if (
        not embedded
        and name not in _STANDARD_FONTS
        and name not in paper.fonts_missing
        and len(paper.fonts_missing) < 20
    ):
        paper.fonts_missing.append(name[:80] or "?")


def _note(paper: Paper, page: int | None, kind: str, text: str) -> None:
    if text.strip() and len(paper.notes) < MOST_NOTES:
        paper.notes.append((page, kind, text[:LONGEST_NOTE]))


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _dictionary(value: Any) -> dict[Any, Any]:
    found = _resolved(value)
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    found = _resolved(value)
    return found if isinstance(found, list) else []


def _text(value: Any) -> str:
    found = _resolved(value)
    if isinstance(found, bytes):
        return found.decode("utf-8", "replace")
    return str(found) if isinstance(found, str) else ""
