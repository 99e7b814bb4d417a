"""Search: words and facets over the index, keyset paging, and counts; for a person, who sees only what is theirs.

Words are met in tiers: all in the title, in title and keywords, also in the description, also in names of columns;
within a tier the newest come first. Where nothing meets all words, the nearest are shown, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from dataferry.messages import InputError
from dataferry.server.catalogue import word_queries
from dataferry.server.catalogue.analyser import loose_tokens, terms
from dataferry.server.catalogue.dataset_queries import newest_snapshots
from dataferry.server.catalogue.models import Dataset, SearchEntry, Snapshot
from dataferry.server.catalogue.questions import Position, Question, Scope, question_of, scope_of

PAGE = 20
MOST_PER_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hit:
    """One dataset that was found, with its newest snapshot (without the long documents)."""

    dataset: Dataset
    snapshot: Snapshot | None
    tier: int


@dataclass(frozen=True)
class Found:
    """One page of an answer. `near` says that nothing meets all words and these meet some. `after` is the next page's
    start, or nothing on the last page."""

    hits: Sequence[Hit]
    after: Position | None
    near: bool = False


def search(
    user: Any,
    words: str = "",
    facets: Mapping[str, Any] | None = None,
    *,
    updated: str = "",
    after: Position | None = None,
    limit: int = PAGE,
) -> Found:
    """One page of the datasets that meet all words and facets; a fixed number of queries, however many there are.

    Args:
        facets: one value for each of some of `FACETS`; `geometry` is `yes` or `no`, `organisation` its number.
        updated: `week`, `month` or `year`.
        after: `Found.after` of the page before.

    Raises:
        InputError: `server.catalogue.bad_field`.
    """
    question, scope = question_of(words, facets, updated), scope_of(user)
    limit = max(1, min(limit, MOST_PER_PAGE))
    asked = terms(question.words)
    if not asked:
        return _page(_browse(question, scope, after, limit), limit)
    rows = word_queries.matching(asked, question, scope, after, limit + 1)
    if rows or after is not None:
        return _page(rows, limit)
    nearest = word_queries.nearest(loose_tokens(question.words), question, scope, limit)
    found = _page(nearest, limit)
    return Found(found.hits, None, near=bool(found.hits))


def _browse(question: Question, scope: Scope, after: Position | None, limit: int) -> list[Position]:
    """Without words: the newest first, from what is public and from what is not, each by its own index."""
    sources = [SearchEntry.objects.filter(public=True)]
    if scope.private:
        sources.append(SearchEntry.objects.filter(private_rows(scope), public=False))
    found: list[Position] = []
    for rows in sources:
        rows = rows.filter(facet_rows(question))
        if after is not None:
            rows = rows.filter(Q(changed_at__lt=after[1]) | Q(changed_at=after[1], dataset_id__lt=after[2]))
        newest = rows.order_by("-changed_at", "-dataset_id").values_list("changed_at", "dataset_id")[: limit + 1]
        found += [(0, changed_at, number) for changed_at, number in newest]
    return sorted(found, key=lambda row: (row[1], row[2]), reverse=True)[: limit + 1]


def private_rows(scope: Scope) -> Q:
    """Of the rows that are not public, those that the scope holds."""
    if scope.everything:
        return Q()
    return Q(owner_id=scope.user_id) | Q(organisation_id__in=scope.organisations)


def facet_rows(question: Question) -> Q:
    """The rows that a question's facets ask for."""
    wanted = Q()
    for name, value in question.facets.items():
        if name == "geometry":
            wanted &= Q(geometry=value == "yes")
        elif name == "organisation":
            wanted &= Q(organisation_id=int(value))
        else:
            wanted &= Q(**{name: value})
    since = question.since()
    return wanted & Q(changed_at__gte=since) if since else wanted


def _page(rows: Sequence[Position], limit: int) -> Found:
    shown = list(rows[:limit])
    datasets = {
        dataset.pk: dataset
        for dataset in Dataset.objects.filter(pk__in=[row[2] for row in shown]).select_related("organisation")
    }
    newest = newest_snapshots(list(datasets.values()))
    hits = [Hit(datasets[pk], newest.get(pk), tier) for tier, _at, pk in shown if pk in datasets]
    return Found(hits, shown[-1] if len(rows) > limit else None)


def cursor_of(position: Position) -> str:
    """A position as text, for addresses. It opens nothing that the same question would not show."""
    tier, changed_at, number = position
    return f"{tier}.{(changed_at - _EPOCH) // timedelta(microseconds=1)}.{number}"


def position_of(cursor: str) -> Position | None:
    """The position of a text that `cursor_of` made; none for an empty one.

    Raises:
        InputError: `server.web.bad_cursor`.
    """
    if not cursor:
        return None
    try:
        tier, moment, number = (int(part) for part in cursor.split("."))
        if not (0 <= tier <= 9 and 0 <= number < 2**63):
            raise ValueError(cursor)
        return tier, _EPOCH + timedelta(microseconds=moment), number
    except (ValueError, OverflowError) as error:
        raise InputError("server.web.bad_cursor") from error
