"""Pages on which a file comes in: as a new dataset, as the next snapshot, read again; and how its reading goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.doors import door
from dataferry.server.catalogue.forms import (
    DATUMS,
    ENCODINGS,
    FileForm,
    NewDatasetForm,
    ReadingForm,
    add_library_error,
)
from dataferry.server.catalogue.models import Dataset, Snapshot, Upload
from dataferry.server.catalogue.receiving import received_file
from dataferry.server.catalogue.upload_actions import permit_upload
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.display.languages import page_language
from dataferry.server.web.fetch import fetch

FETCH_SECONDS = 60.0

_CHOICES: Mapping[str, Any] = {"encodings": ENCODINGS, "datums": DATUMS, "section": "datasets"}


@door
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A file as a new dataset."""
    people.require(request.user, "catalogue.create_dataset")
    form = NewDatasetForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        upload = _received(request, None, form, form.metadata())
        if upload is not None:
            return _on_to(request, upload)
    return _shown(request, "catalogue/upload_new.html", {"form": form})


@door
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """A file as the next snapshot of a dataset, by default read as the one before it."""
    dataset = queries.dataset_of(request.user, slug)
    permit_upload(request.user, dataset)
    distribution = dataset.distributions.first()
    initial = ReadingForm.initial_of(distribution.read_options) if distribution else {}
    form = FileForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        upload = _received(request, dataset, form, None)
        if upload is not None:
            return _on_to(request, upload)
    return _shown(request, "catalogue/upload_add.html", _about(dataset) | {"form": form, "open_options": bool(initial)})


def _received(
    request: HttpRequest, dataset: Dataset | None, form: FileForm, metadata: Mapping[str, Any] | None
) -> Upload | None:
    """The upload; None where it was refused for a reason that the form now shows."""
    given = form.cleaned_data
    common: dict[str, Any] = {
        "options": form.options(),
        "metadata": metadata,
        "organisation": given.get("organisation") or "",
        "source": given.get("source") or "",
    }
    try:
        if given.get("address"):
            return _from_address(request, dataset, given["address"], common)
        file = received_file(request)
        return actions.receive_upload(request.user, dataset, file, str(file.name), **common)
    except DataferryError as error:
        if error.code.startswith("server.people."):
            raise
        add_library_error(form, error)
    return None


def _from_address(request: HttpRequest, dataset: Dataset | None, address: str, common: dict[str, Any]) -> Upload:
    """The file of a web address, fetched while the visitor waits."""
    with (
        fetch(address, limit_bytes=settings.UPLOAD_LIMIT, timeout=FETCH_SECONDS) as fetched,
        fetched.path.open("rb") as stream,
    ):
        common |= {"source": common["source"] or fetched.final_url}
        return actions.receive_upload(request.user, dataset, stream, fetched.name, **common)


@door
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, number: int) -> HttpResponse:
    """How the reading of an upload goes. A failed one shows the reason, and the options to try it with again."""
    found = queries.upload_of(request.user, number)
    if found.state == Upload.State.DONE and found.snapshot is not None:
        return _done(request, found, found.snapshot)
    form = ReadingForm(request.POST or None, initial=ReadingForm.initial_of(found.read_options))
    if request.method == "POST" and form.is_valid():
        try:
            return _on_to(request, actions.retry_upload(request.user, found, form.options()))
        except DataferryError as error:
            add_library_error(form, error)
    return _shown(request, "catalogue/upload.html", _about(found.dataset) | {"upload": found, "form": form})


def _done(request: HttpRequest, upload: Upload, snapshot: Snapshot) -> HttpResponse:
    """On to the dataset; htmx, which asks for the progress, is told to take the whole page there."""
    address = reverse("dataset_snapshot", args=[upload.dataset.slug, snapshot.short])
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse()
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


@door
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, slug: str, sha256: str) -> HttpResponse:
    """Read the bytes of a snapshot again with other options: that makes a new snapshot of the same bytes."""
    dataset = queries.dataset_of(request.user, slug)
    permit_upload(request.user, dataset)
    snapshot = queries.snapshot_of(request.user, slug, sha256)
    form = ReadingForm(request.POST or None, initial=ReadingForm.initial_of(snapshot.read_options))
    if request.method == "POST" and form.is_valid():
        try:
            return _on_to(request, actions.read_again(request.user, snapshot, form.options()))
        except DataferryError as error:
            add_library_error(form, error)
    return _shown(request, "catalogue/upload_again.html", _about(dataset) | {"form": form, "snapshot": snapshot})


def _about(dataset: Dataset) -> dict[str, Any]:
    return {"dataset": dataset, "title": spoken_with_provenance(dataset.title, page_language())}


def _on_to(request: HttpRequest, upload: Upload) -> HttpResponse:
    """To the page of the upload; the script that sent a file with progress is told where that is."""
    address = reverse("upload", args=[upload.pk])
    if upload.state == Upload.State.DONE and upload.snapshot is not None:
        address = reverse("dataset_snapshot", args=[upload.dataset.slug, upload.snapshot.short]) + "?same"
    return HttpResponseRedirect(address)


def _shown(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """The form; with what was wrong it is an answer that programs can tell from a page that was asked for."""
    form = context.get("form")
    status = 422 if request.method == "POST" and form is not None and form.errors else 200
    wrong = form is not None and bool(set(form.errors) & set(ReadingForm.base_fields))
    return render(request, template, {**_CHOICES, "open_options": wrong, **context}, status=status)
