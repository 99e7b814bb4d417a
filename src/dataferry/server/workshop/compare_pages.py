"""Two releases of a product side by side, in a table and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError, say
from dataferry.server.display.evidence import chip_titles
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, cell, datum_word, number, spoken, state_word, type_word
from dataferry.server.workshop import queries
from dataferry.server.workshop.compare import Change, Comparison, RowChanges, compare_releases
from dataferry.server.workshop.models import Release

MOST_SHOWN = 200


@dataclass(frozen=True)
class ChangeShown:
    """One thing that differs: of what, which side of it, before and after."""

    of: Spoken
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Section:
    """Changes of one kind."""

    name: str
    title: str
    head: str
    changes: Sequence[ChangeShown]


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """`?a=` and `?b=` name the versions; without them the newest two."""
    versions = list(queries.versions_of(request.user, slug))
    if not versions:
        raise Http404
    chosen = _chosen(request, slug, [each.version for each in versions])
    context: dict[str, Any] = {"section": "products", "slug": slug, "versions": versions, "chosen": chosen}
    if len(versions) < 2 or chosen[0] == chosen[1]:
        context["title"] = queries.release_or_missing(request.user, slug, versions[0].version).document["title"]
        return render(request, "workshop/compare.html", context)
    before, after = (_release(request.user, slug, version) for version in chosen)
    comparison = compare_releases(before, after)
    context |= {
        "title": after.document["title"],
        "comparison": comparison,
        "summary": summary(comparison),
        "sections": sections(comparison),
        "rows": rows(comparison.row_changes),
        "difference": comparison.rows[1] - comparison.rows[0],
        "private": not all(hasattr(each, "publication") for each in (before, after)),
    }
    return render(request, "workshop/compare.html", context)


def _chosen(request: HttpRequest, slug: str, versions: Sequence[str]) -> tuple[str, str]:
    """The versions that are asked for: from, to."""
    newest = versions[0]
    to = request.GET.get("b", "")[:60] or newest
    older = versions[versions.index(to) + 1 :] if to in versions else versions
    return request.GET.get("a", "")[:60] or (older[0] if older else newest), to


def _release(user: Any, slug: str, version: str) -> Release:
    try:
        return queries.release_or_missing(user, slug, version)
    except MissingError as error:
        raise Http404(error.code) from error


def summary(comparison: Comparison) -> list[str]:
    """The whole in a few sentences."""
    if comparison.same:
        return [_("Both have the same content: their digests are equal.")]
    told = [_("The content differs: the digests are not equal.")]
    found = comparison.row_changes
    if found.reason is not None:
        told.append(say(found.reason, {}, page_language()))
    else:
        told.append(
            _("%(added)s rows came, %(removed)s went, and %(changed)s changed.")
            % {
                "added": number(found.added or 0),
                "removed": number(found.removed or 0),
                "changed": number(found.changed or 0),
            }
        )
    count = len({each.of for each in comparison.columns})
    if count:
        told.append(ngettext("%(count)s column differs.", "%(count)s columns differ.", count) % {"count": count})
    inputs = len({each.of for each in comparison.inputs})
    if inputs:
        told.append(ngettext("%(count)s input differs.", "%(count)s inputs differ.", inputs) % {"count": inputs})
    return told


def sections(comparison: Comparison) -> list[Section]:
    """Every list of changes that is not empty."""
    titles = chip_titles()
    lists = (
        ("columns", _("Columns"), _("Column"), comparison.columns),
        ("figures", _("Figures"), _("Figure"), comparison.figures),
        ("measures", _("What the columns hold"), _("Column"), comparison.measures),
        ("inputs", _("Inputs"), _("Input"), comparison.inputs),
        ("evidence", _("Evidence"), _("Part"), comparison.evidence),
    )
    return [
        Section(name, title, head, [_shown(each, name, titles) for each in changes[:MOST_SHOWN]])
        for name, title, head, changes in lists
        if changes
    ]


def _shown(change: Change, section: str, titles: Mapping[str, str]) -> ChangeShown:
    of = titles.get(change.of, change.of) if section == "evidence" else change.of or _("the whole table")
    return ChangeShown(Spoken(of), what_word(change.what), _value(change, "before"), _value(change, "after"))


def what_word(what: str) -> str:
    """Which side of a thing differs, in plain words."""
    return {
        "added": _("new"),
        "removed": _("gone"),
        "type": _("type"),
        "unit": _("unit"),
        "precision": _("decimals"),
        "nullable": _("gaps allowed"),
        "title": _("title"),
        "description": _("description"),
        "key": _("key"),
        "crs": _("datum"),
        "value": _("value"),
        "nulls": _("gaps"),
        "distinct": _("different values"),
        "min": _("smallest"),
        "max": _("largest"),
        "mean": _("mean"),
        "snapshot": _("snapshot"),
        "rows": _("rows"),
        "licence": _("licence"),
        "state": _("state"),
    }.get(what, what)


def _value(change: Change, side: str) -> str:
    """What it was or is, as text."""
    value = getattr(change, side)
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return spoken(value, page_language()).text or ", ".join(str(each) for each in value.values())
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if change.what in ("added", "removed", "type") and isinstance(value, str):
        return type_word(value)
    if change.what == "crs":
        return datum_word(str(value))
    if change.what == "state":
        return state_word(str(value))
    return cell(value)


def rows(found: RowChanges) -> list[dict[str, Any]]:
    """The first rows of each kind: their key, and what was and is in the columns that changed."""
    titles = {"added": _("Rows that came"), "removed": _("Rows that went"), "changed": _("Rows that changed")}
    return [
        {
            "name": kind,
            "title": titles[kind],
            "count": getattr(found, kind),
            "more": max(0, (getattr(found, kind) or 0) - len(found.examples[kind])),
            "rows": [_example(each) for each in found.examples[kind]],
        }
        for kind in titles
        if found.examples.get(kind)
    ]


def _example(row: Mapping[str, Any]) -> dict[str, Any]:
    key = ", ".join(cell(value, count=False) or "–" for value in row["key"].values())
    changes = [
        (name, cell(was, count=False) or "–", cell(now, count=False) or "–")
        for name, (was, now) in (row.get("changes") or {}).items()
    ]
    return {"key": key, "changes": changes}
