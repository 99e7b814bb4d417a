"""The door of downloads: one file for a program with a key, answered by the address that carries its own grant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from dataferry.server.delivery import gate, grants, metering
from dataferry.server.delivery.actions.first_delivery import before_leaving
from dataferry.server.delivery.doors import bearer, machine_door
from dataferry.server.delivery.exports import export
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.serving import served_table


@require_http_methods(["GET", "HEAD"])
@machine_door
def download(request: HttpRequest, share: str, kind: str) -> HttpResponseBase:
    """The newest version of a share as one file: 302 to where it lies for some hours."""
    admission = gate.admit(bearer(request), gate.Door.FILES, share=share)
    return sent_on(request, admission, kind)


def sent_on(request: HttpRequest, admission: Admission, kind: str) -> HttpResponse:
    """Count the download and send the caller to the file.

    Raises:
        MissingError: no such format. UnavailableError: it is being prepared. RefusedError: the day's caps, the border.
    """
    served = served_table(admission.release, admission.cut)
    made = export(served, kind)
    # A HEAD counts too: its answer carries the same address. The GET that follows it is the same act.
    before_leaving(admission)
    key = metering.request_key(admission, {"download": kind}, request.headers.get(metering.HEADER, ""))
    metering.record(admission, key, "download", rows=served.rows, bytes=int(made.file["bytes"]))
    answer = HttpResponse(status=302)
    answer["Location"] = grants.address_of(admission, made).path
    answer["Cache-Control"] = "private, no-store"
    return answer
