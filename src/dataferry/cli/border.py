"""`dataferry border`: may this data cross, on which grounds, and which rules are there?"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from dataferry.cli.output import console, show, word
from dataferry.messages import InputError, MissingError, UsageError, current_language

if TYPE_CHECKING:
    from dataferry.border import Decision, Reason, Rule

BOTH_CITIES = timezone(timedelta(hours=8))
"""Hong Kong and Shanghai share their clock: a day without a zone is a day of theirs."""
NOT_YET = 4
_MOST_READ = 1_000_000

border_app = typer.Typer(help="May data cross between the two cities? Dated rules, and what they come to.")


def register(app: typer.Typer) -> None:
    """Add `border` with its commands."""
    border_app.command("facts")(facts)
    border_app.command("decide")(decide)
    border_app.command("rules")(rules)
    app.add_typer(border_app, name="border", no_args_is_help=True)


def facts(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="A release folder, as `dataferry build` leaves it.")
    ],
    sent_from: Annotated[
        str, typer.Option("--from", help="Where the exporter is registered, such as shanghai.")
    ] = "unknown",
    sent_to: Annotated[str, typer.Option("--to", help="Where the recipient is, such as hong-kong.")] = "unknown",
) -> None:
    """Write down what a release tells of a border question, as a file of facts for `border decide`.

    What it does not tell is "unknown", in the same file, for you to state. Nothing unknown ever permits.
    """
    from dataferry.border import Facts
    from dataferry.products import Release
    from dataferry.products.border_facts import facts_of, way

    document = Release.load(release).to_json()
    try:
        known = facts_of(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        # What a build leaves there has its form; what somebody wrote there may have none.
        raise InputError("products.not_a_release", folder=str(release), problem="privacy") from None
    known |= way(sent_from, sent_to)
    Facts.parse(known)
    json.dump(known | {name: "unknown" for name in Facts.model_fields if name not in known}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def decide(
    file: Annotated[Path, typer.Argument(metavar="FACTS", help="The facts, a JSON file; - reads standard input.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The day whose rules decide, YYYY-MM-DD (default: today).")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--rules-version", help="Replay under the rules that an older decision names.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Decide whether data may cross, and say why. Ends with 4 unless it may cross as it is.

    It recommends; a named officer decides. It is no legal advice, and no rule is verified until a person has signed it.
    """
    from dataferry.border import Facts, rule_table
    from dataferry.border import decide as decide_on

    facts = Facts.parse(_read(file))
    decision = decide_on(facts, _day(on), rules=rule_table(version))
    show({**decision.document(), "digest": decision.digest}, as_json, lambda: _tell(decision))
    if not decision.outcome.permits:
        raise typer.Exit(NOT_YET)


def rules(
    on: Annotated[str | None, typer.Option("--on", help="Only rules in force on this day, YYYY-MM-DD.")] = None,
    version: Annotated[
        str | None, typer.Option("--rules-version", help="The rules that an older decision names.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the rules of the border with their dates, sources and signatures."""
    from dataferry.border import rule_table

    table = rule_table(version)
    listed = table.rules if on is None else table.in_force(_day(on))
    value = {"rules_version": table.version, "rules": [_row(rule, table.articles(rule)) for rule in listed]}
    show(value, as_json, lambda: _tell_rules(listed, table.version))


def _tell(decision: Decision) -> None:
    mark = "[green]✓[/]" if decision.outcome.permits else "[bold red]✗[/]"
    told = word(f"border_outcome_{decision.outcome.replace('-', '_')}")
    console.print(f"{mark} [bold]{decision.outcome}[/] · {escape(told)}", soft_wrap=True)
    if decision.at_least is not decision.at_most:
        _line(word("border_between", least=decision.at_least, most=decision.at_most))
    for reason in decision.reasons:
        _tell_reason(reason)
    if decision.decisive:
        _line(word("border_decisive", facts=decision.decisive))
    if decision.options:
        _line(word("border_options", options=decision.options))
    _line(word("border_until", day=decision.valid_until) if decision.valid_until else word("border_no_end"))
    _line(word("border_officer", digest=decision.digest))


def _tell_reason(reason: Reason) -> None:
    language = current_language()
    result = f" [bold]{reason.outcome}[/]" if reason.outcome else ""
    lifted = " " + escape(word("border_lifted", rules=reason.lifted_by)) if reason.lifted_by else ""
    console.print(f"  [bold]{reason.rule}[/]{result}{lifted} {escape(reason.words[language])}", soft_wrap=True)
    since = reason.effective_from.isoformat() if reason.effective_from else "–"
    signed = reason.verified_by["by"] if reason.verified_by else word("border_unverified")
    console.print(
        f"    [dim]{escape(f'{reason.article[language]} · {since} · {reason.mark} · {signed}')}[/]", soft_wrap=True
    )


def _tell_rules(listed: tuple[Rule, ...], version: str) -> None:
    for rule in listed:
        first, last = (day.isoformat() if day else "–" for day in (rule.effective_from, rule.effective_to))
        signed = rule.verified_by["by"] if rule.verified_by else word("border_unverified")
        line = f"{rule.title[current_language()]} · {first} … {last} · {rule.mark} · {signed}"
        console.print(f"[bold]{rule.id:7}[/] {escape(line)}", soft_wrap=True)
    _line(word("border_version", version=version))


def _line(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _row(rule: Rule, article: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "stage": rule.stage,
        "title": dict(rule.title),
        "words": dict(rule.reason),
        "article": dict(article),
        "source": rule.seen,
        "url": rule.url,
        "mark": rule.mark,
        "mark_note": rule.mark_note,
        "when": rule.when,
        "clauses": [
            {"when": clause.text, "outcome": str(clause.outcome), "lifts": list(clause.lifts)}
            for clause in rule.clauses
        ],
        "effective_from": rule.effective_from and rule.effective_from.isoformat(),
        "effective_to": rule.effective_to and rule.effective_to.isoformat(),
        "digest": rule.digest,
        "verified_by": rule.verified_by and dict(rule.verified_by),
    }


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).astimezone(BOTH_CITIES).date()
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("cli.border_no_day", value=text) from error


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(_MOST_READ)
        with file.open("rb") as opened:
            return opened.read(_MOST_READ)
    except OSError as error:
        raise MissingError("cli.border_unread", file=str(file), problem=error.strerror) from error
