"""A small mail server on this machine that answers as told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Told:
    """What the server is to say next (`RCPT 451 4.7.1 later`, `MAIL 421 closing`, `DROP`: take the letter, then hang
    up without a word), and what it took."""

    answers: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    port: int = 0

    def answer(self, word: str, usual: str) -> str:
        if self.answers and self.answers[0].split()[0] == word:
            return self.answers.pop(0).partition(" ")[2]
        return usual


@contextmanager
def smtp_server() -> Iterator[Told]:
    told = Told()

    class Talk(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 ferry.example")
            for raw in self.rfile:
                word = raw[:4].decode("latin-1").upper()
                if word == "DATA":
                    self.say("354 go on")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    last = told.answer("DONE", "250 2.0.0 taken")
                    if last.startswith("250"):
                        told.taken.append(body)
                    if told.answers[:1] == ["DROP"]:
                        told.answers.pop(0)
                        return
                    self.say(last)
                elif word in {"MAIL", "RCPT"}:
                    self.say(told.answer(word, "250 2.1.0 fine"))
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Talk) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
