"""The door of files: an address with its own grant, asked again at every request and while the bytes go out."""

from __future__ import annotations

import logging
import time

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from dataferry.messages import RefusedError, UnavailableError
from dataferry.server.delivery import gate, grants, keeping, vault
from dataferry.server.delivery.doors import machine_door
from dataferry.server.delivery.grants import FileGrant
from dataferry.server.web.files import PRIVATE, serve
from dataferry.server.web.limits import count_refusal

ASK_AGAIN_BYTES = 8 * 1024 * 1024
ASK_AGAIN_SECONDS = 0.5
"""Between two looks at the entitlement no more than this goes out, and no more time passes in which anything does."""

SHARED_SECONDS = 0.25
"""One look counts for all streams of the same grant in this process: a hundred at once must not ask a hundred times."""
MOST_REMEMBERED = 10_000
_stood: dict[tuple[int, int], float] = {}

MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "fgb": "application/flatgeobuf",
}

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD"])
@machine_door(cost=None)
def served_file(request: HttpRequest, grant: str, name: str) -> HttpResponseBase:
    """A served file, whole or in ranges, while the entitlement stands."""
    try:
        found = grants.parse(grant)
        entitlement, holder = gate.entitlement_of(found.entitlement), grants.holder_of(found)
        grants.verify(found, entitlement, holder, name, request.GET.get(grants.PARAMETER, ""))
    except RefusedError as error:
        if error.code == "server.delivery.bad_signature":
            count_refusal(request)
        raise
    gate.check_reading(entitlement, found.key)
    for release in grants.releases_of(holder):
        gate.check_border(entitlement, release)
    file = grants.file_of(holder, found.index)
    try:
        opened = vault.open_sound(file)
    except UnavailableError:
        keeping.ask(holder)
        raise
    response = serve(
        request, opened, file["sha256"], holder.made_at.timestamp(), cache_control=PRIVATE, guard=Watch(found)
    )
    if response.status_code in {200, 206}:
        response["Content-Type"] = MEDIA_TYPES[name.rpartition(".")[2]]
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
    return response


class Watch:
    """Looks at the entitlement again while a file goes out; once it does not stand, no further chunk leaves."""

    def __init__(self, grant: FileGrant) -> None:
        self._grant, self._sent, self._looked = grant, 0, time.monotonic()
        self._begun = False

    def __call__(self, size: int) -> None:
        now = time.monotonic()
        if not self._begun:
            self._begun = True
            let_go()
        if self._sent + size > ASK_AGAIN_BYTES or now - self._looked >= ASK_AGAIN_SECONDS:
            self._look()
            self._sent, self._looked = 0, now
        self._sent += size

    def _look(self) -> None:
        who, now = (self._grant.entitlement, self._grant.key), time.monotonic()
        if 0 <= now - _stood.get(who, -1.0) < SHARED_SECONDS:
            return
        try:
            gate.check_reading(gate.entitlement_of(self._grant.entitlement), self._grant.key)
        except RefusedError as error:
            logger.info("a file was cut off", extra={"entitlement": self._grant.entitlement, "reason": error.code})
            raise
        finally:
            let_go()
        if len(_stood) >= MOST_REMEMBERED:
            _stood.clear()
        _stood[who] = now


def let_go() -> None:
    """Give the connection to the database back: a slow reader must not hold one. SQLite has no server to spare."""
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()
