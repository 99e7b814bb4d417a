"""`dataferry convert`, `dataferry datum` and `dataferry audit`: where a point really is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dataferry.cli.output import console, show, word, writing
from dataferry.messages import Finding, UsageError

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
XColumn = Annotated[str | None, typer.Option("--x", help="Column of longitude or easting.")]
YColumn = Annotated[str | None, typer.Option("--y", help="Column of latitude or northing.")]
File = Annotated[Path, typer.Argument(help="Any file that `dataferry read` reads.", show_default=False)]


def register(app: typer.Typer) -> None:
    # A longitude west of Greenwich starts with a minus sign and is no option.
    app.command(context_settings={"ignore_unknown_options": True})(convert)
    app.command()(datum)
    app.command()(audit)


def convert(
    places: Annotated[list[str], typer.Argument(metavar="LON LAT | FILE", help="A point, east first, or a file.")],
    source: Annotated[str, typer.Option("--from", help="CRS of the input, such as EPSG:2326 or DATAFERRY:GCJ02.")],
    target: Annotated[str, typer.Option("--to", help="CRS wanted.")],
    x: XColumn = None,
    y: YColumn = None,
    out: Annotated[Path | None, typer.Option("--out", help="Result: .parquet, .csv or .geojson.")] = None,
    as_json: Json = False,
) -> None:
    """Convert a point, or the coordinates of a file, from one CRS to another.

    The CRS that you declare is believed, wherever the point is. A conversion that PROJ could only guess is refused.
    """
    if len(places) == 2 and out is None:
        _convert_point(places[0], places[1], source, target, as_json)
    elif len(places) == 1 and out is not None:
        _convert_file(Path(places[0]), out, source, target, _pair(x, y), as_json)
    else:
        raise UsageError("geo.convert_usage", given=" ".join(places))


def _convert_point(first: str, second: str, source: str, target: str, as_json: bool) -> None:
    from dataferry import geo

    x, y = (float(number) for number in geo.read_degrees([first, second]))
    for text, number in ((first, x), (second, y)):
        if math.isnan(number):
            raise UsageError("geo.not_a_number", text=text)
    source, target = geo.canonical_crs(source), geo.canonical_crs(target)
    point = geo.convert(x, y, source, target)
    if point.flagged:
        raise UsageError("geo.point_not_converted", x=first, y=second, source=source, target=target)
    path = geo.route(source, target)
    value: dict[str, Any] = {"x": float(point.x), "y": float(point.y), "crs": target, **path.to_json()}
    decimals = 9 if geo.in_degrees(target) else 3
    show(value, as_json, lambda: typer.echo(f"{float(point.x):.{decimals}f} {float(point.y):.{decimals}f}"))


def _convert_file(file: Path, out: Path, source: str, target: str, pair: tuple[str, str] | None, as_json: bool) -> None:
    from dataferry import geo
    from dataferry.cli import geo_tables

    source, target = geo.canonical_crs(source), geo.canonical_crs(target)
    path = geo.route(source, target)
    if file.exists() and out.exists() and file.samefile(out):
        raise UsageError("geo.overwrites_input", file=str(out))
    reading = geo_tables.read_file(file, None if pair else source)
    table, failed = geo_tables.converted_table(reading, file, source, target, pair)
    with writing(out):
        geo_tables.write_table(table, out, target)
    value = {"file": file.name, "out": str(out), "rows": table.num_rows, "not_converted": failed, **path.to_json()}

    def render() -> None:
        console.print(f"{out}: {table.num_rows:,} rows, {source} → {target}", markup=False, soft_wrap=True)
        if failed:
            _say(Finding("geo.rows_not_converted", "attention", {"count": failed, "rows": table.num_rows}))

    show(value, as_json, render)


def datum(
    file: File,
    x: XColumn = None,
    y: YColumn = None,
    against: Annotated[Path | None, typer.Option(help="File with the outlines of districts.")] = None,
    match: Annotated[str | None, typer.Option(help="Column of FILE that states the district.")] = None,
    name: Annotated[str | None, typer.Option(help="Column of the outlines with its name; found when left out.")] = None,
    boundary_crs: Annotated[str | None, typer.Option(help="CRS of the outlines; tried when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Find the datum of a file by evidence: which reading puts the points where they say they are?

    It only advises. It is strongest with --against and --match. Without them a second pair of coordinates in the
    file is used, or the range of the numbers, which often cannot tell.
    """
    from dataferry import geo
    from dataferry.cli import geo_tables

    if (against is None) != (match is None):
        raise UsageError("geo.against_needs_match")
    reading = geo_tables.read_file(file)
    first, second = _statements(reading, file, _pair(x, y))
    if against is not None and match is not None:
        stated = geo_tables.texts_of(reading, file, match)
        outlines = geo_tables.boundaries_of(geo_tables.read_file(against), against, stated, match, name, boundary_crs)
        found = geo.detect_datum(first.x, first.y, stated=stated, boundaries=outlines)
        second = None
    else:
        found = geo.detect_datum(first.x, first.y, other=None if second is None else (second.x, second.y))
    columns = {"columns": first.columns, "held_against": None if second is None else second.columns}
    show({"file": file.name, **columns, **found.to_json()}, as_json, lambda: _render_trials(found))


