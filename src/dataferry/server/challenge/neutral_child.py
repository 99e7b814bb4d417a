"""The confined child that copies one file without its metadata. Run by path, so that nothing of the site is loaded.

    neutral_child.py SOURCE_ROOT MEDIA_TYPE SOURCE TARGET

Ends with 0, or prints one word that says why there is no copy.
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"bKGD", b"sBIT"}
)
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
JPEG_DROPPED = frozenset({0xFE, *range(0xE1, 0xEE), 0xEF})
"""Comments and application segments; APP0 (JFIF) and APP14 (colour transform) are needed to show the picture."""
BOXES_OF_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"edts"})
BOXES_BLANKED = frozenset({b"udta", b"meta", b"uuid", b"ilst", b"XMP_"})
DEEPEST = 8
PDF_DROPPED = (
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
    "/Thumb",
    "/Annots",
    "/AA",
    "/A",
    "/AF",
    "/B",
    "/StructParents",
    "/Alt",
    "/ActualText",
    "/E",
)


class Refused(Exception):  # noqa: N818 - one word of why, not an error of the program
    """There is no copy, and why."""


def without_pdf_metadata(source: Path, target: Path) -> None:
    """Only the pages of a PDF, with nothing beside what they paint."""
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(source, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("encrypted")
    writer = PdfWriter()
    for page in reader.pages:
        writer.add_page(page)
    if not writer.pages:
        raise Refused("no_pages")
    for kept in list(writer._objects):  # noqa: SLF001 - pypdf has no other way to look at every object
        _clean(kept)
    writer.metadata = None
    with target.open("wb") as opened:
        writer.write(opened)


def _clean(kept: Any) -> None:
    """Take out of one object what programs write about people."""
    if not isinstance(kept, dict):
        return
    for key in PDF_DROPPED:
        if key in kept and not (key == "/A" and "/Type" not in kept):
            del kept[key]
    filters = kept.get("/Filter")
    names = [filters] if isinstance(filters, str) else list(filters or ())
    if names == ["/DCTDecode"] and hasattr(kept, "_data"):
        kept._data = b"".join(jpeg_segments(kept._data))  # noqa: SLF001 - the bytes as they stand in the file


def jpeg_segments(data: bytes) -> Iterator[bytes]:
    """A JPEG without comments and application segments. What is no JPEG is passed as it is."""
    if data[:2] != b"\xff\xd8":
        yield data
        return
    yield data[:2]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if kind == 0xDA:
            break
        if kind not in JPEG_DROPPED:
            yield data[at : at + 2 + length]
        at += 2 + length
    end = data.rfind(b"\xff\xd9")
    yield data[at : end + 2] if end > at else data[at:]


def without_png_texts(source: Path, target: Path) -> None:
    data = source.read_bytes()
    if not data.startswith(PNG_BEGINS):
        raise Refused("not_png")
    with target.open("wb") as opened:
        opened.write(PNG_BEGINS)
        at = len(PNG_BEGINS)
        while at + 12 <= len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            if kind in PNG_KEPT:
                opened.write(data[at : at + 12 + length])
            at += 12 + length
            if kind == b"IEND":
                break


def without_jpeg_texts(source: Path, target: Path) -> None:
    data = source.read_bytes()
    if data[:2] != b"\xff\xd8":
        raise Refused("not_jpeg")
    target.write_bytes(b"".join(jpeg_segments(data)))


def without_film_texts(source: Path, target: Path) -> None:
    """A copy of an MP4 or MOV file, its boxes of titles, authors and places blanked where they stand."""
    shutil.copyfile(source, target)
    with target.open("r+b") as opened:
        size = target.stat().st_size
        if size < 12 or _box(opened, 0, size)[0] not in {b"ftyp", b"moov", b"wide", b"mdat"}:
            raise Refused("not_a_film")
        _blank(opened, 0, size, 0)


def _box(opened: BinaryIO, at: int, end: int) -> tuple[bytes, int, int]:
    """Kind, where its content begins, and where it ends."""
    opened.seek(at)
    size, kind = struct.unpack(">I4s", opened.read(8))
    begin = at + 8
    if size == 1:
        size, begin = struct.unpack(">Q", opened.read(8))[0], at + 16
    after = end if size == 0 else at + size
    if after > end or after < begin:
        raise Refused("broken_film")
    return kind, begin, after


def _blank(opened: BinaryIO, at: int, end: int, depth: int) -> None:
    while at + 8 <= end:
        kind, begin, after = _box(opened, at, end)
        if kind in BOXES_BLANKED:
            opened.seek(at + 4)
            opened.write(b"free")
            _zero(opened, begin, after)
        elif kind == b"hdlr":
            # The name of the track's handler stands after 24 bytes; programs and cameras write who they are there.
            _zero(opened, min(begin + 24, after), after)
        elif kind in BOXES_OF_BOXES and depth < DEEPEST:
            _blank(opened, begin, after, depth + 1)
        at = after


def _zero(opened: BinaryIO, begin: int, end: int) -> None:
    opened.seek(begin)
    left = end - begin
    while left > 0:
        left -= opened.write(bytes(min(left, 1 << 16)))


WAYS = {
    "application/pdf": without_pdf_metadata,
    "video/mp4": without_film_texts,
    "video/quicktime": without_film_texts,
    "image/png": without_png_texts,
    "image/jpeg": without_jpeg_texts,
}


def lock(source: Path, target: Path, readable: list[str]) -> None:
    """The kernel's limits, then files, then system calls: whatever of these this machine has."""
    from dataferry.products.sandbox.limits import SandboxLimits, limit_this_process
    from dataferry.products.sandbox.lockdown import (
        die_with_parent,
        landlock_version,
        lock_calls,
        lock_files,
        seccomp_present,
    )

    limit_this_process(SandboxLimits(memory_mib=1024, cpu_seconds=50, spill_mib=2048))
    die_with_parent()
    if landlock_version():
        lock_files([*readable, "/dev/null", "/dev/urandom", str(source)], [str(target.parent)])
    if seccomp_present():
        lock_calls()


def _told(why: str) -> int:
    sys.stdout.write(why)
    return 1


def main(arguments: list[str]) -> int:
    root, media_type, source, target, readable = arguments
    sys.path.append(root)
    way = WAYS.get(media_type)
    if way is None:
        return _told("type")
    try:
        import pypdf  # noqa: F401 - loaded before the files are locked

        lock(Path(source), Path(target), json.loads(readable))
        way(Path(source), Path(target))
    except Refused as why:
        return _told(str(why))
    except BaseException:  # noqa: BLE001 - whatever a stranger's file does to a parser is one answer
        return _told("unreadable")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
