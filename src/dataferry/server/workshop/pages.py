"""The workshop's pages: the gallery, and a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.messages import Language
from dataferry.server.display.evidence import Chip, chips, findings
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import number, spoken, unit_beside, unit_word
from dataferry.server.workshop import evidence, queries
from dataferry.server.workshop.columns import column_of, label_column
from dataferry.server.workshop.drawings.charts import chart_drawing
from dataferry.server.workshop.drawings.lineage import lineage_drawing
from dataferry.server.workshop.drawings.maps import MapDrawing, frame_settings, map_drawing
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.preview import preview
from dataferry.server.workshop.use import file_address, loaders

LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Card:
    """One release in the gallery."""

    release: Release
    document: Mapping[str, Any]
    chips: list[Chip]
    drawing: MapDrawing | None


def gallery_context(user: Any, words: str, limit: int | None = None) -> dict[str, Any]:
    """What a gallery shows: cards of the newest releases, and what is being built."""
    language = page_language()
    releases = queries.latest_releases(words, limit)
    builds = [] if words else queries.open_builds(user)
    return {
        "words": words,
        "cards": [
            Card(release, release.document, chips(release.document["evidence"]), map_drawing(release, language))
            for release in releases
        ],
        "builds": builds,
        "building": any(build.is_open for build in builds),
    }


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """All products; `?q=` searches their texts in all languages. htmx asks for the cards only."""
    words = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    template = "workshop/_cards.html" if request.headers.get("HX-Request") == "true" else "workshop/gallery.html"
    return render(request, template, gallery_context(request.user, words))


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest release of a product; while there is none, how its build goes."""
    release = queries.latest_release(request.user, slug)
    if release is not None:
        return _release_page(request, release)
    build = queries.build_of(request.user, slug)
    if build is None:
        raise Http404
    partial = request.headers.get("HX-Request") == "true"
    template = "workshop/_build.html" if partial else "workshop/building.html"
    return render(request, template, {"build": build})


@require_safe
def release(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One release."""
    found = queries.release_of(request.user, slug, version)
    if found is None:
        raise Http404
    return _release_page(request, found)


def _release_page(request: HttpRequest, found: Release) -> HttpResponse:
    document, language = found.document, page_language()
    drawing = map_drawing(found, language)
    versions = list(queries.versions_of(request.user, found.product.slug))
    context = {
        "release": found,
        "document": document,
        "is_newest": versions[0].pk == found.pk,
        "versions": versions,
        "chips": chips(document["evidence"]),
        "drawing": drawing,
        "map": _map_context(request, document, drawing, language) if drawing else None,
        "chart": chart_drawing(found, language),
        "preview": preview(found, language),
        "lineage": lineage_drawing(document, language),
        "datum_findings": findings((document.get("datum") or {}).get("findings"), language),
        "privacy_lines": evidence.privacy_lines(document, language),
        "privacy_findings": evidence.privacy_findings(document, language),
        "conversions": evidence.conversions(document),
        "quality": evidence.quality_results(document, language),
        "licence_findings": findings((document.get("licence_verdict") or {}).get("findings"), language),
        "terms": evidence.licence_terms(document, language),
        "reports": _read_reports(document, language),
        "loaders": loaders(request, document),
        "blocking": [term for term in evidence.licence_terms(document, language) if term.blocking],
    }
    return render(request, "workshop/release.html", context)


def _map_context(
    request: HttpRequest, document: Mapping[str, Any], drawing: MapDrawing, language: Language
) -> dict[str, Any]:
    """Legend and titles of the map, and what the browser's map needs."""
    shown = document.get("map") or {}
    column = column_of(document, shown.get("value"))
    unit = unit_word(column.get("unit"))
    tiles = any(file["name"] == "map.pmtiles" for file in document["files"])
    label = label_column(document, shown["label"], language) if shown.get("label") else None
    settings = {
        "tiles": file_address(request, document, "map.pmtiles") if tiles else "",
        "value": shown.get("value"),
        "label": label,
        "breaks": drawing.breaks,
        "frames": frame_settings(drawing),
        "precision": column.get("precision"),
        "unit": unit,
        "words": _map_words(),
    }
    return {
        "settings": settings,
        "tiles": tiles,
        "title": spoken(column.get("title"), language),
        "unit": unit,
        "unit_beside": unit_beside(spoken(column.get("title"), language), unit),
        "classes": _classes(drawing, column.get("precision")),
        "label_title": spoken(column_of(document, label).get("title"), language),
        "scale": number(drawing.bar_km),
    }


def _map_words() -> dict[str, str]:
    """What the live map says by itself, in the page's language; the keys are MapLibre's."""
    return {
        "NavigationControl.ZoomIn": _("Zoom in"),
        "NavigationControl.ZoomOut": _("Zoom out"),
        "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl and scroll to zoom the map"),
        "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ and scroll to zoom the map"),
        "CooperativeGesturesHandler.MobileHelpText": _("Use two fingers to move the map"),
    }


def _classes(drawing: MapDrawing, precision: int | None) -> list[tuple[int, str, str]]:
    """Each class of the legend: number, from, to (empty at the open ends)."""
    limits = [number(limit, precision) for limit in drawing.breaks]
    return [
        (index, limits[index - 1] if index else "", limits[index] if index < len(limits) else "")
        for index in range(len(limits) + 1)
    ]


def _read_reports(document: Mapping[str, Any], language: Language) -> list[dict[str, Any]]:
    """Each input with what reading its file found."""
    found = []
    for each in document["inputs"]:
        report = each.get("read_report") or {}
        rows = {key: value for key, value in (report.get("rows") or {}).items() if isinstance(value, int)}
        found.append(
            {
                "input": each,
                "title": spoken(each.get("title"), language),
                "report": report,
                "rows": {key: value for key, value in rows.items() if value or key in {"read", "kept"}},
                "findings": findings(report.get("findings"), language),
            }
        )
    return found
