"""What `dataferry check FILE|PRODUCT` prints: class and state, columns with masked examples, figures, what to do."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from dataferry.cli.output import console, word
from dataferry.messages import Finding, say

if TYPE_CHECKING:
    from dataferry.privacy import Anonymity, PrivacyReport
    from dataferry.products.privacy_check import PrivacyCheck

_MARKS = {"clear": "[green]✓[/]", "attention": "[yellow]![/]", "blocked": "[bold red]✗[/]", "unknown": "[magenta]?[/]"}
_ICONS = {"blocked": "[bold red]✗[/]", "irrecoverable": "[red]✗[/]", "attention": "[yellow]![/]"}
_MOST_COLUMNS = 60


def render_check(checked: PrivacyCheck) -> None:
    """Print a check for people."""
    report = checked.report
    head = word("privacy_head", name=checked.place, rows=report.rows, columns=len(report.columns))
    console.print(f"[bold]{escape(head)}[/]")
    state = word(f"privacy_state_{report.state}")
    kind = word(f"privacy_class_{str(report.privacy_class).replace('-', '_')}")
    console.print(f"{_MARKS[report.state]} {escape(state)}  {escape(word('privacy_class', kind=kind))}")
    if any(column.identifier for column in report.columns):
        console.print(_columns(report))
    for line in _figures(report):
        console.print("  " + line, markup=False)
    for finding in (*(said for _, found in checked.evidence.steps for said in found), *report.findings):
        _tell(finding)
    if checked.suggested:
        console.print(word("privacy_suggested"))
        console.print(_as_yaml(checked), markup=False)


def _tell(finding: Finding) -> None:
    console.print(_ICONS.get(finding.severity, "[dim]·[/]"), end=" ")
    console.print(finding.text(), markup=False)


def _columns(report: PrivacyReport) -> Table:
    names = ("column", "identifier", "class_of", "share", "score", "examples")
    table = Table(*(word(f"privacy_{name}") for name in names), box=None, padding=(0, 2, 0, 0))
    found = [column for column in report.columns if column.identifier]
    for column in found[:_MOST_COLUMNS]:
        kind = word(f"privacy_class_{str(column.privacy_class).replace('-', '_')}")
        figures = (f"{100 * column.share:.0f} %", f"{column.score:.2f}")
        shown = ", ".join(column.examples)
        named = say(f"privacy.named_{column.identifier}", {})
        table.add_row(*map(escape, (column.column, named, kind, *figures, shown)))
    return table


def _figures(report: PrivacyReport) -> list[str]:
    lines = []
    if report.subjects is not None:
        one = report.subjects
        lines.append(
            word("privacy_subjects", count=one.distinct, kind=word(f"privacy_kind_{one.kind}"), column=one.column)
        )
    if report.coordinates is not None:
        place = report.coordinates
        data = {"columns": list(place.columns), "datum": place.datum or word("unknown"), "decimals": place.decimals}
        lines.append(word("privacy_coordinates", **data, metres=f"{place.metres:.2g}"))
    if report.anonymity is not None:
        lines += _anonymity(report.anonymity)
    return lines


def _anonymity(found: Anonymity) -> list[str]:
    lines = []
    data = {"k": found.k, "groups": found.groups, "small": found.small_groups, "threshold": found.threshold}
    if found.rows_of == "individuals" and found.k is not None:
        columns = [f"{quasi.column} ({quasi.reason})" for quasi in found.quasi]
        lines.append(word("privacy_groups", columns=columns, unique=found.unique_rows, **data))
    elif found.rows_of == "counts" and found.k is not None:
        lines.append(word("privacy_counts", column=found.counted, **data))
    if found.tracks is not None:
        lines.append(word("privacy_uniqueness", shares=_shares(found.tracks.singled_out)))
        if found.tracks.singled_out_coarse:
            lines.append(word("privacy_uniqueness_coarse", shares=_shares(found.tracks.singled_out_coarse)))
    return lines


def _shares(shares: Mapping[int, float]) -> str:
    return ", ".join(f"{p}: {100 * share:.0f} %" for p, share in shares.items())


def _as_yaml(checked: PrivacyCheck) -> str:
    """The suggested steps as they would stand in product.yaml."""
    from ruamel.yaml import YAML

    steps: list[dict[str, Any]] = checked.to_json()["suggested"]
    ordered = [{"step": step["step"], **{key: value for key, value in step.items() if key != "step"}} for step in steps]
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump({"deidentify": ordered}, stream)
    return stream.getvalue().rstrip()
