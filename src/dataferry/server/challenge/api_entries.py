"""The API of entries: a team's own, and those of the cities that an organiser looks after. Judges have none of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Schema, Status

from dataferry.server import uploads
from dataferry.server.catalogue.dataset_queries import dataset_of, snapshot_of
from dataferry.server.challenge.actions import artefacts as artefact_actions
from dataferry.server.challenge.actions import data_use
from dataferry.server.challenge.actions import entries as actions
from dataferry.server.challenge.data_evidence import verdict
from dataferry.server.challenge.models import Artefact, Entry, Submission
from dataferry.server.challenge.queries import entries as queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.people.authentication import member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, etags, keyset_page
from dataferry.server.workshop.queries import release_or_missing

router = api_router("challenge entries")

Outcome = Literal["eligible", "ineligible", "queried"]
LARGEST_ID = 2**63 - 1


class EntryOut(Schema):
    edition: str = Field(description="Short name of the edition.")
    code: str = Field(description="All that a judge of an anonymous phase knows the entry by.")
    team: int = Field(description="Number of the team in this house.")
    division: str = Field(description="Code of the division.")
    subcategory: str = Field(description="Code of the sub-category.")
    state: str = Field(description="Where the entry stands, such as `draft`, `submitted` or `shortlisted`.")
    reason: str = Field(description="Why it is where it is, in the organisers' words.")
    title: dict[str, str] = Field(description="Title by language.")
    summary: dict[str, str] = Field(description="Summary by language.")
    language: str = Field(description="The language that judges need to read.")
    release: str | None = Field(description="The release attached, as `name@version`.")
    revision: int = Field(description="Grows with every save; the ETag of the entry.")
    missing: list[str] = Field(description="What must still be done before it can be handed in.")
    both_cities: str = Field(description="Whether it uses open data of both cities: `yes`, `no` or `unknown`.")


class FileOut(Schema):
    id: int = Field(description="Number of the file.")
    role: str = Field(description="Which part of the entry it is.")
    language: str = Field(description="Its language.")
    file_name: str = Field(description="As the team calls it.")
    bytes: int = Field(description="Size.")
    sha256: str = Field(description="Digest of its bytes.")
    inspected_at: datetime | None = Field(description="When it was inspected; null while it waits.")
    findings: list[dict[str, Any]] = Field(description="What the inspection found, with codes.")
    leaks: list[dict[str, Any]] = Field(description="What in it shows who made it.")


class SubmissionOut(Schema):
    number: int = Field(description="Number of the version.")
    submitted_at: datetime = Field(description="The second it arrived.")
    digest: str = Field(description="Digest of everything handed in.")


class EntryNew(Schema):
    team: int = Field(description="Number of the team in this house.")
    subcategory: str = Field(description="Code of a sub-category of the edition.", max_length=60)


class EntryIn(Schema):
    title: dict[str, str] = Field(description="Title by language (`en`, `zh-Hant`, `zh-Hans`).")
    summary: dict[str, str] = Field(description="Summary by language.")
    subcategory: str = Field(description="Code of a sub-category.", max_length=60)
    language: str = Field("", description="The language that judges need to read.", max_length=20)


class FileIn(Schema):
    role: str = Field(description="Which part of the entry it is.", max_length=40)
    language: str = Field("", description="Its language.", max_length=20)
    upload: str = Field(description="Id of a complete upload for `challenge.artefact`, see /uploads/.", max_length=60)


class UseIn(Schema):
    dataset: str = Field(description="Short name of a dataset.", max_length=80)
    snapshot: str = Field("", description="Digest of the snapshot used; without it the newest is meant.", max_length=80)
    purpose: str = Field("", description="What it is used for.", max_length=2000)


class ReleaseIn(Schema):
    name: str = Field(description="Short name of a product of somebody in the team.", max_length=80)
    version: str = Field(description="Version of the release.", max_length=60)


class EntryDecisionIn(Schema):
    outcome: Outcome = Field(description="What is decided.")
    reason: str = Field("", description="Why; the team reads it.", max_length=5000)


class EntryFilter(Schema):
    edition: str = Field(description="Short name of the edition.", max_length=60)
    state: str = Field("", description="Only entries in this state.", max_length=20)


def _entry_out(entry: Entry) -> dict[str, Any]:
    release = entry.release
    return {
        "edition": entry.edition.slug,
        "team": entry.team_id,
        "division": entry.division.code,
        "reason": entry.state_reason,
        "title": entry.title,
        "summary": entry.summary,
        "release": f"{release.product.slug}@{release.version}" if release else None,
        "missing": [f"{what} {which}".strip() for what, which in actions.missing_parts(entry)],
        "both_cities": verdict(entry)["both_cities"],
        **{name: getattr(entry, name) for name in ("code", "subcategory", "state", "language", "revision")},
    }


def _file_out(artefact: Artefact) -> dict[str, Any]:
    names = ("role", "language", "file_name", "bytes", "sha256", "inspected_at", "findings", "leaks")
    return {"id": artefact.pk, **{name: getattr(artefact, name) for name in names}}


def _submission_out(row: Submission) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("number", "submitted_at", "digest")}


def _again(request: HttpRequest, entry: Entry) -> Entry:
    return queries.entry_of(request.user, entry.edition.slug, entry.code)


@router.get(
    "/entries", response=Page[EntryOut], auth=member("read"), operation_id="list_entries", summary="Challenge entries"
)
def list_entries(
    request: HttpRequest, filters: Annotated[EntryFilter, Query()], limit: Limit = 50, cursor: Cursor = None
) -> Any:
    """Entries of an edition that you may open: your team's own, or those of the cities that you organise."""
    edition = team_queries.edition_of(request.user, filters.edition)
    rows = queries.entries_for(request.user, edition)
    rows = rows.filter(state=filters.state) if filters.state else rows
    return keyset_page(rows, ("code", "pk"), cursor, limit).map(_entry_out)