def _statements(reading: Any, file: Path, pair: tuple[str, str] | None) -> tuple[Any, Any]:
    """The places to test, and a second statement of them where the file has one."""
    from dataferry import geo
    from dataferry.cli import geo_tables

    geometry = geo_tables.geometry_name(reading)
    pairs = geo.find_coordinate_columns(reading.table.column_names).pairs()
    found = [geo_tables.points_of(reading, geometry)] if geometry and pair is None else []
    found += [geo_tables.places_of(reading, file, other) for other in ([pair] if pair else []) + pairs if other != pair]
    if pair:
        found.insert(0, geo_tables.places_of(reading, file, pair))
    if not found:
        geo_tables.places_of(reading, file, None)
    # Readers make a geometry out of such columns: held against itself it would prove anything.
    others = [places for places in found[1:] if not places.same_numbers(found[0])]
    return found[0], others[0] if others else None


def _render_trials(found: Any) -> None:
    table = Table(box=None, pad_edge=False)
    for heading, justify in (("hypothesis", "left"), ("against", "left"), ("fits", "right"), ("share", "right")):
        table.add_column(word(heading), justify=justify)  # type: ignore[arg-type]
    table.add_column(word("behind"), justify="right")
    table.add_column(word("by_chance"), justify="right")
    for trial in found.trials[:12]:
        behind, chance = (f"{trial.lead:,}", f"{trial.chance:.2g}") if trial is not found.trials[0] else ("—", "—")
        hypothesis, held = trial.hypothesis.name(), trial.hypothesis.against_name()
        table.add_row(hypothesis, held, f"{trial.fits:,}", f"{trial.share:.1%}", behind, chance)
    if found.trials:
        console.print(table)
    for finding in found.findings:
        _say(finding)


def audit(
    file: File,
    easting: Annotated[str | None, typer.Option(help="Column of eastings.")] = None,
    northing: Annotated[str | None, typer.Option(help="Column of northings.")] = None,
    x: XColumn = None,
    y: YColumn = None,
    grid: Annotated[str, typer.Option(help="CRS of easting and northing.")] = "EPSG:2326",
    crs: Annotated[str, typer.Option(help="CRS of the other pair, or of the geometry.")] = "EPSG:4326",
    worst: Annotated[int, typer.Option(min=0, help="How many of the worst rows to show.")] = 10,
    as_json: Json = False,
) -> None:
    """Compare two coordinates stated in each row, such as HK1980 grid and WGS84, and show the worst rows.

    Columns are found by their names when left out; a geometry column is the second statement where there is one.
    """
    from dataferry import geo
    from dataferry.cli import geo_tables

    reading = geo_tables.read_file(file)
    columns = geo.find_coordinate_columns(reading.table.column_names)
    projected = _pair(easting, northing, "--easting --northing") or columns.projected or columns.unnamed
    geographic, geometry = _pair(x, y) or columns.geographic, geo_tables.geometry_name(reading)
    first = geo_tables.places_of(reading, file, projected)
    if geometry and x is None:
        second = geo_tables.points_of(reading, geometry)
    else:
        second = geo_tables.places_of(reading, file, geographic)
    found = geo.audit_coordinates((first.x, first.y), grid, (second.x, second.y), crs, worst)
    value = {"file": file.name, "first": first.columns, "second": second.columns, **found.to_json()}
    show(value, as_json, lambda: _render_audit(found, first, second))


def _render_audit(found: Any, first: Any, second: Any) -> None:
    if found.compared:
        beyond = ", ".join(f"> {band:,} m: {count:,}" for band, count in found.beyond.items())
        console.print(f"{first.columns} ({found.first_crs})  ↔  {second.columns} ({found.second_crs})", markup=False)
        median = f"{found.median_m:.3f}"
        console.print(word("compared", rows=found.compared, median=median, beyond=beyond), soft_wrap=True)
    if found.worst:
        table = Table(box=None, pad_edge=False)
        for heading in (word("row"), word("metres_apart"), first.columns, second.columns):
            table.add_column(heading, justify="right")
        for row in found.worst:
            one, two = (f"{place.x[row]:.10g} {place.y[row]:.10g}" for place in (first, second))
            table.add_row(f"{row + 1:,}", f"{found.distance_m[row]:,.3f}", one, two)
        console.print(table)
    for finding in found.findings:
        _say(finding)


def _say(finding: Finding) -> None:
    mark = {"note": "[green]✓[/]", "attention": "[yellow]![/]"}.get(finding.severity, "[red]✗[/]")
    console.print(mark, end=" ")
    console.print(finding.text(), markup=False, soft_wrap=True)


def _pair(x: str | None, y: str | None, options: str = "--x --y") -> tuple[str, str] | None:
    if (x is None) != (y is None):
        raise UsageError("geo.half_a_pair", options=options)
    return None if x is None or y is None else (x, y)
