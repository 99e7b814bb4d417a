"""Writing the search index: rows of the same database, in the transaction that changes the dataset.

SQLite keeps the tokens in an FTS5 table, PostgreSQL in a `tsvector` with a GIN index; both hold tokens of our analyser.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F

from dataferry.messages import LANGUAGES
from dataferry.server.catalogue.analyser import tokens
from dataferry.server.catalogue.models import Column, Dataset, SearchEntry, SearchRevision, Snapshot
from dataferry.server.catalogue.search_marks import marks
from dataferry.server.catalogue.word_queries import TIER_PREFIX
from dataferry.server.catalogue.words import text_in

PARTS = ("title", "keywords", "description", "columns")
_WEIGHTS = dict(zip(PARTS, "ABCD", strict=True))
_MOST_TOKENS = 2_000


def index_dataset(dataset: Dataset) -> SearchEntry:
    """Bring the search index up to date for one dataset, in the transaction that changes it."""
    snapshot = (
        Snapshot.objects.filter(distribution__dataset=dataset)
        .select_related("distribution")
        .defer("read_report", "profile")
        .order_by("-pk")
        .first()
    )
    columns = list(Column.objects.filter(snapshot=snapshot)) if snapshot is not None else []
    entry = _entry(dataset, snapshot)
    entry.save()
    write_words([(entry, parts_of(dataset, columns))])
    bump()
    return entry


def _entry(dataset: Dataset, snapshot: Snapshot | None) -> SearchEntry:
    return SearchEntry(
        dataset=dataset,
        public=dataset.is_public,
        # Nobody finds a withdrawn dataset in a list; its address stays.
        owner_id=None if dataset.withdrawn_at else dataset.owner_id,
        organisation_id=None if dataset.withdrawn_at else dataset.organisation_id,
        city=dataset.city,
        format=snapshot.format if snapshot else "",
        licence=dataset.licence,
        geometry=bool(snapshot and snapshot.has_geometry),
        publisher=dataset.publisher,
        language=snapshot.distribution.language if snapshot else "",
        changed_at=dataset.updated_at,
    )


def parts_of(dataset: Dataset, columns: Iterable[Column] = ()) -> dict[str, list[str]]:
    """The tokens of each part of a dataset."""
    names = [text for column in columns for text in (column.name, *_texts(column.title))]
    return {
        "title": _tokens([*_texts(dataset.title), dataset.slug]),
        "keywords": _tokens(_texts(dataset.keywords)),
        "description": _tokens([*_texts(dataset.description), dataset.publisher]),
        "columns": _tokens(names),
    }


def _texts(value: object) -> list[str]:
    return [text for language in LANGUAGES if (text := text_in(value, language))]


def _tokens(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(token for text in texts for token in tokens(text)))[:_MOST_TOKENS]


def write_words(rows: Iterable[tuple[SearchEntry, dict[str, list[str]]]]) -> None:
    """Replace the words of these datasets."""
    write = _write_postgresql if connection.vendor == "postgresql" else _write_sqlite
    write(list(rows))


def _write_sqlite(rows: list[tuple[SearchEntry, dict[str, list[str]]]]) -> None:
    values: list[Any] = [
        (entry.dataset_id, *(" ".join(parts[part]) for part in PARTS), " ".join(marks(entry))) for entry, parts in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "DELETE FROM catalogue_words WHERE rowid = %s", [(entry.dataset_id,) for entry, _parts in rows]
        )
        cursor.executemany(
            "INSERT INTO catalogue_words (rowid, title, keywords, description, columns, marks)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            values,
        )


def _write_postgresql(rows: list[tuple[SearchEntry, dict[str, list[str]]]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO catalogue_words (dataset_id, words) VALUES (%s, %s::tsvector)"
            " ON CONFLICT (dataset_id) DO UPDATE SET words = EXCLUDED.words",
            [(entry.dataset_id, _vector(entry, parts)) for entry, parts in rows],
        )


def _vector(entry: SearchEntry, parts: dict[str, list[str]]) -> str:
    """A tsvector as text: each token with a position of its own and the weights of the parts it stands in."""
    places: dict[str, str] = {}
    for part in PARTS:
        for token in parts[part]:
            places.setdefault(token, _WEIGHTS[part])
    words = [f"'{token}':{min(at, 16383)}{weight}" for at, (token, weight) in enumerate(places.items(), start=1)]
    for number, part in enumerate(PARTS[:-1]):
        words += [
            f"'{TIER_PREFIX[part]}{token}':1D" for token in {t for each in PARTS[: number + 1] for t in parts[each]}
        ]
    return " ".join([*words, *(f"'{mark}':1D" for mark in marks(entry))])


def bump() -> None:
    """Say that the index has changed, so that counts kept by others are counted anew."""
    if not SearchRevision.objects.filter(pk=1).update(number=F("number") + 1):
        SearchRevision.objects.get_or_create(pk=1, defaults={"number": 1})
