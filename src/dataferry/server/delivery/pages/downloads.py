"""The door of downloads: one file for a program with a key, answered by the address that carries its own grant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from dataferry.server.delivery import gate, metering
from dataferry.server.delivery.actions import downloads
from dataferry.server.delivery.doors import bearer, machine_door
from dataferry.server.delivery.gate import Admission


@require_http_methods(["GET", "HEAD"])
@machine_door
def download(request: HttpRequest, share: str, kind: str) -> HttpResponseBase:
    """The newest version of a share as one file: 302 to where it lies for some hours."""
    admission = gate.admit(bearer(request), gate.Door.FILES, share=share)
    return sent_on(request, admission, kind)


def sent_on(request: HttpRequest, admission: Admission, kind: str) -> HttpResponse:
    """Count the download and send the caller to the file.

    Raises: as `actions.downloads.download`.
    """
    # A HEAD counts too: its answer carries the same address. The GET that follows it is the same act.
    made = downloads.download(admission, kind, request.headers.get(metering.HEADER, ""))
    answer = HttpResponse(status=302)
    answer["Location"] = made.address.path
    answer["Cache-Control"] = "private, no-store"
    return answer
