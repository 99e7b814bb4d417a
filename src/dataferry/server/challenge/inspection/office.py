"""Archives and office documents: their table of contents, their texts and properties. Only in the confined child."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

MOST_ENTRIES = 20_000
LARGEST_PART = 16 * 1024 * 1024
MOST_TEXT = 64 * 1024 * 1024
BOMB_BYTES = 512 * 1024 * 1024
BOMB_RATIO = 100
_TAGS = re.compile(r"<[^>]*>")
_ALT = re.compile(r'\b(?:descr|title|svg:title)="([^"]{1,2000})"')
_PROPERTY = re.compile(r"<(?:\w+:)?(creator|lastModifiedBy|Company|Manager|initial-creator)>([^<]{1,2000})</")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


@dataclass
class Archive:
    """What a ZIP says it holds."""

    entries: int = 0
    unpacked: int = 0
    packed: int = 0
    encrypted: bool = False
    nested: int = 0

    @property
    def is_bomb(self) -> bool:
        """Whether unpacking it would cost far more than it looks."""
        swollen = self.unpacked > BOMB_BYTES and self.unpacked > BOMB_RATIO * max(1, self.packed)
        return swollen or self.entries > MOST_ENTRIES


@dataclass
class Office:
    """Texts of an office document: (page or None, text), alternative texts, properties with their names."""

    texts: list[tuple[int | None, str]] = field(default_factory=list)
    alts: list[tuple[int | None, str]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


def look_into(path: Path) -> Archive:
    """The table of contents of an archive; nothing is unpacked.

    Raises:
        zipfile.BadZipFile: it cannot be read.
    """
    found = Archive(packed=path.stat().st_size)
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            found.entries += 1
            found.unpacked += item.file_size
            found.encrypted = found.encrypted or bool(item.flag_bits & 1)
            found.nested += item.filename.lower().endswith((".zip", ".gz", ".7z", ".rar", ".xz"))
    return found


def read_office(path: Path) -> Office:
    """The texts of an OOXML or OpenDocument file, as far as the limits go.

    Raises:
        zipfile.BadZipFile: it cannot be read.
    """
    found, left = Office(), MOST_TEXT
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist()[:MOST_ENTRIES]:
            if not item.filename.endswith(".xml") or item.file_size > LARGEST_PART or left <= 0:
                continue
            with archive.open(item) as part:
                text = part.read(LARGEST_PART).decode("utf-8", "replace")
            left -= len(text)
            _take(item.filename, text, found)
    return found


def _take(name: str, text: str, found: Office) -> None:
    slide = _SLIDE.fullmatch(name)
    page = int(slide[1]) if slide else None
    if name.startswith("docProps/") or name == "meta.xml":
        for key, value in _PROPERTY.findall(text):
            found.metadata[key] = unescape(value)
        return
    plain = unescape(_TAGS.sub(" ", text))
    if "comment" in name.lower():
        found.comments.append(plain)
    elif name.startswith(("ppt/slides/", "ppt/notesSlides/", "word/document", "xl/sharedStrings", "content.xml")):
        found.texts.append((page, plain))
    found.alts += [(page, unescape(alt)) for alt in _ALT.findall(text)]
