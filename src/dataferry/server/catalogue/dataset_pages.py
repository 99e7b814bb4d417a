"""The page of a dataset, as one of its snapshots shows it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dataferry.messages import DataferryError, UsageError
from dataferry.server import people
from dataferry.server.catalogue import queries
from dataferry.server.catalogue.doors import door, is_partial
from dataferry.server.catalogue.models import Column, Dataset, Snapshot
from dataferry.server.catalogue.showing import evidence, history, use
from dataferry.server.catalogue.showing.asked import asked_of, test_words
from dataferry.server.catalogue.showing.columns import columns_shown
from dataferry.server.catalogue.showing.map_words import classes, map_words, moving_words
from dataferry.server.catalogue.showing.places import NoMap, places_map
from dataferry.server.catalogue.showing.preview import preview
from dataferry.server.catalogue.words import keyword_list, spoken_with_provenance
from dataferry.server.display.evidence import chips, findings
from dataferry.server.display.languages import page_language

ROWS_TARGET = "rows"
_MOST_COLUMNS_DRAWN = 400


@door
@require_safe
def dataset(request: HttpRequest, slug: str, sha256: str | None = None) -> HttpResponse:
    """A dataset; with `sha256` one of its snapshots, else the newest. htmx asks for the rows alone."""
    found = queries.dataset_of(request.user, slug)
    snapshots = list(queries.snapshots_of(found)[: history.MOST_SHOWN + 1])
    if not snapshots and sha256 is None:
        return render(request, "catalogue/dataset_empty.html", _frame(request, found, None))
    snapshot = queries.snapshot_of(request.user, slug, sha256)
    columns = list(snapshot.columns.all())
    context = _frame(request, found, snapshot) | _rows(request, snapshot, columns)
    if is_partial(request, ROWS_TARGET):
        return render(request, "catalogue/_rows.html", context | {"partial_rows": True})
    context |= _facts(request, found, snapshot, columns)
    context |= {
        "newest": snapshots[0],
        "is_newest": snapshots[0].pk == snapshot.pk,
        "versions": history.versions(snapshots[: history.MOST_SHOWN]),
        "more_versions": len(snapshots) > history.MOST_SHOWN,
    }
    return render(request, "catalogue/dataset.html", context)


def _frame(request: HttpRequest, found: Dataset, snapshot: Snapshot | None) -> dict[str, Any]:
    """What stands above every page of a dataset."""
    language = page_language()
    may_change = people.can(request.user, "catalogue.change_dataset", found)
    address = reverse("dataset", args=[found.slug])
    return {
        "section": "datasets",
        "dataset": found,
        "snapshot": snapshot,
        "title": spoken_with_provenance(found.title, language),
        "description": spoken_with_provenance(found.description, language),
        "keywords": keyword_list(spoken_with_provenance(found.keywords, language).text),
        "base": reverse("dataset_snapshot", args=[found.slug, snapshot.short]) if snapshot else address,
        "may_change": may_change,
        "may_publish": people.can(request.user, "catalogue.publish_dataset", found),
        "may_start": people.can(request.user, "catalogue.start_product", found),
        "may_download": queries.may_download(request.user, found),
        "open_uploads": _open_uploads(request, found) if may_change else [],
    }


def _open_uploads(request: HttpRequest, found: Dataset) -> list[Any]:
    """Uploads that wait or failed since the newest snapshot came: what its keeper should know."""
    recent = list(queries.uploads_of(request.user, found)[:5])
    shown = []
    for upload in recent:
        if upload.state == upload.State.DONE:
            break
        shown.append(upload)
    return shown


def _rows(request: HttpRequest, snapshot: Snapshot, columns: list[Column]) -> dict[str, Any]:
    """The rows that the address asks for; where it asks for what cannot be, the words why instead."""
    language, asked = page_language(), asked_of(request.GET)
    shown, wrong, busy = None, "", ""
    try:
        shown = preview(snapshot, columns, asked, language)
    except UsageError as error:
        wrong = error.text(language)
    except DataferryError as error:
        busy = error.text(language)
    return {
        "asked": asked,
        "preview": shown,
        "preview_wrong": wrong,
        "preview_busy": busy,
        "filter_columns": [(column.name, spoken_with_provenance(column.title, language).text) for column in columns],
        "filter_tests": test_words().items(),
    }


def _facts(request: HttpRequest, found: Dataset, snapshot: Snapshot, columns: list[Column]) -> dict[str, Any]:
    language = page_language()
    report = snapshot.read_report
    drawing = places_map(snapshot, found.city)
    crs = next((column.crs for column in columns if column.crs), None)
    states = evidence.strip_states(found, snapshot, str(report.get("state", "")), crs)
    ledger = {name: count for name, count in (report.get("rows") or {}).items() if isinstance(count, int)}
    terms = evidence.terms_shown(found, language)
    return {
        "crs": crs,
        "chips": chips(states),
        "columns": columns_shown(snapshot, columns[:_MOST_COLUMNS_DRAWN], language),
        "columns_total": len(columns),
        "drawing": None if isinstance(drawing, NoMap) else drawing,
        "no_map": map_words(drawing.why) if isinstance(drawing, NoMap) else "",
        "map_words": moving_words(),
        "classes": () if isinstance(drawing, NoMap) else classes(drawing.breaks),
        "report": report,
        "ledger": {name: count for name, count in ledger.items() if count or name in {"read", "kept"}},
        "detected": evidence.detected(report),
        "findings": findings(evidence.worst_first(report.get("findings")), language),
        "terms": terms,
        "terms_findings": findings(terms.findings, language),
        "loaders": use.loaders(request, found.slug, snapshot, public=found.is_public),
        "files": use.addresses(request, found.slug, snapshot),
        "api_address": request.build_absolute_uri(reverse("api:get_dataset", args=[found.slug])),
    }
