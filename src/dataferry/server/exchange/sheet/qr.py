"""A QR code as the path of an SVG, for the page that is printed."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

MARGIN = 4
"""Modules of white around the code (ISO/IEC 18004)."""


@dataclass(frozen=True)
class Code:
    """A square of `size` modules with its margin; `path` is drawn in one colour."""

    size: int
    path: str


def code_of(address: str) -> Code:
    """The code of an address."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(QR8bitByte(address))
    code.make()
    count = code.getModuleCount()
    dark = [(x, y) for y in range(count) for x in range(count) if code.isDark(y, x)]
    return Code(count + 2 * MARGIN, "".join(f"M{x + MARGIN} {y + MARGIN}h1v1h-1z" for x, y in dark))
