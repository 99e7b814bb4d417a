"""One request to a server: the token, the language, patience with a busy server, and no redirect to elsewhere."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import httpx

from dataferry import __version__
from dataferry.client.addresses import need_closed_line, same_place, server_address
from dataferry.client.errors import error_of, wait_of
from dataferry.messages import DataferryError, RefusedError, UnavailableError, current_language

MOST_REDIRECTS = 3
LONGEST_WAIT = 90.0
MIB = 1024 * 1024
MOST_OF_AN_ANSWER = 256 * MIB
MOST_OF_AN_ERROR = 4 * MIB
RETRIED = frozenset({429, 502, 503, 504})


class Transport:
    """Sends requests to one server.

    Args:
        timeout: seconds to wait for a connection, and for each piece of an answer.
        retries: how often a request is sent again after 429, 502, 503, 504 or a broken connection. A request that
            changes something is sent again after a broken connection only when the server cannot have seen it.
        sleep: waits; for tests.
    """

    def __init__(
        self,
        server: str,
        token: str | None,
        *,
        timeout: float = 30.0,
        retries: int = 4,
        plain_http: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server = server_address(server)
        if token:
            need_closed_line(self.server, plain_http=plain_http)
        self._token = token
        self._timeout, self._plain_http = timeout, plain_http
        self._retries = retries
        self._sleep = sleep
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            headers={"User-Agent": f"dataferry/{__version__}", "Accept": "application/json"},
            trust_env=True,
        )

    def close(self) -> None:
        self._http.close()

    def json(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer; `None` for one without a body."""
        with self.open(method, path, **options) as response:
            content = _whole(response, self.server)
            return _json(content, response, self.server) if content else None

    def json_with_tag(self, method: str, path: str, **options: Any) -> tuple[Any, str]:
        """The JSON of an answer and its ETag."""
        with self.open(method, path, **options) as response:
            return _json(_whole(response, self.server), response, self.server), response.headers.get("ETag", "")

    def with_token(self, token: str | None) -> Transport:
        """Another line to the same server that carries another token, or none."""
        return Transport(
            self.server,
            token,
            timeout=self._timeout,
            retries=self._retries,
            plain_http=self._plain_http,
            sleep=self._sleep,
        )

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        fresh: Callable[[], dict[str, Any]] | None = None,
        **options: Any,
    ) -> Iterator[httpx.Response]:
        """A good answer whose body is not read yet.

        Args:
            path: from the root of the server.
            fresh: makes further options anew for each try, such as a file that is sent in pieces.

        Raises:
            DataferryError: what the server refused (see `errors.ServerError`), `client.unreachable`,
                `client.redirected` for a redirect to elsewhere, `client.no_problem` for an answer of something else.
        """
        response = self._send(method, self.server + path, headers or {}, fresh, options)
        try:
            if response.status_code >= 400:
                raise error_of(response, _whole(response, self.server, MOST_OF_AN_ERROR))
            yield response
        except httpx.HTTPError as error:
            raise UnavailableError("client.broken_off", retry=True, server=self.server) from error
        finally:
            response.close()

    def _send(
        self, method: str, address: str, headers: Mapping[str, str], fresh: Any, options: dict[str, Any]
    ) -> httpx.Response:
        redirects = attempt = 0
        while True:
            if fresh is not None:
                options |= fresh()
            request = self._http.build_request(method, address, headers=self._headers(headers), **options)
            try:
                response = self._http.send(request, stream=True)
            except httpx.HTTPError as error:
                attempt += 1
                if attempt > self._retries or not _may_repeat(method, error):
                    raise self._unreachable(error) from error
                self._sleep(_pause(attempt, None))
                continue
            if response.is_redirect:
                redirects += 1
                address = self._redirected(response, address, method, redirects)
                continue
            if response.status_code in RETRIED and attempt < self._retries:
                wait = wait_of(response)
                if wait is None or wait <= LONGEST_WAIT:
                    attempt += 1
                    response.close()
                    self._sleep(_pause(attempt, wait))
                    continue
            return response

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        headers = {"Accept-Language": current_language(), **more}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _redirected(self, response: httpx.Response, address: str, method: str, count: int) -> str:
        target: str = urljoin(address, response.headers.get("Location", ""))
        response.close()
        if count > MOST_REDIRECTS or method not in {"GET", "HEAD"} or not same_place(address, target):
            raise RefusedError("client.redirected", server=self.server, target=target[:200])
        return target

    def _unreachable(self, error: httpx.HTTPError) -> DataferryError:
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
            return RefusedError("client.bad_server", server=self.server)
        reason = str(error) or type(error).__name__
        return UnavailableError("client.unreachable", retry=True, server=self.server, reason=reason)


def _may_repeat(method: str, error: httpx.HTTPError) -> bool:
    """A change must not be made twice: it is sent again only where no connection came about."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    return method in {"GET", "HEAD"} and isinstance(error, httpx.TransportError)


def _pause(attempt: int, asked: float | None) -> float:
    """What the server asks for, else 0.5 s, 1 s, 2 s, ... each with up to a half more, so that callers spread."""
    if asked is not None:
        return asked
    return float(min(0.5 * 2 ** (attempt - 1), 20.0) * random.uniform(1.0, 1.5))  # noqa: S311  no secret


def _whole(response: httpx.Response, server: str, most: int = MOST_OF_AN_ANSWER) -> bytes:
    """The body of an answer, as long as it is one that a memory holds."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > most:
            raise UnavailableError("client.answer_too_large", server=server, most=most // MIB)
    return bytes(content)


def _json(content: bytes, response: httpx.Response, server: str) -> Any:
    try:
        return json.loads(content)
    # Brackets in brackets without end are no ValueError.
    except (ValueError, RecursionError) as error:
        raise UnavailableError("client.no_problem", server=server, status=response.status_code) from error
