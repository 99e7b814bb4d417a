"""How many requests a caller may make in a minute, counted over all web processes at a small price.

The count of a caller is one row that all processes share. A process does not write it for each request: it takes a
slice of the allowance (a tenth) and spends that from memory, so a caller costs at most ten short writes in a window
however many requests it makes. What a process took and did not spend is lost to the caller until the window ends.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dataferry.server.web.problems import TooManyError

Cost: TypeAlias = Literal["read", "write", "expensive", "refused"]
"""Classes of requests, each with its own allowance. `refused` counts answers 401 by address: a guesser of tokens."""

WINDOW_SECONDS = 60
SLICES = 10
MOST_KEPT = 20_000
KEPT_SECONDS = 3600

# One statement of both dialects: begins a new window, or takes a slice while something is left; else gives no row.
_TAKE = """
INSERT INTO web_allowance (key, started, used) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET
  used = CASE WHEN web_allowance.started = excluded.started THEN web_allowance.used + excluded.used
         ELSE excluded.used END,
  started = excluded.started
WHERE web_allowance.started < excluded.started
   OR (web_allowance.started = excluded.started AND web_allowance.used < %s)
RETURNING used
"""


@dataclass
class _Slice:
    """What this process holds of a caller's allowance in one window."""

    started: int
    left: int
    used: int


@dataclass(frozen=True)
class Standing:
    """How a caller stands after a request was counted. `limit` 0 means that there is none."""

    limit: int
    remaining: int
    reset: int
    allowed: bool = True

    def write_on(self, response: HttpResponseBase) -> None:
        if self.limit:
            response["RateLimit-Limit"] = str(self.limit)
            response["RateLimit-Remaining"] = str(self.remaining)
            response["RateLimit-Reset"] = str(self.reset)


class Limiter:
    """Counts requests. One in a process; `forget` is for tests."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._slices: dict[str, _Slice] = {}
        self._lock = threading.Lock()
        self._swept = 0

    def count(self, cost: Cost, caller: str) -> Standing:
        """Count one request of this class by this caller."""
        limit, started, reset, key = self._window(cost, caller)
        if not limit:
            return Standing(0, 0, 0)
        with self._lock:
            held = self._slices.get(key)
            if held is None or held.started != started:
                held = self._slices[key] = _Slice(started, 0, 0)
                self._drop_old(started)
            if held.left < 1 and held.used < limit:
                self._take(key, held, limit)
            allowed = held.left >= 1
            if allowed:
                held.left -= 1
            return Standing(limit, max(0, limit - held.used + held.left), reset, allowed)

    def look(self, cost: Cost, caller: str) -> Standing:
        """How a caller stands as far as this process knows; counts nothing and asks no database."""
        limit, started, reset, key = self._window(cost, caller)
        held = self._slices.get(key)
        if not limit or held is None or held.started != started:
            return Standing(limit, limit, reset)
        left = max(0, limit - held.used + held.left)
        return Standing(limit, left, reset, allowed=left > 0)

    def _window(self, cost: Cost, caller: str) -> tuple[int, int, int, str]:
        """The limit, when the window began, seconds until the next, and the key of the row."""
        now = int(self.clock())
        started = now // WINDOW_SECONDS * WINDOW_SECONDS
        key = hashlib.sha256(f"{cost}|{caller}".encode()).hexdigest()
        return int(settings.API_RATES.get(cost, 0)), started, started + WINDOW_SECONDS - now, key

    def _take(self, key: str, held: _Slice, limit: int) -> None:
        wanted = max(1, limit // SLICES)
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [key, held.started, wanted, limit])
            row = cursor.fetchone()
        if row is None:
            held.used = limit
            return
        before = int(row[0]) - wanted
        held.used = min(limit, int(row[0]))
        held.left += held.used - before

    def _drop_old(self, started: int) -> None:
        """Forget callers of former windows: here when there are many, in the database once in a while."""
        if len(self._slices) > MOST_KEPT:
            self._slices = {key: held for key, held in self._slices.items() if held.started == started}
        if started - self._swept < KEPT_SECONDS:
            return
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM web_allowance WHERE started < %s", [started - KEPT_SECONDS])
        self._swept = started

    def forget(self) -> None:
        with self._lock:
            self._slices.clear()


limiter = Limiter()


def client_address(request: HttpRequest) -> str:
    """Where a request comes from. A proxy's word counts only when the settings say that there is one.

    Of `X-Forwarded-For` the last entry counts: it is the one that our own proxy wrote; those before it are the
    caller's to invent. Of an IPv6 address the first 64 bits count, since one subscriber has them all.
    """
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def caller_of(request: HttpRequest) -> str:
    """Whose allowance a request uses: the token's, else the session's, else the address's.

    A token that does not exist gives no way round the limit: its refusals are counted by address.
    """
    authorization = request.headers.get("Authorization", "")
    if authorization:
        return f"token {authorization}"
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    user = getattr(request, "user", None)
    if session and user is not None and user.is_authenticated:
        return f"person {user.pk}"
    return f"address {client_address(request)}"


def admit(request: HttpRequest, cost: Cost) -> Standing:
    """Count this request.

    Raises:
        TooManyError: `server.web.too_many` (429) with the seconds to wait, or `server.web.too_many_refused`.
    """
    guessing = limiter.look("refused", client_address(request))
    if not guessing.allowed:
        raise TooManyError("server.web.too_many_refused", retry=True, seconds=guessing.reset, limit=guessing.limit)
    standing = limiter.count(cost, caller_of(request))
    if not standing.allowed:
        raise TooManyError("server.web.too_many", retry=True, seconds=standing.reset, limit=standing.limit)
    return standing


def count_refusal(request: HttpRequest) -> None:
    """Remember that this address was answered 401 to a token it showed."""
    limiter.count("refused", client_address(request))
