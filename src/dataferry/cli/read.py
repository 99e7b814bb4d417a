"""`dataferry read`: what a file is, what was done to it, and the table that came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from dataferry.cli.output import console, progress, show, word, writing
from dataferry.messages import Finding, UsageError

if TYPE_CHECKING:
    from dataferry.tables import Reading

_ICONS = {
    "note": "[dim]·[/]",
    "repaired": "[green]✓[/]",
    "attention": "[yellow]![/]",
    "irrecoverable": "[red]✗[/]",
    "blocked": "[bold red]■[/]",
}
_MOST_COLUMNS = 60


def register(app: typer.Typer) -> None:
    app.command()(read)


def read(
    file: Annotated[Path, typer.Argument(help="File, or folder of a file geodatabase.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Write the table: .parquet (GeoParquet) or .csv.")] = None,
    crs: Annotated[str | None, typer.Option("--crs", help="Datum of the coordinates, such as EPSG:2326.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Encoding, such as big5hkscs.")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer, sheet or member of an archive.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="Place of the records in JSON or XML.")] = None,
    geometry: Annotated[str | None, typer.Option("--geometry", help="Columns of x and y: lon,lat.")] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="Order of day and month where no value decides.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", help="Zone of times that state none.")] = None,
    missing: Annotated[list[str] | None, typer.Option("--missing", help="Mark for no value: column=-1.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Type of a column: code=string.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Read a messy file into a table and say what was found, repaired and lost."""
    from dataferry.tables import ReadOptions
    from dataferry.tables import read as read_file

    options = ReadOptions(
        crs=crs,
        encoding=encoding,
        layer=layer,
        path=path,
        geometry=_pair(geometry),
        day_first=day_first,
        time_zone=time_zone,
        missing={name: tuple(marks) for name, marks in _gathered(missing or []).items()},
        types={name: kinds[-1] for name, kinds in _gathered(types or []).items()},
    )
    _check_out(out)
    with progress(file.name) as step:
        reading = read_file(file, options)
        if out is not None:
            step(out.name, None)
            with writing(out):
                _write(reading, out)
    value = reading.report.to_json() | {"rows_in_table": reading.table.num_rows, "out": str(out) if out else None}
    value["findings"] = [finding.to_json() | {"message": finding.text()} for finding in reading.report.findings]
    show(value, as_json, lambda: _render(reading, out))


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    x, comma, y = (part.strip() for part in text.partition(","))
    if not (x and comma and y):
        raise UsageError("tables.geometry_usage", given=text)
    return x, y


def _gathered(pairs: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError("tables.pair_usage", given=pair)
        found.setdefault(name, []).append(value)
    return found


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    if out.suffix.lower() not in (".parquet", ".geoparquet", ".csv"):
        raise UsageError("tables.out_usage", given=out.name)
    if not out.parent.is_dir():
        raise UsageError("geo.no_folder", file=str(out))


def _write(reading: Reading, out: Path) -> None:
    from dataferry.tables import write_csv
    from dataferry.tables.geoparquet import write_geoparquet

    if out.suffix.lower() == ".csv":
        count = write_csv(reading.table, out)
        if count:
            reading.report.note(Finding("tables.written_neutralised", "note", {"count": count}))
    else:
        write_geoparquet(reading.table, out)


def _render(reading: Reading, out: Path | None) -> None:
    report = reading.report
    console.print(f"[bold]{escape(report.file)}[/]  {report.bytes:,} B  sha256:{report.sha256[:16]}…")
    console.print(_detected(report.to_json()))
    console.print(_ledger(report.to_json()["rows"]))
    console.print(_columns(report.columns))
    for finding in report.findings:
        console.print(f"{_ICONS[finding.severity]} [dim]{finding.code}[/] {escape(finding.text())}")
    if out is not None:
        console.print(f"[green]→[/] {escape(str(out))}")


def _detected(report: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name in ("format", "encoding", "crs"):
        found = report[name]
        value = escape(found["value"]) if found else f"[dim]{word('unknown')}[/]" if name == "crs" else "[dim]-[/]"
        table.add_row(
            word(name), f"[bold]{value}[/]", *((word(found["basis"]), escape(found["evidence"])) if found else ("", ""))
        )
    if report["layer"]:
        table.add_row(
            word("layer"), f"[bold]{escape(report['layer'])}[/]", "", escape(", ".join(report["other_layers"])[:200])
        )
    return table


def _ledger(rows: dict[str, int]) -> str:
    parts = [f"{word(name)} {count:,}" for name, count in rows.items() if count and name != "read"]
    return f"{word('rows_read')} [bold]{rows['read']:,}[/] = " + (" + ".join(parts) or "0")


def _columns(columns: list[Any]) -> Table:
    headings = ("column", "type", "missing", "flagged", "bounds", "unreadable", "formats")
    table = Table(*map(word, headings), box=None, padding=(0, 2, 0, 0))
    for column in columns[:_MOST_COLUMNS]:
        counts = (column.missing, column.flagged, column.censored, column.unreadable)
        formats = ", ".join(f"{label} {count:,}" for label, count in column.formats.items())
        shown = [f"{count:,}" if count else "" for count in counts]
        table.add_row(escape(column.name), column.type, *shown, escape(formats))
    if len(columns) > _MOST_COLUMNS:
        table.add_row("… " + word("more_columns", count=len(columns) - _MOST_COLUMNS))
    return table
