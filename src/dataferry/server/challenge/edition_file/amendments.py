"""What locks when an edition is announced, and what a new version changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.tree import Tree, leaves, tree


@dataclass(frozen=True)
class Change:
    """One value that differs. `old` is None where it is new, `new` is None where it is gone."""

    path: str
    old: Any
    new: Any
    locked: bool

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "old": self.old, "new": self.new, "locked": self.locked}


def locked_part(edition: EditionDocument) -> Tree:
    """What may change only by a public, signed amendment once the edition is announced: rubrics, rounds (method,
    tie-breaks, judges per entry, anchors, reserves) and the divisions' quotas."""
    values = tree(edition)
    quotas = {code: {"quota": division.quota} for code, division in edition.divisions.items()}
    return {"rubrics": values.get("rubrics", {}), "rounds": values.get("rounds", {}), "divisions": quotas}


def is_locked(path: str) -> bool:
    """Whether the value at this path belongs to the locked part."""
    return path.startswith(("rubrics.", "rounds.")) or (path.startswith("divisions.") and path.endswith(".quota"))


def diff(old: EditionDocument, new: EditionDocument) -> list[Change]:
    """Every value that differs, by path. The same meaning written differently is no change."""
    before, after = dict(leaves(tree(old))), dict(leaves(tree(new)))
    paths = [*before, *(path for path in after if path not in before)]
    return [
        Change(path, before.get(path), after.get(path), is_locked(path))
        for path in paths
        if before.get(path) != after.get(path)
    ]
