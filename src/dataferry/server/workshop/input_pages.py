"""The inputs of a draft: what each is, a newer snapshot where there is one, one more, one less."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.display.languages import page_language, tongue
from dataferry.server.display.words import spoken
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop import actions, draft_queries, draft_view, manifest_text, queries
from dataferry.server.workshop.draft_errors import draft_page, tell
from dataferry.server.workshop.draft_list_pages import LONGEST_SEARCH, found_datasets
from dataferry.server.workshop.models import Draft, DraftInput


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def inputs(request: HttpRequest, slug: str) -> HttpResponse:
    """The inputs; posted with `act`: add (`dataset`), newest or remove (`table`)."""
    draft = queries.draft_of(request.user, slug)
    if request.method == "POST":
        people.require(request.user, "workshop.change_draft", draft)
        return _changed(request, draft)
    words = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    rows = draft_queries.inputs_of(draft)
    newer = draft_queries.newer_snapshots(rows)
    frame = draft_view.frame(request, draft, "inputs")
    held = {each.snapshot.distribution.dataset.slug for each in rows if each.snapshot is not None}
    found = found_datasets(request.user, words) if frame["may_change"] and words else []
    context = {
        **frame,
        "inputs": [_shown(each, newer.get(each.pk)) for each in rows],
        "words": words,
        "searched": bool(words),
        "results": [each for each in found if each.slug not in held],
    }
    return render(request, "workshop/draft_inputs.html", context)


def _shown(given: DraftInput, newer: Any) -> dict[str, Any]:
    """One input in words."""
    shown = {"name": given.name, "columns": draft_view.columns_of(given), "rows": draft_view.rows_of(given)}
    if given.snapshot is not None:
        snapshot, dataset = given.snapshot, given.snapshot.distribution.dataset
        return shown | {
            "title": draft_view.dataset_title(dataset.title, dataset.slug),
            "address": f"/{tongue().code}/datasets/{dataset.slug}/",
            "city": dataset.city,
            "licence": dataset.licence,
            "digest": snapshot.id_text,
            "day": snapshot.received_at,
            "newer": newer,
        }
    release = given.upstream
    assert release is not None  # noqa: S101 - the table holds one of the two
    return shown | {
        "title": spoken(release.document["title"], page_language()),
        "address": reverse("release", args=[release.product.slug, release.version]),
        "city": "",
        "licence": release.document.get("licence", "unknown"),
        "digest": release.digest,
        "day": release.registered_at,
        "newer": None,
    }


def _changed(request: HttpRequest, draft: Draft) -> HttpResponse:
    """One change of the inputs, written into product.yaml; a text that cannot be read is told, not touched."""
    try:
        _change(request, draft)
    except ConflictError:
        messages.error(request, _("Somebody else saved this draft meanwhile. Look once more, then repeat."))
    except DataferryError as error:
        if error.http_status in (403, 404):
            raise
        tell(request, error)
    return redirect("draft-inputs", slug=draft.slug)


def _change(request: HttpRequest, draft: Draft) -> None:
    act, table = request.POST.get("act", ""), request.POST.get("table", "")[:63]
    text = request.POST.get("revision", "")
    revision = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if act == "add":
        snapshot = catalogue.snapshot_of(request.user, request.POST.get("dataset", "")[:200])
        actions.add_snapshot(request.user, draft, snapshot, revision)
        messages.success(request, _("The input is added. Use its table in the recipe."))
    elif act == "newest":
        _take_newest(request, draft, table, revision)
    elif act == "remove":
        written = manifest_text.without_input(draft.manifest, table)
        actions.save_draft(request.user, draft, written, draft.recipe, revision)
        messages.success(request, _("The input is removed. Check the recipe: it may still name its table."))


def _take_newest(request: HttpRequest, draft: Draft, table: str, revision: int) -> None:
    rows = [each for each in draft_queries.inputs_of(draft) if each.name == table]
    newer = draft_queries.newer_snapshots(rows)
    if not newer:
        messages.info(request, _("This is the newest snapshot already."))
        return
    written = manifest_text.with_input(draft.manifest, table, {"snapshot": newer[rows[0].pk].id_text})
    actions.save_draft(request.user, draft, written, draft.recipe, revision)
    messages.success(request, _("The newest snapshot is used from now on. Check the recipe: columns may have changed."))
