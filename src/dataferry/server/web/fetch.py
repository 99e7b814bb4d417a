"""The one way out: every file from another server comes through `fetch`, which reaches public addresses only."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import tempfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpcore
import httpx
from django.conf import settings

import dataferry
from dataferry.messages import DataferryError, InputError, LimitError, RefusedError, UnavailableError
from dataferry.server.web.network import Deadline, Network, Pinned, look_up

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_ADDRESS = 2048
LONGEST_NAME = 150
CHUNK = 256 * 1024
PORTS = {"http": 80, "https": 443}
HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": f"dataferry/{dataferry.__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
}
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,79}/[a-z0-9][a-z0-9!#$&^_.+-]{0,79}")
_AUTHORITY = re.compile(r"[a-zA-Z]+:/*([^/?#]*)")
PUBLIC = Network()


@dataclass(frozen=True)
class Fetched:
    """A file from another server, in a private place of ours until the `with` block ends."""

    path: Path
    bytes: int
    sha256: str
    media_type: str
    final_url: str
    name: str

    def __enter__(self) -> Fetched:
        return self

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)


def fetch(
    url: str,
    *,
    limit_bytes: int,
    timeout: float,
    allow_hosts: Collection[str] | None = None,
    into: Path | None = None,
    network: Network = PUBLIC,
) -> Fetched:
    """Fetch a file by HTTP GET. `with fetch(...) as fetched:` removes it at the end.

    Names are looked up once a hop, and the connection goes to the address that was checked. Redirects (at most five,
    never from https to http) are checked the same way. Proxies of the environment are not used, no cookie or
    credential is sent.

    Args:
        url: http or https, without user name or password, on a port of DATAFERRY_FETCH_PORTS.
        limit_bytes: of what arrives and of what it unpacks to.
        timeout: seconds for all of it.
        allow_hosts: where given, only these hosts are reached, also by redirects.
        into: folder for the file; without one, `work` in the data home.
        network: for tests.

    Raises:
        InputError: the address cannot be fetched, or there is no such file.
        RefusedError: it leads where we do not go.
        LimitError: it is larger than `limit_bytes`, or takes longer than `timeout`.
        UnavailableError: the other server does not answer as it should; `retry` says whether that may pass.
    """
    deadline = Deadline(timeout)
    address = _parsed(url, network, allow_hosts)
    for _hop in range(MOST_REDIRECTS + 1):
        with _told(address, timeout), _answer(address, network, deadline) as answer:
            following = _redirected(answer, address)
            if following is None:
                _check_status(answer, address)
                return _kept(answer, address, limit_bytes, into or settings.HOME / "work")
        if address.scheme == "https" and following.startswith("http:"):
            raise RefusedError("server.web.fetch_downgrade", host=address.host)
        address = _parsed(following, network, allow_hosts)
    raise RefusedError("server.web.fetch_redirects", host=address.host, most=MOST_REDIRECTS)


def _parsed(url: str, network: Network, allow_hosts: Collection[str] | None) -> httpx.URL:
    """The address, if it is of a kind that we fetch."""
    if len(url) > LONGEST_ADDRESS or "\\" in url or not url.isprintable() or " " in url:
        raise InputError("server.web.fetch_bad_address", url=url)
    try:
        address = httpx.URL(url)
        host = address.host.rstrip(".").lower()
        address.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise InputError("server.web.fetch_bad_address", url=url) from error
    if address.scheme not in PORTS:
        raise InputError("server.web.fetch_scheme", scheme=address.scheme or "–")
    if not host:
        raise InputError("server.web.fetch_bad_address", url=url)
    authority = _AUTHORITY.match(url)
    if address.userinfo or authority is None or "@" in authority[1]:
        raise InputError("server.web.fetch_credentials", host=host)
    if not network.has_port(address.port or PORTS[address.scheme]):
        raise RefusedError("server.web.fetch_port", host=host, port=str(address.port))
    if allow_hosts is not None and host not in {each.lower() for each in allow_hosts}:
        raise RefusedError("server.web.fetch_other_host", host=host)
    return address.copy_with(fragment=None)


@contextmanager
def _told(address: httpx.URL, timeout: float) -> Iterator[None]:
    """What goes wrong on the way, in words; without what the other side or the system said of it."""
    host = address.host
    try:
        yield
    except httpcore.TimeoutException as error:
        raise LimitError("server.web.fetch_slow", retry=True, host=host, seconds=timeout) from error
    except (ssl.SSLError, httpcore.ConnectError) as error:
        if "CERTIFICATE" in str(error).upper() or isinstance(error.__cause__, ssl.SSLError):
            raise UnavailableError("server.web.fetch_tls", host=host) from error
        raise UnavailableError("server.web.fetch_unreachable", retry=True, host=host) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise UnavailableError("server.web.fetch_broken", retry=True, host=host) from error


@contextmanager
def _answer(address: httpx.URL, network: Network, deadline: Deadline) -> Iterator[httpcore.Response]:
    """The other server's answer, from an address of its that was checked."""
    port = address.port or PORTS[address.scheme]
    try:
        found = look_up(network, address.raw_host.decode("ascii"), port, deadline)
    except OSError as error:
        raise UnavailableError("server.web.fetch_unknown_host", retry=True, host=address.host) from error
    permitted = [each for each in found if network.permits(each)]
    if not permitted:
        raise RefusedError("server.web.fetch_private", host=address.host)
    context = network.tls() if address.scheme == "https" else None
    pool = httpcore.ConnectionPool(
        ssl_context=context, max_connections=1, max_keepalive_connections=0, network_backend=Pinned(permitted, deadline)
    )
    target = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    headers = {**HEADERS, "Host": address.netloc.decode("ascii")}
    with pool, pool.stream("GET", target, headers=headers) as answer:
        yield answer


