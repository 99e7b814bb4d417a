"""A small load generator: a few connections that stay open, each asking again as soon as it is answered."""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import sys
import time
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
FEWEST = 20
PATIENCE = 60.0


@dataclass
class Connection:
    """One connection: what has arrived of the answer, and when it was asked for."""

    socket: socket.socket
    asked_at: float = 0.0
    arrived: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        self.arrived.clear()
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Take what has arrived; whether the answer is complete. Only 200 counts: a load of errors is no measure."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.arrived += piece
        head, found, body = bytes(self.arrived).partition(HEAD_END)
        if not found:
            return False
        lines = head.decode("latin-1").lower().split("\r\n")
        if " 200 " not in f"{lines[0]} ":
            raise RuntimeError(lines[0])
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        if "content-length" in headers:
            return len(body) >= int(headers["content-length"])
        return body.endswith(b"0\r\n\r\n")


def load(
    host: str, port: int, path: str, headers: dict[str, str], connections: int, seconds: float
) -> dict[str, float]:
    """Requests a second, and the 50th and 99th percentile of their times in milliseconds."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", *(f"{key}: {value}" for key, value in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    times: list[float] = []
    with selectors.DefaultSelector() as waiting:
        for _ in range(connections):
            connection = Connection(socket.create_connection((host, port), timeout=60))
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(request)
        began = time.perf_counter()
        while (taken := time.perf_counter() - began) < seconds or (len(times) < FEWEST and taken < PATIENCE):
            for key, _ in waiting.select(1.0):
                connection = key.data
                if connection.answered():
                    times.append(time.perf_counter() - connection.asked_at)
                    connection.ask(request)
        took = time.perf_counter() - began
        for key in list(waiting.get_map().values()):
            key.data.socket.close()
    percentiles = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return {
        "requests_per_second": len(times) / took,
        "p50_ms": 1000 * percentiles[49],
        "p99_ms": 1000 * percentiles[98],
    }


if __name__ == "__main__":
    # In a process of its own, so that making requests does not wait for the benchmark's other work.
    sys.stdout.write(json.dumps(load(**json.load(sys.stdin))))
