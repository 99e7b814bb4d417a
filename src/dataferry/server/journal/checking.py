"""Verification: walks the whole chain once and names every row that is not as it was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataferry.messages import Finding
from dataferry.server.journal.anchors import SignedHead, known_anchors
from dataferry.server.journal.chain import genesis
from dataferry.server.journal.models import Chain
from dataferry.server.journal.stored import StoredRow, row_with_hash, rows_outside, stored_rows
from dataferry.server.journal.triggers import tables_without_triggers

MOST_FINDINGS = 1000
ROWS_BETWEEN_NEWS = 5000


@dataclass
class Verification:
    """What was found. `findings` holds the first thousand, `count` counts them all."""

    events: int = 0
    sequence: int = 0
    hash: str = ""
    instance: str = ""
    anchors: int = 0
    anchored: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return self.count == 0

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


@dataclass
class _Walk:
    """Where the walk is: the last row and its hash, and a link between two rows that did not fit."""

    genesis: str
    hash: str
    sequence: int = 0
    reported: bool = False
    broken: bool = False

    def step(self, row: StoredRow) -> Iterator[Finding]:
        gap = row.sequence != self.sequence + 1
        if gap:
            yield Finding(
                "server.journal.rows_missing", "blocked", {"first": self.sequence + 1, "last": row.sequence - 1}
            )
        changed = row.hash is None or row.computed() != row.hash
        fits = gap or self.reported or row.previous == self.hash
        if self.broken:
            # Two rows do not fit together. The one that its other neighbour vouches for is the right one.
            vouched = not gap and row.previous == self.hash
            yield _replaced(self.sequence - 1 if vouched and self.sequence > 1 else self.sequence)
            fits = True
        if changed:
            yield _changed(row, self.genesis)
        self.broken = not fits and not changed
        self.sequence, self.hash, self.reported = row.sequence, row.hash or "", changed

    def end(self, head: Chain) -> Iterator[Finding]:
        """What the head row, as it was read before the walk, says of the last rows."""
        if self.broken:
            vouched = head.sequence == self.sequence and head.hash == self.hash and self.sequence > 1
            yield _replaced(self.sequence - 1 if vouched else self.sequence)
        if head.sequence > self.sequence:
            data = {"first": self.sequence + 1, "last": head.sequence}
            yield Finding("server.journal.rows_missing", "blocked", data)


def verify(
    anchors: Sequence[SignedHead] = (), keys: Sequence[Path] = (), seen: Callable[[int, int], None] | None = None
) -> Verification:
    """Walk the whole chain; every finding is collected. Memory does not grow with the journal.

    Args:
        anchors: signed heads from outside, beside those that the database and the data home hold.
        keys: PEM files of public keys to trust, beside those of the data home.
        seen: told now and then how many events were walked, and of how many.

    Raises:
        InputError: `server.journal.key_unreadable`, one of `keys` is no Ed25519 public key.
    """
    result = Verification()
    for finding in findings(result, anchors, keys, seen):
        result.add(finding)
    return result


def findings(
    result: Verification,
    anchors: Sequence[SignedHead] = (),
    keys: Sequence[Path] = (),
    seen: Callable[[int, int], None] | None = None,
) -> Iterator[Finding]:
    """Every finding as the walk comes by it; the figures of `result` are filled on the way."""
    head = Chain.objects.filter(pk=1).first()
    heads, complaints = known_anchors(anchors, str(head.instance) if head else None, keys)
    result.anchors = len(heads)
    yield from complaints
    for table in tables_without_triggers():
        yield Finding("server.journal.guards_missing", "attention", {"table": table})
    if outside := rows_outside():
        yield Finding("server.journal.rows_outside", "blocked", {"count": outside})
    if head is None:
        yield from _headless(heads)
        return
    result.instance = str(head.instance)
    yield from _walked(result, head, heads, seen)


def _walked(
    result: Verification, head: Chain, heads: Sequence[SignedHead], seen: Callable[[int, int], None] | None
) -> Iterator[Finding]:
    waiting: dict[int, list[SignedHead]] = defaultdict(list)
    for anchor in heads:
        waiting[anchor.sequence].append(anchor)
    walk = _Walk(genesis(head.instance), genesis(head.instance))
    for row in stored_rows():
        yield from walk.step(row)
        result.events += 1
        if seen is not None and result.events % ROWS_BETWEEN_NEWS == 0:
            seen(result.events, max(head.sequence, result.events))
        for anchor in waiting.pop(row.sequence, ()):
            result.anchored += anchor.hash == row.hash
            if anchor.hash != row.hash:
                yield _against_anchor(anchor, row.hash)
        if row.sequence == head.sequence and row.hash != head.hash and not walk.reported and not walk.broken:
            yield Finding("server.journal.head_differs", "blocked", {"sequence": row.sequence, "head": head.hash})
    yield from walk.end(head)
    now = Chain.objects.filter(pk=1).first()
    if now is None or walk.sequence > now.sequence:
        first = (now.sequence if now else 0) + 1
        yield Finding("server.journal.rows_inserted", "blocked", {"first": first, "last": walk.sequence})
    for anchor in (each for late in waiting.values() for each in late):
        yield _against_anchor(anchor, None)
    result.sequence, result.hash = walk.sequence, walk.hash


def _headless(heads: Sequence[SignedHead]) -> Iterator[Finding]:
    if any(True for _row in stored_rows()):
        yield Finding("server.journal.head_missing", "blocked", {})
    for anchor in heads:
        yield _against_anchor(anchor, None)


def _against_anchor(anchor: SignedHead, stored: str | None) -> Finding:
    data = {"sequence": anchor.sequence, "anchor": anchor.source, "signed": anchor.hash, "instant": anchor.instant}
    if stored is None:
        return Finding("server.journal.anchor_ahead", "blocked", data)
    return Finding("server.journal.anchor_differs", "blocked", {**data, "stored": stored})


def _replaced(sequence: int) -> Finding:
    return Finding("server.journal.row_replaced", "blocked", {"sequence": sequence})


def _changed(row: StoredRow, first: str) -> Finding:
    """A row whose hash is not its own. One that was moved is right at the place that its link names."""
    before = 0 if row.previous == first else row_with_hash(row.previous)
    if before is not None and before + 1 != row.sequence and row.computed(before + 1) == row.hash:
        data = {"sequence": row.sequence, "written_as": before + 1}
        return Finding("server.journal.row_moved", "blocked", data)
    return Finding("server.journal.row_changed", "blocked", {"sequence": row.sequence})
