"""`dataferry judging`: who judges what, and what the scores say, from an organiser's spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataferry.cli.judging_output import tell_comparison, tell_findings, tell_plan, tell_ranking, write_plan
from dataferry.cli.output import show, writing
from dataferry.messages import Finding, InputError, RefusedError, UsageError

if TYPE_CHECKING:
    from dataferry.judging import Plan, Problem

File = Annotated[Path, typer.Argument(help="CSV or XLSX file, or a folder of them.", show_default=False)]
LeaveOut = Annotated[bool, typer.Option("--leave-out", help="Go on without rows that cannot be right.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PerEntry = Annotated[int, typer.Option("--per-entry", help="Scores each entry gets.")]
Minimums = Annotated[
    list[str] | None, typer.Option("--panel-minimum", help="Least judges of a panel on every entry: HK=2.")
]
Anchors = Annotated[
    list[str] | None, typer.Option("--anchor", help="Entry that every judge without a conflict scores.")
]
Reserved = Annotated[
    list[str] | None, typer.Option("--reserve", help="Division that only these panels score: HK=HK,joint.")
]
Tolerance = Annotated[int, typer.Option("--tolerance", help="Most by which two loads may differ.")]
Unlinked = Annotated[bool, typer.Option("--unlinked", help="Do not demand that common entries link all judges.")]
Accept = Annotated[bool, typer.Option("--accept", help="Where no plan meets every demand, take the cheapest way out.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the plan as CSV.")]
_METHODS = "raw-mean, z-score, calibrated, panel-means or calibrated-panel-means; chosen beforehand."
MethodName = Annotated[str, typer.Option("--method", help=_METHODS)]
RubricFile = Annotated[Path | None, typer.Option("--rubric", help="YAML file of criteria and weights.")]
Ties = Annotated[
    list[str] | None, typer.Option("--tie", help="Rule for ties, in order: criterion:CODE, pairwise, chair.")
]
Joint = Annotated[bool, typer.Option("--joint/--by-division", help="One list, or one for each division.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="Places that win: 8, or by division HK=8.")]

judging_app = typer.Typer(
    help="Judging with a spreadsheet: assign judges to entries, rank scores.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `judging` with its commands."""
    judging_app.command("assign")(assign)
    judging_app.command("rank")(rank)
    app.add_typer(judging_app, name="judging")


def assign(
    file: File,
    per_entry: PerEntry = 3,
    minimums: Minimums = None,
    anchors: Anchors = None,
    reserved: Reserved = None,
    tolerance: Tolerance = 1,
    unlinked: Unlinked = False,
    accept: Accept = False,
    out: Out = None,
    leave_out: LeaveOut = False,
    as_json: Json = False,
) -> None:
    """Assign judges to entries: no conflict ever, even loads, languages, expertise, panels, linked judges.

    Where no plan meets every demand, it says which demand fails and the cheapest way out.
    """
    from dataferry.judging import Problem
    from dataferry.judging.assignment_files import read_assignment

    found = read_assignment(file)
    _refuse_faults(found.blocked, found.findings, file, leave_out=leave_out)
    problem = Problem(
        entries=list(found.entries.values()),
        judges=list(found.judges.values()),
        per_entry=per_entry,
        conflicts=found.conflicts,
        per_panel_minimum={name: _whole(text, "HK=2") for name, text in _pairs(minimums, "HK=2")},
        anchors=found.anchors | set(anchors or ()),
        load_tolerance=tolerance,
        keep=found.keep,
        locked=found.scored,
        reserved={name: set(text.split(",")) for name, text in _pairs(reserved, "HK=HK,joint")},
        linked=not unlinked,
    )
    plan = _solved(problem, accept=accept)
    findings = [*found.findings, *plan.findings]
    if out is not None:
        with writing(out):
            write_plan(plan, out)
    value = {**plan.document(), "findings": _told(findings), "out": str(out) if out else None}
    show(value, as_json, lambda: tell_plan(plan, findings, out))


def _solved(problem: Problem, *, accept: bool) -> Plan:
    from dataferry.judging import assign as assign_judges
    from dataferry.judging import relaxations_of

    try:
        return assign_judges(problem)
    except RefusedError as error:
        if accept and error.code == "judging.infeasible":
            return assign_judges(problem.relaxed(relaxations_of(error)))
        tell_findings(Finding.from_json(one) for one in error.data.get("findings", ()))
        raise


def rank(
    file: File,
    method: MethodName = "raw-mean",
    rubric: RubricFile = None,
    ties: Ties = None,
    joint: Joint = False,
    lines: Lines = None,
    leave_out: LeaveOut = False,
    as_json: Json = False,
) -> None:
    """Rank the scores of a table, and show which places another method would change.

    Columns: entry, judge, criteria or a score; panel and division where there are several.
    """
    from dataferry.judging import Method, compare
    from dataferry.judging.score_files import read_scores
    from dataferry.judging.score_rubric import read_rubric

    if method not in set(Method):
        raise UsageError("judging.option_pair", given=method, form=" | ".join(Method))
    found = read_scores(file, read_rubric(rubric) if rubric is not None else None)
    _refuse_faults(found.blocked, found.findings, file, leave_out=leave_out)
    if not found.scores:
        raise InputError("judging.no_usable_row", file=file.name)
    chosen = Method(method)
    comparison = compare(
        found.scores,
        found.rubric,
        [chosen, *(one for one in Method if one != chosen)],
        line=_lines(lines or [], sorted(set(found.entries.values())), joint=joint),
        ties=ties or (),
        joint=joint,
        entries=found.entries,
    )
    if method in comparison.refused:
        refused = comparison.refused[method]
        raise RefusedError(refused.code, **refused.data)
    ranking = comparison.rankings[method]
    findings = [*found.findings, *ranking.findings]
    value = {
        "file": file.name,
        "ranking": ranking.document(),
        "comparison": comparison.document(),
        "findings": _told(findings),
    }

    def render() -> None:
        tell_ranking(ranking)
        tell_comparison(comparison)
        tell_findings(findings)

    show(value, as_json, render)


def _refuse_faults(blocked: list[Finding], findings: list[Finding], file: Path, *, leave_out: bool) -> None:
    """End here when rows are wrong, unless they may be left out; then they are told as what a person should look at."""
    if not blocked:
        return
    if not leave_out:
        tell_findings(findings)
        raise InputError("judging.file_faulty", file=file.name, count=len(blocked), findings=_told(findings))
    findings[:] = [replace(one, severity="attention") if one in blocked else one for one in findings]


def _told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{**finding.to_json(), "message": finding.text()} for finding in findings]


def _pairs(given: list[str] | None, form: str) -> list[tuple[str, str]]:
    out = []
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError("judging.option_pair", given=text, form=form)
        out.append((name, value))
    return out


def _whole(text: str, form: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise UsageError("judging.option_pair", given=text, form=form)
    return int(text)


def _lines(given: list[str], divisions: list[str], *, joint: bool) -> dict[str, list[int]]:
    """Award lines by group; a bare number holds for every group."""
    lines: dict[str, list[int]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        for group in [name] if equals else [""] if joint else divisions:
            lines.setdefault(group, []).append(_whole(value if equals else text, "HK=8"))
    return lines
