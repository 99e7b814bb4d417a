"""My products, and how a product is started: from several datasets, or from the page of one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.catalogue.search import search
from dataferry.server.catalogue.words import in_three_languages
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, spoken
from dataferry.server.people.queries import display_names
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop import actions, draft_queries, draft_view, queries
from dataferry.server.workshop.draft_errors import draft_page
from dataferry.server.workshop.models import Build, Draft

LONGEST_SEARCH = 200
MOST_FOUND = 20
MOST_CHOSEN = 20
LONGEST_SLUG = 48


@dataclass(frozen=True)
class Entry:
    """One draft of a shelf."""

    draft: Draft
    title: Spoken
    build: Build | None
    owner: str = ""
    right: str = ""
    shared_count: int = 0


@dataclass(frozen=True)
class Found:
    """A dataset that can be chosen, with its newest snapshot."""

    slug: str
    title: Spoken
    city: str
    publisher: str
    licence: str
    rows: int
    private: bool
    is_chosen: bool = False


@draft_page
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Own drafts, drafts shared with the person, and the newest release of each own product."""
    drafts = list(queries.visible_drafts(request.user).defer("manifest", "recipe"))
    builds = draft_queries.newest_builds(drafts)
    owners = display_names(draft.owner_id for draft in drafts)
    own = [_own(draft, builds) for draft in drafts if draft.owner_id == request.user.pk]
    shared = [_shared(request.user, draft, builds, owners) for draft in drafts if draft.owner_id != request.user.pk]
    context = {"section": "workshop", "drafts": own, "shared": shared, "products": _products(request.user)}
    return render(request, "workshop/draft_list.html", context)


def _own(draft: Draft, builds: dict[int, Build]) -> Entry:
    shares = len(draft.shares.all())
    return Entry(draft, draft_view.draft_title(draft), builds.get(draft.pk), shared_count=shares)


def _shared(user: Any, draft: Draft, builds: dict[int, Build], owners: Any) -> Entry:
    right = any(share.user_id == user.pk and share.may_edit for share in draft.shares.all())
    word = _("you may edit") if right else _("you may view")
    return Entry(draft, draft_view.draft_title(draft), builds.get(draft.pk), owners[draft.owner_id], word)


def _products(user: Any) -> list[dict[str, Any]]:
    found = []
    for release, told, rows in draft_queries.newest_own_releases(user):
        title = spoken(told, page_language())
        published = hasattr(release, "publication")
        found.append(
            {
                "release": release,
                "title": title if title.text else Spoken(release.product.slug),
                "rows": rows,
                "published": published,
                "may_publish": not published and people.can(user, "workshop.publish_release", release.product),
            }
        )
    return found


def found_datasets(user: Any, words: str, chosen: Sequence[str] = ()) -> list[Found]:
    """Datasets that a product can be made of: the person's own first, then public ones that the words find."""
    datasets = {each.slug: each for each in _chosen_datasets(user, chosen)}
    for each in catalogue_search(user, words):
        datasets.setdefault(each.slug, each)
    newest = catalogue.newest_snapshots(list(datasets.values()))
    return [
        Found(
            slug=each.slug,
            title=draft_view.dataset_title(each.title, each.slug),
            city=each.city,
            publisher=each.publisher,
            licence=each.licence,
            rows=newest[each.pk].rows,
            private=not each.is_public,
            is_chosen=each.slug in chosen,
        )
        for each in datasets.values()
        if each.pk in newest
    ]


def _chosen_datasets(user: Any, chosen: Sequence[str]) -> list[Dataset]:
    if not chosen:
        return []
    return list(catalogue.visible_datasets(user).filter(slug__in=chosen[:MOST_CHOSEN], withdrawn_at=None))


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose one or several datasets; posted, the draft is there."""
    people.require(request.user, "workshop.open_draft")
    words = _searched(request)
    chosen = (request.POST if request.method == "POST" else request.GET).getlist("dataset")[:MOST_CHOSEN]
    problem, status = "", 200
    if request.method == "POST":
        if not chosen:
            problem, status = _("Choose at least one dataset."), 422
        else:
            try:
                snapshots = [catalogue.snapshot_of(request.user, slug) for slug in chosen]
                return _opened(request, snapshots, request.POST.get("title", ""))
            except DataferryError as error:
                problem, status = error.text(page_language()), error.http_status
    context = {
        "section": "workshop",
        "words": words,
        "results": found_datasets(request.user, words, chosen),
        "chosen": chosen,
        "problem": problem,
        "title": request.POST.get("title", "")[:LONGEST_SEARCH],
    }
    return render(request, "workshop/draft_new.html", context, status=status)


@draft_page
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """From the page of a dataset (`dataset`, and perhaps `snapshot`): a draft that builds at once."""
    people.require(request.user, "workshop.open_draft")
    sha256 = request.POST.get("snapshot") or None
    snapshot = catalogue.snapshot_of(request.user, request.POST.get("dataset", "")[:200], sha256)
    return _opened(request, [snapshot], "")


def _searched(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return given.get("q", "")[:LONGEST_SEARCH].strip()


def _opened(request: HttpRequest, snapshots: Sequence[Snapshot], title: str) -> HttpResponse:
    """Open the draft under a name that is free and lead to it."""
    first = snapshots[0].distribution.dataset
    called: Any = " ".join(title.split())[:200] or in_three_languages(first.title)
    draft = _open(request.user, snapshots, slug_of(title) or first.slug[:LONGEST_SLUG].strip("-"), called)
    return redirect("draft", slug=draft.slug)


def _open(user: Any, snapshots: Sequence[Snapshot], slug: str, title: Any) -> Draft:
    """Names are one space for everybody: where this one is taken, the next that is free."""
    for number in range(1, 21):
        try:
            return actions.open_draft(user, snapshots, slug if number == 1 else f"{slug}-{number}", title)
        except ConflictError:
            continue
    return actions.open_draft(user, snapshots, f"{slug}-{secrets.token_hex(4)}", title)


def slug_of(title: str) -> str:
    """A name for addresses from a title; empty where it has no Latin letters or digits."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:LONGEST_SLUG].strip("-")


def catalogue_search(user: Any, words: str) -> list[Dataset]:
    """Datasets that a product may be made of: without words their own first, then the latest of the catalogue."""
    found = [hit.dataset for hit in search(user, words, limit=MOST_FOUND).hits]
    own = [] if words else list(catalogue.own_datasets(user)[:MOST_FOUND])
    seen = {each.pk: each for each in (*own, *found) if each.withdrawn_at is None}
    return list(seen.values())[:MOST_FOUND]
