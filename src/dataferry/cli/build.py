"""`dataferry new`, `build`, `verify` and `lineage`: a product from an empty folder to a checked release."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dataferry.cli.output import console, progress, show
from dataferry.messages import Finding, MissingError, current_language, say

if TYPE_CHECKING:
    from dataferry.products import Release
    from dataferry.tables import SnapshotStore

_STYLES = {"clear": "green", "attention": "yellow", "blocked": "red", "unknown": "magenta"}
_MARKS = {"clear": "✓", "attention": "!", "blocked": "✗", "unknown": "?"}
_SEVERITY_STYLES = {"blocked": "red", "irrecoverable": "red", "attention": "yellow"}
_MOST_FINDINGS = 12

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds product.yaml.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("new")(new)
    app.command("build")(build)
    app.command("verify")(verify)
    app.command("lineage")(lineage)


def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="The new folder; its name becomes the product's name.")],
    files: Annotated[list[Path] | None, typer.Option("--from", help="A file to read; may be given again.")] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="The datum of the files, where they do not state it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Start a product folder that builds at once."""
    from dataferry.products import new_product

    folder = new_product(name, files or [], crs)
    value = {
        "folder": str(folder),
        "files": sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()),
    }

    def render() -> None:
        console.print(f"[green]✓[/] {escape(str(folder))}")
        for file in value["files"]:
            console.print(f"  {escape(str(file))}")
        console.print(_say("next_new", folder=str(folder)))

    show(value, as_json, render)


def build(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", help="The release folder (default: DIR/release).")] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", help="The snapshot store: a folder or an address (default: DATAFERRY_HOME)."),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="A folder outside DIR that input files may lie in.")
    ] = None,
    unsafe_local: Annotated[
        bool, typer.Option("--unsafe-local", help="Run the recipe without a sandbox. For your own recipes only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build a product into a release with its evidence."""
    from dataferry.products import BuildOptions
    from dataferry.products import build as build_product

    options = BuildOptions(store=local_store(store), data_roots=tuple(data or ()), unsafe_local=unsafe_local)
    with progress(str(folder)) as step:
        release = build_product(folder, out, options, step)
    value = {"folder": str(release.folder), **release.to_json()}
    show(value, as_json, lambda: _summary(release))


def verify(
    folder: Annotated[Path, typer.Argument(metavar="RELEASE_DIR", help="The folder that holds release.json.")],
    as_json: Json = False,
) -> None:
    """Check a release: every file's sha256, and the digest computed anew from its data."""
    from dataferry.products import Release

    release = Release.load(folder, check=False)
    files = dict(release.check_files())
    digest = release.recompute_digest() if files.get("data.parquet") else None
    right = digest == release.digest and all(files.values())
    value = {"folder": str(folder), "right": right, "digest": release.digest, "recomputed": digest, "files": files}

    def render() -> None:
        for name, same in files.items():
            console.print(f"[{'green' if same else 'red'}]{'✓' if same else '✗'}[/] {escape(name)}")
        same = digest == release.digest
        console.print(f"[{'green' if same else 'red'}]{'✓' if same else '✗'}[/] {release.digest}")
        console.print(_say("verified") if right else _say("not_verified"))

    show(value, as_json, render)
    if not right:
        raise typer.Exit(3)


def lineage(folder: Folder, as_json: Json = False) -> None:
    """Show which input columns every output column comes from. Reads the inputs; runs nothing."""
    from dataferry.products.preview import lineage_of

    value = lineage_of(folder)

    def render() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("lineage_column", "lineage_through", "lineage_from"):
            table.add_column(_say(heading))
        for column in value["columns"]:
            origins = ", ".join(f"{origin['input']}.{origin['column']}" for origin in column["from"])
            table.add_row(escape(column["column"]), escape(" ← ".join(column["through"])), escape(origins) or "–")
        console.print(table)
        for item in value["conversions"]:
            console.print(Text(Finding("products.datum_converted", "note", item).text()))

    show(value, as_json, render)


def local_store(place: str | None) -> SnapshotStore | None:
    """The named store, or the one of DATAFERRY_HOME when there is one."""
    from dataferry.tables import SnapshotStore

    if place is not None:
        if "://" not in place and not place.startswith("memory:") and not Path(place).is_dir():
            raise MissingError("products.no_such_store", store=place)
        return SnapshotStore(place)
    home = Path(os.environ.get("DATAFERRY_HOME", "var")) / "snapshots"
    return SnapshotStore(str(home)) if home.is_dir() else None


def _say(name: str, **data: Any) -> Text:
    return Text(say(f"products.cli_{name}", data))


def _summary(release: Release) -> None:
    """What was built, in a few lines: sentence, size, evidence strip, what stands against it, what to do next."""
    language = current_language()
    value = release.to_json()
    console.print()
    console.print(Text(value["title"][language], style="bold"), Text(f"{release.name} {release.version}", style="dim"))
    if value["summary"][language]:
        console.print(Text(value["summary"][language]))
    console.print(_strip(value["evidence"]))
    rows, columns = release.output.rows, len(release.output.columns)
    console.print(
        _say("size", rows=rows, columns=columns, sandbox=release.run["sandbox"], seconds=release.run["seconds"])
    )
    console.print(Text(release.digest, style="dim"))
    grave = [item for item in value["findings"] if item["severity"] in _SEVERITY_STYLES]
    for item in grave[:_MOST_FINDINGS]:
        console.print(Text("• ", style=_SEVERITY_STYLES[item["severity"]]) + Text(Finding.from_json(item).text()))
    if len(grave) > _MOST_FINDINGS:
        console.print(_say("more_findings", count=len(grave) - _MOST_FINDINGS))
    console.print(_say("next_build", report=str(release.folder / "report.html"), folder=str(release.folder)))


def _strip(evidence: Mapping[str, str]) -> Text:
    """The evidence strip: a mark, a colour and a word for each chip."""
    strip = Text()
    for name, state in evidence.items():
        label = say(f"products.report_chip_{name}", {})
        word = say(f"products.report_state_{state}", {})
        strip.append(f"{_MARKS[state]} ", style=f"bold {_STYLES[state]}")
        strip.append(f"{label}: {word}   ", style=_STYLES[state])
    return strip