def _header(answer: httpcore.Response, name: bytes) -> str:
    """The first header of this name; UTF-8 where it is that."""
    value = next((value for key, value in answer.headers if key.lower() == name), b"")
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _redirected(answer: httpcore.Response, address: httpx.URL) -> str | None:
    """Where the answer sends us on to."""
    if answer.status not in REDIRECTS:
        return None
    location = _header(answer, b"location")
    try:
        if not location or not location.isprintable() or "\\" in location:
            raise ValueError(location)
        return str(address.join(location))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UnavailableError("server.web.fetch_broken", host=address.host) from error


def _check_status(answer: httpcore.Response, address: httpx.URL) -> None:
    if answer.status == 200:
        return
    if answer.status == 429 or answer.status >= 500:
        raise UnavailableError("server.web.fetch_busy", retry=True, host=address.host, status=answer.status)
    raise InputError("server.web.fetch_status", host=address.host, status=answer.status)


def _kept(answer: httpcore.Response, address: httpx.URL, limit: int, folder: Path) -> Fetched:
    """The body in a file of its own; nothing is left of one that does not come whole."""
    stated = _header(answer, b"content-length")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
        raise _too_big(address, limit)
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="fetched-", dir=folder)
    path = Path(name)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            raw = _limited(answer.iter_stream(), address, limit)
            for chunk in _unpacked(raw, _header(answer, b"content-encoding").lower(), address):
                size += len(chunk)
                if size > limit:
                    raise _too_big(address, limit)
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Fetched(path, size, digest.hexdigest(), _media_type(answer), str(address), _file_name(answer, address))


def _too_big(address: httpx.URL, limit: int) -> DataferryError:
    return LimitError("server.web.fetch_too_big", host=address.host, limit=limit)


def _limited(chunks: Iterable[bytes], address: httpx.URL, limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_big(address, limit)
        yield chunk


def _unpacked(chunks: Iterable[bytes], encoding: str, address: httpx.URL) -> Iterator[bytes]:
    """The bytes as the file has them, in pieces of bounded size: a small answer may unpack to a huge one."""
    if encoding in {"", "identity"}:
        yield from chunks
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise UnavailableError("server.web.fetch_encoding", host=address.host, encoding=encoding)
    unpacker, begun, piece = zlib.decompressobj(wbits=31), False, b""
    try:
        for chunk in chunks:
            while chunk or len(piece) == CHUNK:
                if unpacker.eof:
                    if not chunk:
                        break
                    unpacker = zlib.decompressobj(wbits=31)
                begun = True
                piece = unpacker.decompress(chunk, CHUNK)
                yield piece
                chunk = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error as error:
        raise UnavailableError("server.web.fetch_broken", retry=True, host=address.host) from error
    if begun and not unpacker.eof:
        raise UnavailableError("server.web.fetch_broken", retry=True, host=address.host)


def _media_type(answer: httpcore.Response) -> str:
    stated = _header(answer, b"content-type").partition(";")[0].strip().lower()
    return stated if _MEDIA_TYPE.fullmatch(stated) else "application/octet-stream"


def _file_name(answer: httpcore.Response, address: httpx.URL) -> str:
    """What the other side calls the file, as one harmless name: from Content-Disposition, else from the address."""
    stated: Any = None
    disposition = _header(answer, b"content-disposition")
    if disposition:
        message = Message()
        message["content-disposition"] = disposition.replace("\r", "").replace("\n", "")
        try:
            stated = message.get_filename()
        except (ValueError, LookupError):
            stated = None
    name = str(stated) if stated else unquote(address.path)
    name = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    name = "".join(letter for letter in name if letter.isprintable()).strip(" .")
    if len(name) > LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 12]}.{suffix}" if dot and len(suffix) <= 10 else name[:LONGEST_NAME]
    return name or "download"
