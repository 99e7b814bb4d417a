"""A scripted server on a real socket: what it answers, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Scripted:
    """Answers are taken in order; the last one stays."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for _method, path, _headers, _body in self.asked]


def told(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    """An answer with these headers (underscores for hyphens)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in sent.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A server on this machine that answers what the test says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append((self.command, self.path, dict(self.headers.items()), body))
            answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            answer(self)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  names of the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Scripted(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
