"""The index asked for words, in the dialect of each database. Visibility and facets are marks in the same index.

At most `MOST_CANDIDATES` datasets of each tier, the newest received, are ranked: a word that stands in half of the
catalogue costs no more than one in a tenth of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from dataferry.server.catalogue.analyser import Term
from dataferry.server.catalogue.questions import Position, Question, Scope
from dataferry.server.catalogue.search_marks import PRIVATE, PUBLIC, facet_mark, organisation_mark, owner_mark

MOST_CANDIDATES = 10_000
_TIERS = (("title",), ("title", "keywords"), ("title", "keywords", "description"), ())
TIER_PREFIX = {"title": "a=", "keywords": "b=", "description": "c="}
"""PostgreSQL: tokens of the first tiers stand in the index a second time with these before them. Weights would do the
same, but its index does not hold them, and every candidate's row would be read to look."""
_EVERYTHING = ("title", "keywords", "description", "columns")


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def scope_marks(scope: Scope) -> list[str]:
    """The marks of which a dataset must bear one."""
    if scope.everything:
        return [PUBLIC, PRIVATE]
    own = [] if scope.user_id is None else [owner_mark(scope.user_id)]
    return [PUBLIC, *own, *(organisation_mark(number) for number in scope.organisations)]


def match_text(asked: Sequence[Term], marks: Sequence[str], question: Question, parts: Sequence[str]) -> str:
    """The condition in the language of this database's index. Tokens hold letters and digits only, so none escapes."""
    wanted = [facet_mark(name, value) for name, value in question.facets.items()]
    if is_postgresql():
        tier = TIER_PREFIX[parts[-1]] if parts else ""
        words = [" | ".join("(" + " & ".join(_lexeme(t, tier) for t in way) + ")" for way in term) for term in asked]
        conditions = [" | ".join(map(_lexeme, marks)), *map(_lexeme, wanted), *words]
        return " & ".join(f"({condition})" for condition in conditions)
    columns = "{" + " ".join(parts or _EVERYTHING) + "}"
    words = [" OR ".join("(" + " AND ".join(map(_string, way)) + ")" for way in term) for term in asked]
    conditions = [
        "{marks} : (" + " OR ".join(map(_string, marks)) + ")",
        *("{marks} : " + _string(mark) for mark in wanted),
        *(f"{columns} : ({word})" for word in words),
    ]
    return " AND ".join(conditions)


def _lexeme(token: str, tier: str = "") -> str:
    return f"'{tier}{token[:-1]}':*" if token.endswith("*") else f"'{tier}{token}'"


def _string(token: str) -> str:
    return f'"{token[:-1]}" *' if token.endswith("*") else f'"{token}"'


def candidates(limit: int = MOST_CANDIDATES) -> str:
    """SQL for the numbers of the newest datasets that meet a condition (one parameter)."""
    if is_postgresql():
        found = "SELECT dataset_id AS id FROM catalogue_words WHERE words @@ %s::tsquery"
        return f"SELECT id FROM ({found} ORDER BY dataset_id DESC LIMIT {limit}) AS newest"
    found = "SELECT rowid AS id FROM catalogue_words WHERE catalogue_words MATCH %s"
    return f"SELECT id FROM ({found} ORDER BY rowid DESC LIMIT {limit})"


def matching(
    asked: Sequence[Term], question: Question, scope: Scope, after: Position | None, limit: int
) -> list[Position]:
    """Datasets that meet every term, by tier, then newest first. Two queries at most."""
    if after is None or after[0] == 0:
        # A common word fills the page with titles; the long lists of the other tiers then need not be looked at.
        rows = _by_tier(asked, question, scope, after, limit, _TIERS[:1])
        if len(rows) >= limit:
            return rows
    return _by_tier(asked, question, scope, after, limit, _TIERS)


def _by_tier(
    asked: Sequence[Term],
    question: Question,
    scope: Scope,
    after: Position | None,
    limit: int,
    searched: Sequence[tuple[str, ...]],
) -> list[Position]:
    marks = scope_marks(scope)
    values: list[Any] = [match_text(asked, marks, question, parts) for parts in searched]
    tiers = " UNION ALL ".join(
        f"SELECT id, {tier} AS tier FROM ({candidates()}) AS tier_{tier}" for tier in range(len(searched))
    )
    where, more = _conditions(question, after)
    sql = (
        f"WITH found AS ({tiers}), best AS (SELECT id, MIN(tier) AS tier FROM found GROUP BY id)"
        " SELECT best.tier, entry.changed_at, entry.dataset_id FROM best"
        " JOIN catalogue_searchentry AS entry ON entry.dataset_id = best.id"
        f" {where} ORDER BY best.tier, entry.changed_at DESC, entry.dataset_id DESC LIMIT {limit}"
    )
    return _positions(sql, [*values, *more])


def _conditions(question: Question, after: Position | None) -> tuple[str, list[Any]]:
    """What the rows of the answer must meet besides: changed recently, and after the page before."""
    where, values = [], []
    since = question.since()
    if since is not None:
        where.append("entry.changed_at >= %s")
        values.append(as_kept(since))
    if after is not None:
        where.append(
            "(best.tier > %s OR (best.tier = %s AND (entry.changed_at < %s"
            " OR (entry.changed_at = %s AND entry.dataset_id < %s))))"
        )
        values += [after[0], after[0], as_kept(after[1]), as_kept(after[1]), after[2]]
    return (f"WHERE {' AND '.join(where)}" if where else ""), values


def nearest(tokens: Sequence[str], question: Question, scope: Scope, limit: int) -> list[Position]:
    """Datasets that meet any of the tokens, the best by the database's own ranking first; no further pages."""
    if not tokens:
        return []
    either = [Term([(token,) for token in tokens])]
    condition = match_text(either, scope_marks(scope), question, ())
    values: list[Any] = [condition]
    since = question.since()
    recent = "AND entry.changed_at >= %s" if since is not None else ""
    if is_postgresql():
        words = " | ".join(_lexeme(token) for token in tokens)
        sql = (
            "SELECT 0, entry.changed_at, entry.dataset_id FROM (SELECT * FROM catalogue_words"
            f" WHERE words @@ %s::tsquery ORDER BY dataset_id DESC LIMIT {MOST_CANDIDATES}) AS found"
            f" JOIN catalogue_searchentry AS entry ON entry.dataset_id = found.dataset_id WHERE TRUE {recent}"
            f" ORDER BY ts_rank(found.words, %s::tsquery, 1) DESC, entry.dataset_id DESC LIMIT {limit}"
        )
        values += [*([since] if since is not None else []), words]
    else:
        sql = (
            "SELECT 0, entry.changed_at, entry.dataset_id FROM catalogue_words AS found"
            " JOIN catalogue_searchentry AS entry ON entry.dataset_id = found.rowid"
            f" WHERE catalogue_words MATCH %s {recent}"
            f" ORDER BY bm25(catalogue_words, 8, 4, 2, 1, 0), entry.dataset_id DESC LIMIT {limit}"
        )
        values += [as_kept(since)] if since is not None else []
    return _positions(sql, values)


def _positions(sql: str, values: list[Any]) -> list[Position]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(tier, _moment(changed_at), number) for tier, changed_at, number in cursor.fetchall()]


def as_kept(value: datetime | None) -> Any:
    """An instant as the database keeps it in rows written by Django."""
    if is_postgresql():
        return value
    return connection.ops.adapt_datetimefield_value(value)


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
