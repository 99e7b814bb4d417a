"""The address of a server: one form for each, and no token over an open line."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from dataferry.messages import RefusedError, UsageError

_PORTS = {"http": 80, "https": 443}


def server_address(text: str) -> str:
    """`https://host[:port]` in one form. Without a scheme: http for this machine itself, else https.

    Raises:
        UsageError: `client.bad_server`, no address of a server.
    """
    given = text.strip()
    if "://" not in given:
        host = given.partition("/")[0].rpartition("@")[2]
        given = f"{'http' if is_this_machine(_host_of(host)) else 'https'}://{given}"
    try:
        parts = urlsplit(given)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise UsageError("client.bad_server", server=text) from error
    named = parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/")
    if parts.scheme not in _PORTS or not host or named or any(c.isspace() or not c.isprintable() for c in given):
        raise UsageError("client.bad_server", server=text)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != _PORTS[parts.scheme] else "")


def _host_of(netloc: str) -> str:
    return netloc[1:].partition("]")[0] if netloc.startswith("[") else netloc.partition(":")[0]


def is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def need_closed_line(server: str, *, plain_http: bool) -> None:
    """A token travels over HTTPS, or inside this machine, or where the caller says that an open line is all right.

    Raises:
        RefusedError: `client.open_line`.
    """
    parts = urlsplit(server)
    if parts.scheme != "https" and not plain_http and not is_this_machine(parts.hostname or ""):
        raise RefusedError("client.open_line", server=server)


def same_place(first: str, second: str) -> bool:
    """Whether a redirect from `first` to `second` stays with the server that was asked; HTTPS may be stepped up to."""
    one, other = urlsplit(first), urlsplit(second)
    if one.hostname != other.hostname:
        return False
    if one.scheme == "http" and other.scheme == "https":
        return True
    ports = [parts.port or _PORTS.get(parts.scheme) for parts in (one, other)]
    return one.scheme == other.scheme and ports[0] == ports[1]
