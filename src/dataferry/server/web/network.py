"""Connections to other machines: to the address that was checked, and to no other, and never longer than allowed."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore
from django.conf import settings

from dataferry.server.web.addresses import is_public

Resolve = Callable[[str, int], list[str]]


def system_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, as this machine's resolver has them.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Network:
    """What fetching may reach. Tests bring their own; everything else uses the public Internet."""

    resolve: Resolve = system_addresses
    permits: Callable[[str], bool] = is_public
    ports: Iterable[int] | None = None
    tls: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)

    def has_port(self, port: int) -> bool:
        return port in set(settings.FETCH_PORTS if self.ports is None else self.ports)


class Deadline:
    """One end for everything: looking up, connecting, and every byte."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left.

        Raises:
            httpcore.ReadTimeout: none.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


def look_up(network: Network, host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of a host, within the deadline: the system's resolver has patience of its own.

    Raises:
        OSError: it has none.
        httpcore.ReadTimeout: the resolver did not answer in time.
    """
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(network.resolve(host, port))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    asking = threading.Thread(target=ask, name="resolver", daemon=True)
    asking.start()
    asking.join(deadline.left())
    if not answer:
        raise httpcore.ReadTimeout
    if isinstance(answer[0], Exception):
        raise OSError(str(answer[0])) from answer[0]
    return answer[0]


class Pinned(httpcore.NetworkBackend):
    """Connects to one of the addresses that were checked, whatever the name says by now. Host header, SNI and the
    check of the certificate still go by the name."""

    def __init__(self, addresses: list[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for number, address in enumerate(self._addresses):
            # One address that does not answer must not use up the time of the others.
            patience = self._deadline.left() / (len(self._addresses) - number)
            try:
                return _Timed(self._inner.connect_tcp(address, port, patience), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise httpcore.ConnectError("no sockets of this machine")

    def sleep(self, seconds: float) -> None:
        raise httpcore.ConnectError("no second try")


class _Timed(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline, however little the other side sends at a time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
