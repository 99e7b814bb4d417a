"""The server has one way out: nothing but `web.fetch` opens connections to other machines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import dataferry

OUTWARD = {"aiohttp", "asyncio", "ftplib", "http.client", "httpcore", "httpx", "imaplib", "requests", "socket",
           "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc.client"}  # fmt: skip
# The scanner for viruses is at the address that the operator names; no text of a stranger reaches it.
WAYS_OUT = {"web/fetch.py", "web/network.py", "challenge/inspection/antivirus.py"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def test_nothing_else_of_the_server_opens_connections() -> None:
    server = Path(dataferry.__file__).parent / "server"
    ways = {
        file.relative_to(server).as_posix()
        for file in server.rglob("*.py")
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
        if name in OUTWARD or any(name.startswith(f"{each}.") for each in OUTWARD)
    }
    assert ways == WAYS_OUT