@router.post(
    "/entries", response={201: EntryOut}, auth=member("write"), operation_id="start_entry", summary="Begin an entry"
)
def start_entry(request: HttpRequest, body: EntryNew) -> Any:
    """Begin the one entry of your team."""
    user = signed_in_person(request)
    team = team_queries.team_of(user, body.team if 0 < body.team <= LARGEST_ID else 0)
    return Status(201, _entry_out(actions.start_entry(user, team, body.subcategory)))


@router.get(
    "/entries/{edition}/{code}",
    response=EntryOut,
    auth=member("read"),
    operation_id="get_entry",
    summary="A challenge entry",
)
def get_entry(request: HttpRequest, edition: str, code: str, response: HttpResponse) -> Any:
    """One entry, for its team and the organisers of its city."""
    entry = queries.entry_of(request.user, edition, code)
    etags.stamp(response, entry.revision)
    return _entry_out(entry)


@router.put(
    "/entries/{edition}/{code}",
    response=EntryOut,
    auth=member("write"),
    operation_id="change_entry",
    summary="Change an entry",
)
def change_entry(request: HttpRequest, edition: str, code: str, body: EntryIn, response: HttpResponse) -> Any:
    """Replace the texts of the revision that `If-Match` names."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    etags.require_match(request, entry.revision)
    actions.change_entry(user, entry, entry.revision, **body.dict())
    entry = _again(request, entry)
    etags.stamp(response, entry.revision)
    return _entry_out(entry)


@router.post(
    "/entries/{edition}/{code}/submit",
    response={201: SubmissionOut},
    auth=member("write"),
    operation_id="submit_entry",
    summary="Hand an entry in",
)
def submit_entry(request: HttpRequest, edition: str, code: str) -> Any:
    """Hand the entry in as it stands. Late is late: the answer says by how many seconds."""
    user = signed_in_person(request)
    return Status(201, _submission_out(actions.submit(user, queries.entry_of(user, edition, code))))


@router.get(
    "/entries/{edition}/{code}/submissions",
    response=Page[SubmissionOut],
    auth=member("read"),
    operation_id="list_submissions",
    summary="Versions handed in",
)
def list_submissions(request: HttpRequest, edition: str, code: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Every version, the newest first."""
    entry = queries.entry_of(request.user, edition, code)
    return keyset_page(entry.submissions.all(), ("-number",), cursor, limit).map(_submission_out)


@router.get(
    "/entries/{edition}/{code}/files",
    response=Page[FileOut],
    auth=member("read"),
    operation_id="list_entry_files",
    summary="Files of an entry",
)
def list_entry_files(request: HttpRequest, edition: str, code: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """The files that stand, each with what its inspection found."""
    entry = queries.entry_of(request.user, edition, code)
    return keyset_page(queries.standing_artefacts(entry).order_by("pk"), ("pk",), cursor, limit).map(_file_out)


@router.post(
    "/entries/{edition}/{code}/files",
    response={201: FileOut},
    auth=member("write"),
    operation_id="add_entry_file",
    summary="Add a file to an entry",
)
def add_entry_file(request: HttpRequest, edition: str, code: str, body: FileIn) -> Any:
    """Put a complete upload into a part of the entry. It is inspected in the background."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    # A refusal gives the upload back.
    with transaction.atomic():
        taken = uploads.take(user, body.upload, artefact_actions.PURPOSE)
        made = artefact_actions.add_artefact(user, entry, body.role, body.language, taken)
    return Status(201, _file_out(made))


@router.post(
    "/entries/{edition}/{code}/data",
    response={201: EntryOut},
    auth=member("write"),
    operation_id="add_entry_dataset",
    summary="Name a dataset that an entry uses",
)
def add_entry_dataset(request: HttpRequest, edition: str, code: str, body: UseIn) -> Any:
    """Add a dataset of the catalogue to the data that the entry uses."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    dataset = dataset_of(user, body.dataset)
    snapshot = snapshot_of(user, dataset.slug, body.snapshot) if body.snapshot else None
    data_use.add_dataset(user, entry, dataset, snapshot, body.purpose)
    return Status(201, _entry_out(_again(request, entry)))


@router.put(
    "/entries/{edition}/{code}/release",
    response=EntryOut,
    auth=member("write"),
    operation_id="attach_entry_release",
    summary="Attach a release to an entry",
)
def attach_entry_release(request: HttpRequest, edition: str, code: str, body: ReleaseIn) -> Any:
    """Attach a release of your team's product; its lineage fills the data that the entry uses."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    data_use.attach_release(user, entry, release_or_missing(user, body.name, body.version))
    return _entry_out(_again(request, entry))


@router.post(
    "/entries/{edition}/{code}/decision",
    response=EntryOut,
    auth=member("write"),
    operation_id="decide_entry",
    summary="Decide on an entry",
)
def decide_entry(request: HttpRequest, edition: str, code: str, body: EntryDecisionIn) -> Any:
    """An organiser of the entry's city says whether it takes part."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    actions.decide_entry(user, entry, body.outcome, body.reason)
    return _entry_out(_again(request, entry))


@router.post(
    "/entries/{edition}/{code}/withdraw",
    response=EntryOut,
    auth=member("write"),
    operation_id="withdraw_entry",
    summary="Withdraw an entry",
)
def withdraw_entry(request: HttpRequest, edition: str, code: str) -> Any:
    """The team's leader takes the entry out for good."""
    user = signed_in_person(request)
    entry = queries.entry_of(user, edition, code)
    actions.withdraw_entry(user, entry)
    return _entry_out(_again(request, entry))
