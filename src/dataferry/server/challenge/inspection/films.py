"""A film's length, tracks and tags from the boxes of an MP4 or MOV file, where no ffprobe is at hand.

Only headers are read. ISO/IEC 14496-12 (boxes, mvhd, mdhd, hdlr), QuickTime (udta texts) and the iTunes list (ilst).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"udta", b"minf", b"stbl"})
_DEEPEST = 8
_MOST_BOXES = 20_000
_LARGEST_TEXT = 64 * 1024
_SUBTITLES = frozenset({b"sbtl", b"subt", b"text", b"clcp"})
_TEXT_KEYS = {
    b"\xa9nam": "title",
    b"\xa9ART": "artist",
    b"\xa9aut": "artist",
    b"\xa9cpy": "copyright",
    b"cprt": "copyright",
    b"aART": "artist",
    b"\xa9wrt": "artist",
    b"\xa9alb": "album",
    b"\xa9cmt": "comment",
    b"desc": "comment",
    b"titl": "title",
    b"auth": "artist",
    b"perf": "artist",
}


@dataclass
class Film:
    """What a film says of itself.

    Args:
        seconds: None where the file does not tell.
        subtitles: a language tag for each track, `und` where it has none.
        tags: (title, artist, comment, ...) with their texts.
        by: `ffprobe` or `boxes`.
    """

    seconds: float | None = None
    subtitles: list[str] = field(default_factory=list)
    codecs: list[str] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    has_picture: bool | None = None
    has_sound: bool | None = None
    by: str = "boxes"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**vars(self), "tags": [list(each) for each in self.tags]}


class BrokenFilmError(Exception):
    """The boxes contradict each other or the file."""


def read_film(path: Path) -> Film:
    """The film in an MP4 or MOV file.

    Raises:
        BrokenFilmError: it cannot be read as one.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        return _Reader(file).read(size)


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file, self._boxes = file, 0
        self._film = Film(has_picture=False, has_sound=False)
        self._movie: float | None = None
        self._tracks: list[float] = []
        self._language, self._handler = "und", b""
        self._fragmented = False

    def read(self, size: int) -> Film:
        self._walk(0, size, 0)
        if self._movie is None:
            raise BrokenFilmError("no movie header")
        lengths = [length for length in (self._movie, *self._tracks) if length]
        # A fragmented film tells its length piece by piece.
        self._film.seconds = None if self._fragmented or not lengths else max(lengths)
        return self._film

    def _walk(self, start: int, end: int, depth: int) -> None:
        for kind, body, after in self._children(start, end):
            if kind in _CONTAINERS and depth < _DEEPEST:
                self._language, self._handler = ("und", b"") if kind == b"trak" else (self._language, self._handler)
                self._walk(body, after, depth + 1)
                if kind == b"trak":
                    self._count_track()
            elif kind == b"meta" and depth < _DEEPEST:
                self._walk(body + 4 if self._is_full_box(body) else body, after, depth + 1)
            elif kind == b"ilst":
                self._list_of_tags(body, after)
            elif kind in (b"mvhd", b"mdhd"):
                self._header(kind, body, after)
            elif kind == b"hdlr" and not self._handler:
                self._handler = self._bytes(body + 8, 4)
            elif kind == b"elng":
                self._language = (
                    self._bytes(body + 4, min(35, after - body - 4)).split(b"\0")[0].decode("ascii", "replace")
                )
            elif kind == b"stsd":
                self._film.codecs.append(self._bytes(body + 12, 4).decode("ascii", "replace"))
            elif kind == b"mvex":
                self._fragmented = True
            elif kind in _TEXT_KEYS:
                self._tag(kind, self._bytes(body, min(after - body, _LARGEST_TEXT)))

    def _children(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Each box between two places: kind, where its body begins, where it ends."""
        at = start
        while at + 8 <= end:
            self._boxes += 1
            if self._boxes > _MOST_BOXES:
                raise BrokenFilmError("boxes")
            length, kind = struct.unpack(">I4s", self._bytes(at, 8))
            body = at + 8
            if length == 1:
                length, body = struct.unpack(">Q", self._bytes(body, 8))[0], at + 16
            after = end if length == 0 else at + length
            if after < body or after > end:
                raise BrokenFilmError(kind.decode("latin-1"))
            yield kind, body, after
            at = after

    def _bytes(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        found = self._file.read(max(0, count))
        if len(found) < count:
            raise BrokenFilmError("short")
        return found

    def _is_full_box(self, body: int) -> bool:
        """ISO writes a version before the children of `meta`, QuickTime does not."""
        return self._bytes(body, 8)[4:] != b"hdlr"

    def _header(self, kind: bytes, body: int, after: int) -> None:
        data = self._bytes(body, min(after - body, 40))
        try:
            if data[0] == 1:
                scale, length = struct.unpack(">IQ", data[20:32])
                language = data[32:34]
            else:
                scale, length = struct.unpack(">II", data[12:20])
                language = data[20:22]
        except (struct.error, IndexError) as error:
            raise BrokenFilmError("header") from error
        seconds = length / scale if scale and length not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else 0.0
        if kind == b"mvhd":
            self._movie = seconds
        else:
            self._tracks.append(seconds)
            if self._language == "und":
                self._language = _packed_language(language)

    def _count_track(self) -> None:
        self._film.has_picture = self._film.has_picture or self._handler == b"vide"
        self._film.has_sound = self._film.has_sound or self._handler == b"soun"
        if self._handler in _SUBTITLES:
            self._film.subtitles.append(self._language)

    def _list_of_tags(self, start: int, end: int) -> None:
        for kind, body, after in self._children(start, end):
            for inner, place, stop in self._children(body, after):
                if inner == b"data" and kind in _TEXT_KEYS:
                    text = self._bytes(place + 8, min(stop - place - 8, _LARGEST_TEXT)).decode("utf-8", "replace")
                    self._film.tags.append((_TEXT_KEYS[kind], text))

    def _tag(self, kind: bytes, data: bytes) -> None:
        """QuickTime: length and language before the text; 3GPP: version and language before it."""
        text = data[4:] if kind.startswith(b"\xa9") else data[6:]
        self._film.tags.append((_TEXT_KEYS[kind], text.decode("utf-8", "replace").strip("\0")))


def _packed_language(data: bytes) -> str:
    """Three letters of five bits (ISO 639-2/T)."""
    if len(data) < 2:
        return "und"
    value = struct.unpack(">H", data)[0]
    letters = [chr(((value >> shift) & 31) + 0x60) for shift in (10, 5, 0)]
    return "".join(letters) if all("a" <= letter <= "z" for letter in letters) else "und"
