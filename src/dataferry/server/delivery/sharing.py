"""A shared table as Delta Sharing tells it: its facts, its files with their grants, and the files of its changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import pyarrow as pa

from dataferry.formats.delta_sharing import (
    Change,
    ChangesRequest,
    FileFacts,
    FileStatistics,
    TableFacts,
    of_parquet,
    version_as_of,
    version_from,
)
from dataferry.messages import InputError
from dataferry.server.delivery import gate, grants, metering, vault, versions
from dataferry.server.delivery.actions.first_delivery import before_leaving
from dataferry.server.delivery.changes import schema_of, served_change
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.keeping import Holder
from dataferry.server.delivery.models import Entitlement, ServedChange, ServedTable
from dataferry.server.delivery.serving import served_table
from dataferry.server.delivery.versions import Version

MOST_FOOTERS = 4096
_CHANGES: dict[str, Change] = {"cdf": "cdf", "insert": "add", "delete": "remove"}
Absolute = Callable[[str], str]
"""The whole address of a path on this site, as the client reaches it."""


@dataclass(frozen=True)
class Shown:
    """One file to be told: its facts, what it does, and how many rows it has."""

    facts: FileFacts
    change: Change
    rows: int


@dataclass(frozen=True)
class Step:
    """What one version brought: its files, the schema of the table from then on, and the version it is told against."""

    version: Version
    before: Version | None
    schema: pa.Schema
    files: tuple[Shown, ...]


def number_of(
    found: Sequence[Version], *, number: int | None = None, as_of: datetime | None = None, since: datetime | None = None
) -> int:
    """The number of the version that is meant: by itself, current at an instant, or made at or after one.

    Raises:
        MissingError: there was none then; whether a given number exists is asked by the gate.
    """
    commits = [(each.number, each.since) for each in found]
    if as_of is not None:
        return version_as_of(commits, as_of)
    if since is not None:
        return version_from(commits, since)
    return found[-1].number if number is None else number


def ends_of(found: Sequence[Version], asked: ChangesRequest) -> tuple[int, int]:
    """First and last version of a change feed; one that is asked for up to a version to come ends with the newest.

    Raises:
        MissingError: no version is that young or that old.
        InputError: the end lies before the start.
    """
    newest = found[-1].number
    start = number_of(found, number=asked.starting_version, since=asked.starting)
    end = min(number_of(found, number=asked.ending_version, as_of=asked.ending), newest)
    if end < start <= newest:
        raise InputError("formats.end_before_start", field="endingTimestamp")
    return start, max(start, end)


def table_id(entitlement: Entitlement) -> str:
    """The same for all versions of the table, another for every agreement."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:dataferry:{entitlement.reference}"))


def table_facts(admission: Admission, served: ServedTable, *, number: int | None = None) -> TableFacts:
    """What is told of the table; with `number` also the version that these facts are of."""
    entitlement = admission.entitlement
    return TableFacts(
        id=table_id(entitlement),
        name=versions.table_of(entitlement),
        schema=schema_of(served),
        created=versions.versions_of(entitlement)[0].since,
        size=served.bytes,
        files=len(served.files),
        version=number,
    )


def served(admission: Admission) -> ServedTable:
    """The version that was admitted, under the cut of the agreement.

    Raises:
        UnavailableError: it is still being made (503, ask again).
    """
    return served_table(admission.release, admission.cut)


def snapshot_files(admission: Admission, table: ServedTable, absolute: Absolute) -> list[Shown]:
    """All files of one version, with statistics from their footers."""
    return [_shown(admission, table, place, admission.version, absolute) for place in range(len(table.files))]


def change_feed(admission: Admission, start: int, absolute: Absolute) -> list[Step]:
    """What each version brought, from `start` to the admitted one: rows that say what befell them.

    The first version of all brought every row of its table.

    Raises:
        RefusedError: a release among them may not be delivered (403).
        MissingError: the agreement does not include `start`.
    """
    steps = []
    for before, version in _stretch(admission, start):
        table = served_table(version.release, admission.cut)
        holder: ServedTable | ServedChange = table
        if before is not None:
            holder = served_change(served_table(before.release, admission.cut), table)
        files = [_shown(admission, holder, place, version, absolute) for place in range(len(holder.files))]
        steps.append(Step(version, before, schema_of(table), tuple(files)))
    return steps


def file_feed(admission: Admission, start: int, absolute: Absolute) -> list[Step]:
    """As `change_feed`, told by whole files: which were removed, which were added (streaming readers ask so)."""
    steps = []
    for before, version in _stretch(admission, start):
        table = served_table(version.release, admission.cut)
        earlier = None if before is None else served_table(before.release, admission.cut)
        files = [*_not_in(admission, earlier, table, version, absolute, "remove")] if earlier is not None else []
        files += _not_in(admission, table, earlier, version, absolute, "add")
        steps.append(Step(version, before, schema_of(table), tuple(files)))
    return steps


def hand_out(admission: Admission, key: str, kind: str, files: Sequence[Shown], steps: Sequence[Step] = ()) -> None:
    """Count what is about to leave: its people for the border, its rows and bytes for the meter.

    Args:
        key, kind: as `metering.record` takes them.
        steps: the versions whose rows are in the files; none for those of the admitted one alone.

    Raises:
        RefusedError: the border does not let it through, or the day's calls or rows are used up (403).
    """
    told = {each.number: each for step in steps for each in (step.before, step.version) if each is not None}
    for version in told.values() or [admission.version]:
        before_leaving(replace(admission, version=version))
    rows = sum(file.rows for file in files if file.change != "remove")
    metering.record(admission, key, kind, rows=rows, bytes=sum(file.facts.size for file in files))


def _stretch(admission: Admission, start: int) -> Iterator[tuple[Version | None, Version]]:
    """The versions from `start` to the admitted one, each with the one before it; all of them may be delivered."""
    found = versions.versions_of(admission.entitlement)
    first = found.index(versions.version(admission.entitlement, start))
    last = found.index(admission.version)
    for place in range(first, last + 1):
        before = found[place - 1] if place else None
        for each in (before, found[place]):
            if each is not None:
                gate.check(admission.entitlement, each.release, admission.door)
        yield before, found[place]


def _not_in(
    admission: Admission,
    table: ServedTable,
    other: ServedTable | None,
    version: Version,
    absolute: Absolute,
    change: Change,
) -> Iterator[Shown]:
    known = {file["sha256"] for file in other.files} if other is not None else set()
    for place, file in enumerate(table.files):
        if file["sha256"] not in known:
            shown = _shown(admission, table, place, version, absolute)
            yield Shown(shown.facts, change, shown.rows)


def _shown(admission: Admission, holder: Holder, place: int, version: Version, absolute: Absolute) -> Shown:
    file = grants.file_of(holder, place)
    address = grants.address_of(admission, holder, place)
    sha256, size = str(file["sha256"]), int(file["bytes"])
    facts = FileFacts(
        url=absolute(address.path),
        # Clients keep files by this name; two parts of one table could be the same.
        id=f"{sha256}-{place}",
        size=size,
        statistics=_statistics(sha256, size),
        version=version.number,
        made=version.since,
        expires=address.expires,
    )
    return Shown(facts, _CHANGES.get(str(file.get("kind")), "add"), int(file["rows"]))


@lru_cache(maxsize=MOST_FOOTERS)
def _statistics(sha256: str, size: int) -> FileStatistics:
    """A file is kept by its sha256 and never changes, so its footer is read once."""
    with vault.open_sound({"sha256": sha256, "bytes": size}) as opened:
        return of_parquet(opened)
