"""Pages that change what is said about a dataset, show it to everybody, take it back, or start a product from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import DataferryError, LimitError, RefusedError
from dataferry.server import people
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.doors import door
from dataferry.server.catalogue.forms import DatasetForm, add_library_error
from dataferry.server.catalogue.models import Dataset
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.display.languages import page_language


def _about(dataset: Dataset) -> dict[str, Any]:
    title = spoken_with_provenance(dataset.title, page_language())
    return {"section": "datasets", "dataset": dataset, "title": title}


def _to(dataset: Dataset) -> HttpResponse:
    return HttpResponseRedirect(reverse("dataset", args=[dataset.slug]))


@door
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """What is said about a dataset, in three languages."""
    dataset = queries.dataset_of(request.user, slug)
    people.require(request.user, "catalogue.change_dataset", dataset)
    form = DatasetForm(request.POST or None, user=request.user, dataset=dataset)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.change_dataset(
                request.user,
                dataset,
                form.changes(),
                revision=form.cleaned_data["revision"],
                organisation=form.chosen_organisation(),
            )
        except DataferryError as error:
            if error.http_status in {401, 403} and error.code != "server.catalogue.changed_meanwhile":
                raise
            add_library_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return _to(saved)
    status = 422 if form.errors else 200
    return render(request, "catalogue/dataset_edit.html", _about(dataset) | {"form": form}, status=status)


@door
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset to everybody, once its keeper has read what that means."""
    dataset = queries.dataset_of(request.user, slug)
    people.require(request.user, "catalogue.publish_dataset", dataset)
    return _decided(request, dataset, actions.publish_dataset, "catalogue/dataset_publish.html", _("Published."))


@door
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer a dataset no longer, once its keeper has read what that means."""
    dataset = queries.dataset_of(request.user, slug)
    people.require(request.user, "catalogue.withdraw_dataset", dataset)
    return _decided(request, dataset, actions.withdraw_dataset, "catalogue/dataset_withdraw.html", _("Withdrawn."))


def _decided(request: HttpRequest, dataset: Dataset, act: Any, template: str, done: str) -> HttpResponse:
    context = _about(dataset)
    if request.method == "POST":
        try:
            act(request.user, dataset)
        except RefusedError as error:
            if not error.code.startswith("server.catalogue."):
                raise
            return render(request, template, context | {"wrong": error.text(page_language())}, status=422)
        messages.success(request, done)
        return _to(dataset)
    return render(request, template, context)


@door
@require_safe
def start(request: HttpRequest, slug: str, sha256: str) -> HttpResponseBase:
    """A product folder over this snapshot, ready to build, as a ZIP file."""
    people.require(request.user, "catalogue.start_product")
    snapshot = queries.snapshot_of(request.user, slug, sha256)
    try:
        folder = actions.product_folder(request.user, [snapshot])
    except LimitError as error:
        messages.error(request, error.text(page_language()))
        return HttpResponseRedirect(reverse("dataset_snapshot", args=[slug, snapshot.short]))
    return FileResponse(folder.file, as_attachment=True, filename=f"{folder.name}.zip", content_type="application/zip")
