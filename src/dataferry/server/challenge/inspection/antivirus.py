"""A virus scanner, where the site has one: clamd, to which the bytes are streamed (INSTREAM of its protocol)."""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from dataferry.server.challenge.inspection.findings import Finding

PIECE = 256 * 1024
SECONDS = 120.0
_LONGEST_ANSWER = 4096
_NAME = re.compile(r"stream: (.{1,200}) FOUND")


def scan_for_viruses(path: Path, role: str = "", address: str | None = None) -> Finding | None:
    """None where a scanner looked and found nothing; else what it found, or that nobody looked.

    Args:
        address: `unix:/path` or `tcp://host:port`; None for the setting, empty for none.
    """
    if address is None:
        from django.conf import settings

        address = str(settings.CLAMD)
    if not address:
        return Finding("server.challenge.inspected_not_scanned", "unknown", role)
    try:
        answer = _asked(path, address)
    except (OSError, ValueError):
        return Finding("server.challenge.inspected_scanner_silent", "unknown", role)
    if answer == "stream: OK":
        return None
    found = _NAME.fullmatch(answer)
    if found:
        return Finding("server.challenge.inspected_virus", "refuse", role, None, None, {"virus": found[1]})
    return Finding("server.challenge.inspected_scanner_silent", "unknown", role)


def _asked(path: Path, address: str) -> str:
    with _connected(address) as line, path.open("rb") as file:
        line.sendall(b"zINSTREAM\0")
        try:
            while piece := file.read(PIECE):
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
        except (BrokenPipeError, ConnectionResetError):
            # It stops listening at its own limit of size, and says so.
            pass
        answer = b""
        while b"\0" not in answer and len(answer) < _LONGEST_ANSWER and (piece := line.recv(1024)):
            answer += piece
    return answer.split(b"\0")[0].decode("utf-8", "replace").strip()


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        try:
            line.connect(parts.path)
        except OSError:
            line.close()
            raise
        return line
    line = socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=SECONDS)
    line.settimeout(SECONDS)
    return line
