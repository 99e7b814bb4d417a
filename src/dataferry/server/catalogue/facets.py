"""How many datasets there are of each value of each facet: for what a person may see, and no one else's counted in.

Counts of what is public are the same for everybody and are kept until the index changes. Under words, or once a facet
is chosen, at most the newest `MOST_CANDIDATES` are counted, and the answer says that it is a lower bound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from dataferry.server.catalogue.analyser import terms
from dataferry.server.catalogue.models import SearchEntry, SearchRevision
from dataferry.server.catalogue.questions import UPDATED, Question, Scope, question_of, scope_of
from dataferry.server.catalogue.search import facet_rows, private_rows
from dataferry.server.catalogue.search_marks import PRIVATE, PUBLIC, organisation_mark, owner_mark
from dataferry.server.catalogue.word_queries import MOST_CANDIDATES, as_kept, candidates, is_postgresql, match_text

COLUMNS: Mapping[str, str] = {
    "city": "city",
    "format": "format",
    "licence": "licence",
    "geometry": "geometry",
    "publisher": "publisher",
    "organisation": "organisation_id",
    "language": "language",
}
MOST_VALUES = 30
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Counts:
    """Of each facet its values with their numbers, the most frequent first. `at_least`: there may be more of each."""

    total: int
    facets: Mapping[str, list[tuple[str, int]]]
    at_least: bool


def facet_counts(user: Any, words: str = "", facets: Mapping[str, Any] | None = None, *, updated: str = "") -> Counts:
    """Counts for the same question as `search.search`; a fixed number of queries.

    Raises:
        InputError: `server.catalogue.bad_field`.
    """
    question, scope = question_of(words, facets, updated), scope_of(user)
    rows, reached = _public(question)
    if scope.private:
        own, own_reached = _counted(question, scope)
        rows, reached = _added(rows, own), reached or own_reached
    total = sum(number for (name, _value), number in rows.items() if name == "geometry")
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in (*COLUMNS, "updated")}
    for (name, value), number in sorted(rows.items(), key=lambda row: (-row[1], row[0])):
        if value and number and len(found[name]) < MOST_VALUES:
            found[name].append((value, number))
    found["updated"].sort(key=lambda row: UPDATED[row[0]])
    return Counts(total, found, reached)


Numbers = dict[tuple[str, str], int]


def _added(one: Numbers, other: Numbers) -> Numbers:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}


def _public(question: Question) -> tuple[Numbers, bool]:
    revision = SearchRevision.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    text = repr((connection.settings_dict["NAME"], question.words, sorted(question.facets.items()), question.updated))
    key = f"catalogue-counts-{revision}-{hashlib.sha256(text.encode()).hexdigest()}"
    kept = cache.get(key)
    if kept is None:
        kept = _counted(question, None)
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def _counted(question: Question, scope: Scope | None) -> tuple[Numbers, bool]:
    """Counts of the public rows, or (with a scope) of the rows of the scope that are not public."""
    chosen, values, bounded = _chosen(question, scope)
    materialized = "AS MATERIALIZED" if is_postgresql() else "AS"
    parts = [
        f"SELECT '{name}', CAST({column} AS text), COUNT(*) FROM chosen GROUP BY {column}"
        for name, column in COLUMNS.items()
    ]
    for name in UPDATED:
        parts.append(f"SELECT '{name}', 'updated', COUNT(*) FROM chosen WHERE changed_at >= %s")
        values.append(as_kept(Question(updated=name).since()))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH chosen {materialized} ({chosen}) {' UNION ALL '.join(parts)}", values)
        rows = cursor.fetchall()
    found: Numbers = {}
    for name, value, number in rows:
        if value == "updated":
            found["updated", name] = number
        else:
            found[name, _value(name, value)] = number
    reached = bounded and sum(number for (name, _v), number in found.items() if name == "geometry") >= MOST_CANDIDATES
    return found, reached


def _value(name: str, value: str | None) -> str:
    if name == "geometry":
        return "yes" if value in ("1", "true", "t") else "no"
    return value or ""


def _chosen(question: Question, scope: Scope | None) -> tuple[str, list[Any], bool]:
    """SQL of the narrow rows to count, its parameters, and whether their number is bounded."""
    columns = "city, format, licence, geometry, publisher, organisation_id, language, changed_at"
    asked = terms(question.words)
    if asked:
        rows = f"dataset_id IN ({candidates()})"
        values: list[Any] = [match_text(asked, _marks(scope), question, ())]
        extra = "" if scope is None else " AND NOT public"
        since = question.since()
        if since is not None:
            extra += " AND changed_at >= %s"
            values.append(as_kept(since))
        return f"SELECT {columns} FROM catalogue_searchentry WHERE {rows}{extra}", values, True
    entries = SearchEntry.objects.filter(facet_rows(question), public=scope is None)
    if scope is not None:
        entries = entries.filter(private_rows(scope))
    bounded = bool(question.facets) or scope is not None
    entries = entries.order_by("-changed_at", "-dataset_id")[:MOST_CANDIDATES] if bounded else entries.order_by()
    sql, parameters = entries.values(*(name.strip() for name in columns.split(","))).query.sql_with_params()
    return sql, list(parameters), bounded


def _marks(scope: Scope | None) -> list[str]:
    if scope is None:
        return [PUBLIC]
    if scope.everything:
        return [PRIVATE]
    own = [] if scope.user_id is None else [owner_mark(scope.user_id)]
    return own + [organisation_mark(number) for number in scope.organisations]
