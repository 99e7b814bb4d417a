"""A person of the buyer asks a question: a form, the answer as a table, and the same answer as CSV."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import DataferryError, MissingError
from dataferry.privacy.answers import Answer, Protection
from dataferry.server import people
from dataferry.server.delivery import gate
from dataferry.server.delivery.actions.asking import ask as answered
from dataferry.server.delivery.answering import input_names
from dataferry.server.delivery.ask_forms import AskForm
from dataferry.server.delivery.changes import schema_of
from dataferry.server.delivery.exports import plain
from dataferry.server.delivery.queries import entitlements as queries
from dataferry.server.delivery.screening import protection_of
from dataferry.server.delivery.serving import served_table
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person
from dataferry.tables import write_csv

MOST_SHOWN = 1_000


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """The form; by POST the answer, since each question counts. `csv` among the fields sends it as a file."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    people.require(user, "delivery.use", found)
    try:
        admission = gate.admit(found, gate.Door.ANSWERS)
        protection = protection_of(found.agreement.listing, admission.release)
        schema = schema_of(served_table(admission.release, admission.cut))
    except MissingError:
        raise
    except DataferryError as error:
        messages.error(request, error.text())
        return redirect("delivery-entitlement", number)
    data = request.POST if request.method == "POST" else None
    form = AskForm(data, schema=schema, inputs=input_names(found.agreement.listing), protection=protection)
    answer: Answer | None = None
    if form.is_bound and form.is_valid():
        with telling_form(form):
            answer, _protection = answered(admission, form.asked())
    if answer is not None and "csv" in request.POST and not answer.too_few:
        return _csv(answer, f"{found.share}.csv")
    refused = form.is_bound and answer is None
    context = {"section": "exchange", "entitlement": found, "form": form, **_shown(answer, protection)}
    return render(request, "delivery/ask.html", context, status=422 if refused else 200)


def _shown(answer: Answer | None, protection: Protection) -> dict[str, Any]:
    if answer is None:
        return {"answer": None, "protection": protection}
    rows = [[_cell(value) for value in row.values()] for row in answer.rows(MOST_SHOWN)]
    return {
        "answer": answer,
        "protection": protection,
        "names": answer.table.column_names,
        "rows": rows,
        "more": answer.cells - len(rows),
        "hidden": sorted(answer.withheld_figures.items()),
    }


def _cell(value: Any) -> Any:
    """A value as the table shows it: text that could not be seen, or would turn its neighbours round, as JSON."""
    if isinstance(value, str) and (not value.strip() or not value.isprintable()):
        return json.dumps(value)
    return plain(value)


def _csv(answer: Answer, name: str) -> HttpResponse:
    """Cells that a spreadsheet would run are made harmless."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.csv"
        write_csv(answer.table, path)
        response = HttpResponse(path.read_bytes(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
