"""Pages of the journal for auditors: what happened, whether the record is whole, what to take away."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataferry.messages import DataferryError, InputError, MissingError
from dataferry.server import jobs, journal, people
from dataferry.server.display.languages import page_language
from dataferry.server.portal import journal_reading as reading
from dataferry.server.portal.journal_jobs import VERIFY
from dataferry.server.web.paging import keyset_page

ROWS = 50
ANCHORS = 12
LONGEST_FILTER = 320


@require_safe
@never_cache
@people.signed_in
def journal_page(request: HttpRequest) -> HttpResponse:
    """The newest events first; the address holds what is shown."""
    people.require(request.user, reading.READ)
    act, object_, actor = (request.GET.get(name, "").strip()[:LONGEST_FILTER] for name in ("act", "object", "actor"))
    found = reading.events(act, object_, actor)
    page = keyset_page(found, ("-sequence",), request.GET.get("after") or None, ROWS, scope=f"{act}|{object_}|{actor}")
    language = page_language()
    context = {
        "section": "operations",
        "place": "journal",
        "events": reading.tell(page.items, language),
        "next": page.next,
        "first": not request.GET.get("after"),
        "act": act,
        "object": object_,
        "actor": actor,
        "filtered": bool(act or object_ or actor),
        "head": journal.head(),
        "verification": reading.last_verification(language),
        "anchors": journal.Anchor.objects.all()[:ANCHORS],
        "held_up": journal.Cursor.objects.filter(failures__gt=0),
    }
    return render(request, "portal/journal.html", context)


@require_POST
@people.signed_in
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a walk of the whole chain; its progress has a page."""
    people.require(request.user, reading.READ)
    with transaction.atomic():
        job = jobs.enqueue(VERIFY, subject="journal", payload={}, asked_by=request.user.pk, key="asked")
    return redirect("operations-job", job.pk)


@require_POST
@people.signed_in
def make_anchor(request: HttpRequest) -> HttpResponse:
    """Sign the head now."""
    people.require(request.user, reading.READ)
    try:
        made = journal.make_anchor()
    except DataferryError as error:
        messages.error(request, error.text())
    else:
        messages.success(
            request, _("Event %(number)s is signed. Keep the anchor elsewhere.") % {"number": made.sequence}
        )
    return redirect("operations-journal")


@require_safe
@never_cache
@people.signed_in
def export(request: HttpRequest) -> HttpResponseBase:
    """The journal as lines of JSON; `since` leaves out what one has already."""
    people.require(request.user, reading.READ)
    since = request.GET.get("since", "0")
    if not since.isdecimal() or int(since) > reading.LARGEST:
        raise InputError("server.portal.bad_since", since=since)
    return _download(StreamingHttpResponse(journal.export_lines(int(since))), "application/x-ndjson", "journal.ndjson")


@require_safe
@people.signed_in
def anchor(request: HttpRequest, number: int) -> HttpResponseBase:
    """One anchor, as its file."""
    people.require(request.user, reading.READ)
    found = journal.Anchor.objects.filter(pk=number).first() if number <= reading.LARGEST else None
    if found is None:
        raise MissingError("server.portal.no_such_anchor", number=number)
    return _download(HttpResponse(found.document + "\n"), "application/json", f"anchor-{found.sequence}.json")


@require_safe
@people.signed_in
def public_key(request: HttpRequest) -> HttpResponseBase:
    """The key that anchors are verified with."""
    people.require(request.user, reading.READ)
    body = journal.public_pem(journal.signing_key().public_key())
    return _download(HttpResponse(body), "application/x-pem-file", "journal-key.pem")


def _download(response: HttpResponseBase, kind: str, name: str) -> HttpResponseBase:
    response["Content-Type"] = kind
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
