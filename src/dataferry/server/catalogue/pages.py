"""The list of datasets: search by words and facets. The address holds the whole state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.messages import InputError
from dataferry.products.licence import licence_ids, terms_of
from dataferry.server import people
from dataferry.server.catalogue.doors import door, is_partial
from dataferry.server.catalogue.facets import Counts, facet_counts
from dataferry.server.catalogue.models import Column, Dataset, Snapshot
from dataferry.server.catalogue.search import Found, Hit, cursor_of, position_of, search
from dataferry.server.catalogue.showing.evidence import strip_states
from dataferry.server.catalogue.templatetags.catalogue import format_word
from dataferry.server.catalogue.words import SpokenWith, spoken_with_provenance
from dataferry.server.display.evidence import Chip, chips
from dataferry.server.display.filters import Facet, Filter, words_of
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import INKS, city_name, spoken

FACETS = ("city", "geometry", "licence", "format", "publisher", "updated")
_LONGEST_EXCERPT = 220
_MOST_VALUES = 8


@dataclass(frozen=True)
class Card:
    """One dataset in the list."""

    dataset: Dataset
    snapshot: Snapshot | None
    title: SpokenWith
    description: SpokenWith
    chips: list[Chip]
    cities: list[str]
    private: bool
    address: str


@door
@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """The datasets that the words and facets of the address ask for; htmx asks for the answer alone."""
    words = words_of(request.GET.get("q", ""))
    chosen = {name: request.GET[name][:300] for name in FACETS if request.GET.get(name)}
    try:
        found = _found(request, words, chosen)
    except InputError:
        # An address that nobody was led to: what is wrong in it is left out.
        chosen = {}
        found = search(request.user, words)
    asked = Filter(reverse("datasets"), words, chosen, value_title)
    context = {
        "section": "datasets",
        "cards": cards_of(found.hits),
        "near": found.near,
        "more": asked.address(cursor_of(found.after)) if found.after else "",
        "may_create": people.can(request.user, "catalogue.create_dataset"),
    }
    if "cards" in request.GET and request.headers.get("HX-Request") == "true":
        return render(request, "catalogue/_dataset_cards.html", context)
    facets, updated = _parted(chosen)
    counts = facet_counts(request.user, words, facets, updated=updated)
    partial = is_partial(request, "found")
    context |= {
        "words": words,
        "total": len(found.hits) if found.near else counts.total,
        "at_least": counts.at_least and not found.near,
        "facets": _facets(asked, counts),
        "chosen": asked.chosen_values(),
        "without_words": asked.without_words,
        "partial": partial,
    }
    return render(request, "catalogue/_found.html" if partial else "catalogue/datasets.html", context)


def _parted(chosen: Mapping[str, str]) -> tuple[dict[str, str], Any]:
    """The facets that are values of a dataset; how recently it was changed is asked for apart."""
    return {name: value for name, value in chosen.items() if name != "updated"}, chosen.get("updated", "")


def _found(request: HttpRequest, words: str, chosen: Mapping[str, str]) -> Found:
    facets, updated = _parted(chosen)
    after = position_of(request.GET.get("after", "")[:100])
    return search(request.user, words, facets, updated=updated, after=after)


def _facets(asked: Filter, counts: Counts) -> list[Facet]:
    titles = facet_titles()
    found = []
    for name in FACETS:
        rows = [row for row in counts.facets.get(name, []) if name != "geometry" or row[0] == "yes"]
        found.append(asked.facet(name, titles[name], rows[:_MOST_VALUES]))
    return [facet for facet in found if facet is not None]


def facet_titles() -> dict[str, str]:
    return {
        "city": _("City"),
        "geometry": _("Places"),
        "licence": _("Terms of use"),
        "format": _("Format"),
        "publisher": _("Publisher"),
        "updated": _("Changed"),
    }


def value_title(name: str, value: str) -> str:
    """A value of a facet in words."""
    if name == "city":
        return city_name(value)
    if name == "geometry":
        return _("with places on a map") if value == "yes" else _("without places")
    if name == "licence":
        known = value in licence_ids()
        return spoken(terms_of(value).title, page_language()).text or value if known else value
    if name == "format":
        return format_word(value)
    if name == "updated":
        return {"week": _("in the last week"), "month": _("in the last month"), "year": _("in the last year")}.get(
            value, value
        )
    return value


def cards_of(hits: Any) -> list[Card]:
    """Cards for one page; what their strips need of all snapshots is asked for in two queries."""
    language = page_language()
    numbers = [hit.snapshot.pk for hit in hits if hit.snapshot]
    states = dict(Snapshot.objects.filter(pk__in=numbers).order_by().values_list("pk", "read_report__state"))
    datums = dict(
        Column.objects.filter(snapshot__in=numbers).exclude(crs="").order_by("-position").values_list("snapshot", "crs")
    )
    return [_card(hit, states, datums, language) for hit in hits]


def _card(hit: Hit, states: Mapping[int, Any], datums: Mapping[int, str], language: Any) -> Card:
    dataset, snapshot = hit.dataset, hit.snapshot
    number = snapshot.pk if snapshot else 0
    description = spoken_with_provenance(dataset.description, language)
    line = " ".join(description.text.split())
    short = line if len(line) <= _LONGEST_EXCERPT else line[: _LONGEST_EXCERPT - 1] + "…"
    return Card(
        dataset=dataset,
        snapshot=snapshot,
        title=spoken_with_provenance(dataset.title, language),
        description=SpokenWith(short, description.tag, description.provenance),
        chips=chips(strip_states(dataset, snapshot, str(states.get(number) or ""), datums.get(number))),
        cities=[dataset.city] if dataset.city in INKS else [],
        private=not dataset.is_public,
        address=reverse("dataset", args=[dataset.slug]),
    )
