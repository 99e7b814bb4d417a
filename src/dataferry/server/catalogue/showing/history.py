"""The snapshots of a dataset, newest first, each with what changed since the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dataferry.server.catalogue.models import Column, Snapshot

MOST_SHOWN = 20


@dataclass(frozen=True)
class Version:
    """One snapshot. Differences are against the snapshot before it; the first has none."""

    snapshot: Snapshot
    first: bool
    rows_more: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: tuple[tuple[str, str, str], ...]

    @property
    def rows_fewer(self) -> int:
        return -self.rows_more

    @property
    def same_columns(self) -> bool:
        return not (self.added or self.removed or self.retyped)


def versions(snapshots: Sequence[Snapshot]) -> list[Version]:
    """What changed in each snapshot; their columns are asked for in one query."""
    wanted = {snapshot.pk for snapshot in snapshots}
    wanted |= {snapshot.previous_id for snapshot in snapshots if snapshot.previous_id}
    types: dict[int, dict[str, str]] = {pk: {} for pk in wanted}
    for snapshot_id, name, kind in (
        Column.objects.filter(snapshot__in=wanted).order_by("position").values_list("snapshot_id", "name", "type")
    ):
        types[snapshot_id][name] = kind
    return [_version(snapshot, types) for snapshot in snapshots]


def _version(snapshot: Snapshot, types: dict[int, dict[str, str]]) -> Version:
    here = types[snapshot.pk]
    if snapshot.previous is None:
        return Version(snapshot, True, 0, (), (), ())
    before = types[snapshot.previous.pk]
    return Version(
        snapshot,
        False,
        snapshot.rows - snapshot.previous.rows,
        tuple(_only_in(here, before)),
        tuple(_only_in(before, here)),
        tuple((name, before[name], kind) for name, kind in here.items() if name in before and before[name] != kind),
    )


def _only_in(names: Iterable[str], others: Iterable[str]) -> list[str]:
    there = set(others)
    return [name for name in names if name not in there]
