"""Every change of a dataset's state. One function owns each; pages, API, jobs and commands call it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.catalogue.index import index_dataset
from dataferry.server.catalogue.metadata import checked_fields, keep_provenance, one_line, slug_from
from dataferry.server.catalogue.models import Column, Dataset, Snapshot
from dataferry.server.people.models import Organisation
from dataferry.server.people.predicates import is_administrator, organisations_of
from dataferry.server.web.problems import ConflictError

LONGEST_UNIT = 60
LONGEST_SLUG = 80
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TRIES = 20
RESERVED_SLUGS = frozenset({"new", "uploads"})
"""Addresses of pages that are no dataset."""


def create_dataset(
    user: Any, metadata: Mapping[str, Any], *, organisation: str = "", slug: str = "", file_name: str = ""
) -> Dataset:
    """A new private dataset of this person, with a title in at least one language.

    Args:
        metadata: see `metadata.FIELDS`; texts per language as `{"en": "...", "zh-Hant": "..."}`.
        organisation: slug of an organisation of theirs to which it belongs.
        slug: the name wanted in addresses; when absent, one is made of the title or the file's name.

    Raises:
        ConflictError: `server.catalogue.slug_taken`. RefusedError: no member. InputError: a field is not usable.
        MissingError: no such organisation of theirs.
    """
    people.require(user, "catalogue.create_dataset")
    fields = checked_fields(metadata)
    if not fields.get("title"):
        raise InputError("server.catalogue.title_missing")
    with transaction.atomic():
        dataset = Dataset.objects.create(
            slug=_wanted_slug(slug) if slug else free_slug(slug_from(fields["title"], file_name.rpartition(".")[0])),
            owner=user,
            organisation=organisation_for(user, organisation),
            **fields,
        )
        index_dataset(dataset)
        journal.append(people.actor(user), "catalogue.dataset_created", _object(dataset), {})
    return dataset


def _wanted_slug(slug: str) -> str:
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise InputError("server.catalogue.bad_slug", slug=slug[:LONGEST_SLUG])
    if Dataset.objects.filter(slug=slug).exists():
        raise ConflictError("server.catalogue.slug_taken", slug=slug)
    return slug


def free_slug(wanted: str) -> str:
    """`wanted`, or with a short random ending where it is taken."""
    slug = wanted
    for _ in range(_TRIES):
        if slug not in RESERVED_SLUGS and not Dataset.objects.filter(slug=slug).exists():
            return slug
        slug = f"{wanted}-{secrets.token_hex(3)}"
    raise RefusedError("server.catalogue.no_free_name", name=wanted)


def organisation_for(user: Any, slug: str) -> Organisation | None:
    """The organisation of this slug, if the person may act for it."""
    if not slug:
        return None
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None or not (organisation.pk in organisations_of(user) or is_administrator(user)):
        raise MissingError("server.catalogue.no_organisation", organisation=slug[:60])
    return organisation


def change_dataset(
    user: Any,
    dataset: Dataset,
    changes: Mapping[str, Any],
    *,
    revision: int | None = None,
    organisation: str | None = None,
) -> Dataset:
    """Change what is said about a dataset.

    Args:
        changes: the fields to change, as in `create_dataset`.
        revision: the revision that the person saw; another one by now is refused.
        organisation: slug of another organisation of theirs; empty for none.

    Raises:
        ConflictError: `server.catalogue.changed_meanwhile`. RefusedError: not theirs.
        InputError: a field is not usable.
    """
    people.require(user, "catalogue.change_dataset", dataset)
    fields = checked_fields(changes)
    with transaction.atomic():
        row = locked(dataset)
        if revision is not None and row.revision != revision:
            raise ConflictError("server.catalogue.changed_meanwhile", dataset=row.slug)
        for name, value in keep_provenance(row, fields).items():
            setattr(row, name, value)
        if not row.title:
            raise InputError("server.catalogue.title_missing")
        if organisation is not None:
            row.organisation = organisation_for(user, organisation)
            if row.is_public:
                people.require(user, "catalogue.publish_dataset", row)
        _save(row)
        named = sorted(fields) + (["organisation"] if organisation is not None else [])
        journal.append(people.actor(user), "catalogue.dataset_changed", _object(row), {"fields": named})
    return row


def describe_column(
    user: Any, column: Column, *, title: Mapping[str, Any] | None = None, unit: str | None = None
) -> Column:
    """Say what a column means: its title per language, its unit.

    Raises:
        RefusedError: not theirs. InputError: a text is not usable.
    """
    dataset = column.snapshot.distribution.dataset
    people.require(user, "catalogue.change_dataset", dataset)
    if title is not None:
        column.title = checked_fields({"title": title})["title"]
    if unit is not None:
        column.unit = one_line("unit", unit, LONGEST_UNIT)
    with transaction.atomic():
        column.save(update_fields=["title", "unit"])
        index_dataset(dataset)
        payload = {"snapshot": column.snapshot.sha256, "position": column.position}
        journal.append(people.actor(user), "catalogue.column_described", _object(dataset), payload)
    return column


def publish_dataset(user: Any, dataset: Dataset) -> Dataset:
    """Show a dataset to everybody. Needs a snapshot, and someone who vouches for it: see `permissions.may_vouch`.

    Raises:
        RefusedError: not allowed, `server.catalogue.withdrawn`, `server.catalogue.nothing_to_publish`.
    """
    people.require(user, "catalogue.publish_dataset", dataset)
    with transaction.atomic():
        row = locked(dataset)
        publish_row(row, people.actor(user))
    return row


def publish_row(row: Dataset, actor: str) -> None:
    """The step of publishing itself, within the caller's transaction."""
    if row.withdrawn_at is not None:
        raise RefusedError("server.catalogue.withdrawn", dataset=row.slug)
    if row.visibility == Dataset.Visibility.PUBLIC:
        return
    newest = Snapshot.objects.filter(distribution__dataset=row).order_by("-pk").values_list("sha256", flat=True).first()
    if newest is None:
        raise RefusedError("server.catalogue.nothing_to_publish", dataset=row.slug)
    row.visibility = Dataset.Visibility.PUBLIC
    row.published_at = timezone.now()
    _save(row)
    journal.append(actor, "catalogue.dataset_published", _object(row), {"snapshot": newest})


def withdraw_dataset(user: Any, dataset: Dataset) -> Dataset:
    """Offer a dataset no longer. Its page, its history and what was built from it stay.

    Raises:
        RefusedError: not theirs.
    """
    people.require(user, "catalogue.withdraw_dataset", dataset)
    with transaction.atomic():
        row = locked(dataset)
        if row.withdrawn_at is None:
            row.withdrawn_at = timezone.now()
            _save(row)
            journal.append(people.actor(user), "catalogue.dataset_withdrawn", _object(row), {})
    return row


def locked(dataset: Dataset) -> Dataset:
    """The dataset's row as it is now, held until the transaction ends."""
    return Dataset.objects.select_for_update().get(pk=dataset.pk)


def _save(row: Dataset) -> None:
    row.revision += 1
    row.save()
    index_dataset(row)


def _object(dataset: Dataset) -> str:
    return f"dataset:{dataset.slug}"
