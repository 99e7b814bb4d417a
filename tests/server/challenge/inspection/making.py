"""Files as teams hand them in: real PDFs in both scripts, films made of boxes, archives, and things that do harm."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dataferry.server.challenge.inspection import Demands, Finding, Identities, Inspection
from dataferry.server.challenge.inspection.checks import Check
from dataferry.server.challenge.inspection.leaks import LeakScan

SIMPLIFIED = (
    "本项目使用香港与上海两地的开放数据，研究电动汽车充电设施的分布与使用情况。我们把两个城市的数据转换到同一坐标系，"
    "并检查数据的质量、许可和隐私风险，最后为市民提供一张实时地图，帮助他们选择最近的充电站。"
)
TRADITIONAL = (
    "本項目使用香港與上海兩地的開放數據，研究電動汽車充電設施的分布與使用情況。我們把兩個城市的數據轉換到同一坐標系，"
    "並檢查數據的質量、許可和隱私風險，最後為市民提供一張實時地圖，幫助他們選擇最近的充電站。"
)
ENGLISH = (
    "This project uses open data of Hong Kong and Shanghai to study where charging stations for electric cars are and "
    "how they are used. We convert the data of the two cities to one coordinate system, check the quality, the licence "
    "and the privacy of it, and offer a live map that helps people to find the nearest station."
)
FRENCH = (
    "Ce projet utilise les données ouvertes des deux villes pour étudier les bornes de recharge et leur utilisation. "
    "Nous convertissons ces données vers un même système, puis nous vérifions leur qualité, leur licence et leur "
    "confidentialité, avant de proposer une carte vivante aux habitants des deux villes. "
)


def _fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    for name in ("STSong-Light", "MSung-Light"):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def font_for(text: str) -> str:
    if text.isascii() or max(map(ord, text)) < 0x2000:
        return "Helvetica"
    return "MSung-Light" if "數" in text or "陳" in text else "STSong-Light"


def paper(
    path: Path,
    pages: Sequence[str],
    *,
    draw: Callable[[Any, int], None] = lambda _canvas, _page: None,
    encrypt: Any = None,
    **metadata: str,
) -> Path:
    """A PDF with one text on each page; an empty one is a page without text."""
    from reportlab.pdfgen import canvas

    _fonts()
    made = canvas.Canvas(str(path), encrypt=encrypt)
    for key, value in metadata.items():
        getattr(made, f"set{key.title()}")(value)
    for number, text in enumerate(pages, 1):
        made.setFont(font_for(text), 11)
        for line in range(0, len(text), 40):
            made.drawString(60, 780 - line / 40 * 16, text[line : line + 40])
        made.rect(60, 60, 200, 100)
        draw(made, number)
        made.showPage()
    made.save()
    return path


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """A PDF with something put into it by pypdf's writer."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=path)
    change(writer)
    writer.write(path)
    return path


def checked(path: Path, name: str, demands: Demands) -> Inspection:
    """What the inspector says, in this process: the file is our own. In its cell it says the same (`test_confined`)."""
    check = Check(path, name, demands)
    check.run()
    return Inspection(tuple(check.findings), check.facts)


def searched(path: Path, name: str, who: Identities) -> list[Finding]:
    """The leaks of a file, found in this process."""
    scan = LeakScan(path, name, who)
    scan.run()
    return scan.findings


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _track(handler: bytes, language: str, seconds: float) -> bytes:
    packed = 0
    for letter in language if len(language) == 3 else "und":
        packed = packed << 5 | (ord(letter) - 0x60)
    mdhd = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, int(seconds * 1000), packed, 0))
    hdlr = box(b"hdlr", struct.pack(">II", 0, 0) + handler + bytes(12) + b"\0")
    long_tag = box(b"elng", bytes(4) + language.encode() + b"\0") if len(language) > 3 else b""
    return box(b"trak", box(b"mdia", mdhd, hdlr, long_tag))


def film(
    path: Path,
    seconds: float,
    *,
    subtitles: Sequence[str] = (),
    tags: dict[bytes, str] | None = None,
    sound: bool = True,
    extra: bytes = b"",
) -> Path:
    """An MP4 of the boxes that tell about it, and of pictures that nobody looks at."""
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 600, round(seconds * 600)) + bytes(80))
    tracks = [_track(b"vide", "und", seconds), *([_track(b"soun", "eng", seconds)] if sound else [])]
    tracks += [_track(b"sbtl", language, seconds) for language in subtitles]
    items = [box(kind, box(b"data", struct.pack(">II", 1, 0), text.encode())) for kind, text in (tags or {}).items()]
    handler = box(b"hdlr", bytes(8) + b"mdir" + bytes(13))
    udta = box(b"udta", box(b"meta", bytes(4), handler, box(b"ilst", *items))) if items else b""
    moov = box(b"moov", mvhd, *tracks, udta, extra)
    path.write_bytes(box(b"ftyp", b"isom", bytes(4), b"isommp42") + box(b"mdat", bytes(2000)) + moov)
    return path


def slides(path: Path, texts: Sequence[str], *, creator: str = "", alt: str = "") -> Path:
    """The parts of a PPTX that matter here."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("docProps/core.xml", f"<cp:p><dc:creator>{creator}</dc:creator></cp:p>")
        for number, text in enumerate(texts, 1):
            picture = f'<p:cNvPr id="4" name="Logo" descr="{alt}"/>'
            archive.writestr(f"ppt/slides/slide{number}.xml", f"<p:sld>{picture}<a:t>{text}</a:t></p:sld>")
    return path


def archive_bomb(path: Path) -> Path:
    """A small archive that says it unpacks to ten gigabytes of nothing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1024 * 1024))
        archive.filelist[0].file_size = 10_000_000_000
    return path


def pdf_of(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the root."""
    body, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)


def swollen_pdf(path: Path, mebibytes: int) -> Path:
    """A page whose content is a stream packed twice, of a great many spaces."""
    once = zlib.compress(b" " * (mebibytes * 1024 * 1024), 9)
    twice = zlib.compress(once, 9)
    stream = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>\nstream\n%s\nendstream" % (len(twice), twice)
    root, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    path.write_bytes(pdf_of([root, pages, page, stream]))
    return path


def nested_pdf(path: Path, depth: int) -> Path:
    """Arrays within arrays within arrays."""
    root = b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * depth + b"]" * depth + b">>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    path.write_bytes(pdf_of([root, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page]))
    return path


def circular_pdf(path: Path) -> Path:
    """Pages that are their own grandparents."""
    root, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    path.write_bytes(pdf_of([root, pages, b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 9>>"]))
    return path


def endless_pdf(path: Path, operators: int) -> Path:
    """A page that is drawn by tens of millions of operators."""
    content = zlib.compress(b"BT /F 1 Tf (a) Tj ET\n" * operators, 9)
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(content), content)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    pages = b"<</Type/Pages/Kids[" + b"3 0 R " * 400 + b"]/Count 400>>"
    path.write_bytes(pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", pages, page, stream]))
    return path
