"""What `dataferry judging` shows: the plan, the places, what another method would change."""

from __future__ import annotations

import csv
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from dataferry.cli.output import console, progress_console, word
from dataferry.messages import Finding

if TYPE_CHECKING:
    from dataferry.judging import Comparison, Place, Plan, Ranking

_ICONS = {
    "note": "[dim]·[/]",
    "repaired": "[green]✓[/]",
    "attention": "[yellow]![/]",
    "irrecoverable": "[red]✗[/]",
    "blocked": "[bold red]■[/]",
}
_MOST_FINDINGS = 40
_MOST_CHANGES = 40
_LONGEST = 40


def tell_findings(findings: Iterable[Finding]) -> None:
    """Findings on standard error, so that tables and JSON can be piped."""
    rows = list(findings)
    for finding in rows[:_MOST_FINDINGS]:
        progress_console.print(f"{_ICONS[finding.severity]} [dim]{finding.code}[/] {escape(finding.text())}")
    if len(rows) > _MOST_FINDINGS:
        progress_console.print("… " + word("judging_more", count=len(rows) - _MOST_FINDINGS))


def tell_plan(plan: Plan, findings: Iterable[Finding], out: Path | None) -> None:
    judges = defaultdict(list)
    for judge, entry in plan.pairs:
        judges[entry].append(judge)
    table = Table(word("judging_entry"), word("judging_judges"), box=None, padding=(0, 2, 0, 0))
    for entry, names in judges.items():
        table.add_row(_short(entry), ", ".join(map(_short, names)))
    loads = Table(word("judging_judge"), word("judging_load"), box=None, padding=(0, 2, 0, 0))
    for judge, load in plan.loads.items():
        loads.add_row(_short(judge), str(load))
    console.print(table)
    console.print()
    console.print(loads)
    console.print()
    console.print(word("judging_plan", pairs=len(plan.pairs), experts=plan.experts))
    if plan.added or plan.dropped:
        console.print(word("judging_changed", added=len(plan.added), dropped=len(plan.dropped)))
    tell_findings(findings)
    if out is not None:
        console.print(f"[green]→[/] {escape(str(out))}")


def tell_ranking(ranking: Ranking) -> None:
    """The places of each group, with intervals of score and place."""
    groups = [""] if ranking.joint else sorted({place.division for place in ranking.places})
    for group in groups:
        title = escape(group) or word("judging_all")
        table = Table(title=f"{title} · {escape(ranking.method)}", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for name in ("place", "entry", "score", "interval", "places", "judges", "remark"):
            table.add_column(word(f"judging_{name}"), justify="left" if name in ("entry", "remark") else "right")
        for place in ranking.places if ranking.joint else ranking.of(group):
            table.add_row(*_cells(place))
        console.print(table)
        console.print()


def _cells(place: Place) -> tuple[str, ...]:
    score = "–" if place.low is None or place.high is None else f"{place.low:.2f} – {place.high:.2f}"
    places = "–" if place.rank_low is None else f"{place.rank_low} – {place.rank_high}"
    remarks = []
    if place.tied_with:
        remarks.append(word("judging_tied", others=[_short(one) for one in place.tied_with]))
    if place.decided_by:
        remarks.append(word("judging_decided", rule=place.decided_by))
    if place.below_floor:
        remarks.append(word("judging_floor", criteria=list(place.below_floor)))
    row = (str(place.place), _short(place.entry), f"{place.score:.2f}", score, places, str(place.judges))
    return (*row, escape("; ".join(remarks)))


def tell_comparison(comparison: Comparison) -> None:
    """What each method assumes, the places that change, and the lines that the scores do not draw."""
    for method, assumption in comparison.assumptions.items():
        refused = comparison.refused.get(method)
        text = refused.text() if refused is not None else assumption.text()
        mark = "[bold]*[/]" if method == comparison.chosen else "[red]✗[/]" if refused is not None else " "
        console.print(f"{mark} [bold]{method}[/] {escape(text)}")
    console.print()
    if comparison.changes:
        methods = list(comparison.rankings)
        title = word("judging_changes", count=len(comparison.changes))
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
        table.add_column(word("judging_entry"))
        for method in methods:
            table.add_column(escape(method), justify="right")
        for change in comparison.changes[:_MOST_CHANGES]:
            cells = (change.places[method] for method in methods)
            table.add_row(_short(change.entry), *("–" if cell is None else str(cell) for cell in cells))
        console.print(table)
    else:
        console.print(word("judging_no_changes"))
    for line in comparison.lines:
        if line.method == comparison.chosen and line.inside:
            names = [_short(one) for one in line.contested or line.tied]
            console.print(escape(word("judging_line", line=line.line, group=line.group or "–", entries=names)))
    console.print()


def _short(name: str) -> str:
    """A name that fits a column and cannot speak to the terminal."""
    shown = "".join(c if c.isprintable() else "�" for c in name)
    return escape(shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…")


def write_plan(plan: Plan, out: Path) -> None:
    """The plan as CSV that a spreadsheet opens, whole or not at all; a name that looks like a formula is quoted."""
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name[:40]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["entry", "judge"])
            rows.writerows([_harmless(entry), _harmless(judge)] for judge, entry in plan.pairs)
        Path(name).chmod(0o644)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
