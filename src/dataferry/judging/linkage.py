"""Can these scores be compared at all? Panels that never scored a common entry cannot, by any statistic."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from dataferry.judging.scores import Group
from dataferry.messages import Finding, RefusedError

COMFORTABLE = 4
"""With fewer entries in common the link of two panels decides little (measured: four cut the bias under one place)."""


def components(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Connected parts of the graph with these edges, largest first, then by name."""
    parts: dict[str, set[str]] = {}
    for one, other in pairs:
        small, large = sorted((parts.setdefault(one, {one}), parts.setdefault(other, {other})), key=len)
        if small is not large:
            large |= small
            parts.update(dict.fromkeys(small, large))
    return sorted({id(part): part for part in parts.values()}.values(), key=lambda part: (-len(part), min(part)))


def linked_judges(group: Group) -> list[set[str]]:
    """Judges who are linked with each other through entries they scored."""
    edges = [("e" + cell.entry, "j" + cell.judge) for cell in group.cells]
    return [{node[1:] for node in part if node[0] == "j"} for part in components(edges)]


def linked_panels(group: Group) -> list[set[str]]:
    """Panels linked through entries that judges of both scored, directly or by way of other panels."""
    edges = [("e" + cell.entry, "p" + cell.panel) for cell in group.cells]
    return [{node[1:] for node in part if node[0] == "p"} for part in components(edges)]


def check_linked(group: Group) -> list[Finding]:
    """What weakens the comparison inside the group.

    Raises:
        RefusedError: `judging.panels_not_linked` when panels have no entry in common.
    """
    parts = linked_panels(group)
    if len(parts) > 1:
        names = sorted(" + ".join(sorted(part)) for part in parts)
        raise RefusedError("judging.panels_not_linked", panels=names, division=group.name)
    findings = []
    if len(judges := linked_judges(group)) > 1:
        data = {"groups": len(judges), "division": group.name}
        findings.append(Finding("judging.judges_not_linked", "attention", data))
    panels_of = {entry: {cell.panel for cell in cells} for entry, cells in group.scored.items()}
    for one, other in combinations(group.panels, 2):
        common = sum({one, other} <= panels for panels in panels_of.values())
        if 0 < common < COMFORTABLE and 2 * common < len(panels_of):
            data = {"panels": [one, other], "common": common, "wanted": COMFORTABLE, "division": group.name}
            findings.append(Finding("judging.weak_link", "attention", data))
    return findings
