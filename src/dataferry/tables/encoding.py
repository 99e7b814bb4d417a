"""Which encoding a text is in: marks first, then what decodes strictly, then which common characters appear.

Big5 and GBK give two bytes to a character and decode much of each other's text without complaint, so decoding alone
proves nothing. Both standards put their frequent characters in one block (GB 2312 level 1: lead bytes B0-D7 with trail
bytes from A1; Big5 level 1: lead bytes A4-C6); text in the right encoding falls nearly all into its own block.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes

from dataferry.messages import Finding, UsageError
from dataferry.tables.report import Detected, ReadReport

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DOUBLE_BYTE = re.compile(rb"[\x81-\xfe][\x30-\x39\x40-\x7e\x80-\xfe]")
_LEAST_COMMON_SHARE = 0.5
_MOST_PAIRS = 5000


@dataclass(frozen=True)
class Encoding:
    """How to decode a file: skip `mark_bytes`, then `codec`. `marks` counts the byte order marks met."""

    codec: str
    mark_bytes: int
    marks: int
    detected: Detected

    @property
    def is_wide(self) -> bool:
        """Two or four bytes for an ASCII character, so that line breaks cannot be sought as one byte."""
        return self.codec.startswith(("utf-16", "utf-32"))


def detect_encoding(sample: bytes, declared: str | None = None, *, whole: bool = False) -> Encoding:
    """The encoding of a text from its first bytes.

    Args:
        sample: beginning of the file; more is better, and non-ASCII text must be in it to be recognised.
        declared: Python codec name that the caller vouches for; byte order marks are still skipped.
        whole: `sample` is the whole file, so that a character cut at its end is an error.

    Raises:
        UsageError: `declared` is no codec of Python.
    """
    codec, mark, count = _byte_order_marks(sample)
    if declared is not None:
        return Encoding(_known_codec(declared), mark, count, Detected(declared, "declared", "said by the caller"))
    if codec is not None:
        evidence = f"{count} byte order mark{'s' if count > 1 else ''}"
        return Encoding(codec, mark, count, Detected(codec, "stated", evidence))
    wide = _wide_without_mark(sample)
    if wide is not None:
        return Encoding(wide, 0, 0, Detected(wide, "measured", "every second byte of the Latin text is zero"))
    body = sample if whole else _to_last_line(sample)
    return Encoding(*_eight_bit(body))


def _byte_order_marks(sample: bytes) -> tuple[str | None, int, int]:
    for mark, codec in MARKS:
        count = 0
        while sample.startswith(mark, count * len(mark)):
            count += 1
        if count:
            return codec, count * len(mark), count
    return None, 0, 0


def _known_codec(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "a".encode(info.name)
    except (LookupError, ValueError):
        raise UsageError("tables.unknown_encoding", encoding=name) from None
    return {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(info.name, info.name)


def _to_last_line(sample: bytes) -> bytes:
    """Without the last, perhaps cut, line; without the last four bytes when there is no line break."""
    end = sample.rfind(b"\n")
    return sample[:end] if end > 0 else sample[: max(0, len(sample) - 4)] or sample


def _wide_without_mark(sample: bytes) -> str | None:
    """UTF-16 without a mark: a line break or a delimiter is there with its zero byte on one side only."""
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[: len(sample) & ~1 : 2], sample[1 : len(sample) & ~1 : 2]
    zero_even, zero_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    for codec, zeros, others in (("utf-16-le", zero_odd, zero_even), ("utf-16-be", zero_even, zero_odd)):
        if zeros > 0.05 and others <= zeros / 20:
            text = sample[: len(sample) & ~3].decode(codec, "replace")
            if text.isascii() or sum(c.isprintable() or c in "\r\n\t" for c in text) > 0.97 * len(text):
                return codec
    return None


def _eight_bit(body: bytes) -> tuple[str, int, int, Detected]:
    if body.isascii():
        return "utf-8", 0, 0, Detected("utf-8", "measured", "only ASCII bytes in the sample")
    if _decodes(body, "utf-8"):
        return "utf-8", 0, 0, Detected("utf-8", "measured", "non-ASCII bytes decode as UTF-8 without an error")
    found = _chinese(body)
    if found is not None:
        return found.value, 0, 0, found
    if _nearly_utf8(body):
        return "utf-8", 0, 0, Detected("utf-8", "inferred", "nearly all non-ASCII bytes decode as UTF-8")
    best = from_bytes(body[:65536]).best()
    codec = best.encoding if best is not None else "latin-1"
    return codec, 0, 0, Detected(codec, "inferred", "closest statistical match; no Chinese encoding fits")


def _decodes(body: bytes, codec: str) -> bool:
    try:
        body.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    good = sum(1 for c in text if c > "\x7f" and c != "\ufffd")
    return good > 20 * text.count("\ufffd")


def _chinese(body: bytes) -> Detected | None:
    pairs = [body[i : i + 2] for i in islice(_pair_starts(body), _MOST_PAIRS)]
    if not pairs:
        return None
    common_gb = sum((0xB0 <= p[0] <= 0xD7 and p[1] >= 0xA1) or _gb_symbol(p) for p in pairs) / len(pairs)
    common_big5 = sum(0xA4 <= p[0] <= 0xC6 or 0xA1 <= p[0] <= 0xA3 for p in pairs) / len(pairs)
    for share, family in sorted(((common_gb, "gb"), (common_big5, "big5")), reverse=True):
        codec = _strict(body, ("gbk", "gb18030") if family == "gb" else ("big5", "big5hkscs", "cp950"))
        if codec is not None and share >= _LEAST_COMMON_SHARE:
            block = "GB 2312" if family == "gb" else "Big5"
            which = f"the first {len(pairs):,}" if len(pairs) == _MOST_PAIRS else f"{len(pairs):,}"
            evidence = f"{share:.1%} of {which} double bytes are common characters of {block}"
            return Detected(codec, "measured", evidence + _beyond_big5(body, codec))
    return None


def _gb_symbol(pair: bytes) -> bool:
    return pair[0] in (0xA1, 0xA3) and pair[1] >= 0xA1


def _pair_starts(body: bytes) -> Iterator[int]:
    """Starts of double bytes, walking from each ASCII byte so that lead and trail never change places."""
    position = 0
    for match in re.finditer(rb"[\x80-\xff][\x30-\xff]*", body):
        position = max(position, match.start())
        while position + 1 < match.end():
            if body[position] < 0x80:
                position += 1
                continue
            yield position
            position += 2


def _strict(body: bytes, codecs_in_order: tuple[str, ...]) -> str | None:
    return next((codec for codec in codecs_in_order if _decodes(body, codec)), None)


def _beyond_big5(body: bytes, codec: str) -> str:
    if codec != "big5hkscs":
        return ""
    try:
        body.decode("big5")
    except UnicodeDecodeError as error:
        character = body[error.start : error.start + 2].decode("big5hkscs", "replace")
        line = body.count(b"\n", 0, error.start) + 1
        return f"; strict Big5 fails at {character} on line {line}, which the Hong Kong supplement has"
    return ""


def note_encoding(report: ReadReport, encoding: Encoding) -> None:
    """Put the encoding into the report, with findings for repeated marks and for legacy encodings."""
    report.encoding = encoding.detected
    if encoding.marks > 1:
        report.note(Finding("tables.repeated_mark", "repaired", {"count": encoding.marks, "encoding": encoding.codec}))
    elif encoding.marks:
        report.note(Finding("tables.mark", "note", {"encoding": encoding.codec}))
    if not encoding.codec.startswith(("utf-8", "ascii")) and encoding.detected.basis != "declared":
        data = {"encoding": encoding.codec, "evidence": encoding.detected.evidence}
        report.note(Finding("tables.legacy_encoding", "note", data))


def text_lines(chunks: Iterator[bytes], codec: str, errors: str = "strict") -> Iterator[str]:
    """Decoded pieces of a stream; a character cut between two chunks is put together."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
