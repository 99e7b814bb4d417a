"""A recipe tried before it is built: on the first rows of every input, in the same sandbox, with tight limits."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from dataferry.messages import DataferryError, InputError, MissingError, UnavailableError
from dataferry.server import people
from dataferry.server.catalogue.models import Snapshot
from dataferry.server.catalogue.read_options import to_read_options
from dataferry.server.catalogue.store import snapshot_store, table_of
from dataferry.server.workshop import attaching, checks
from dataferry.server.workshop.checks import SQL_FILE, YAML_FILE, Problem, problem_of
from dataferry.server.workshop.models import Draft, Release
from dataferry.server.workshop.pace import spend
from dataferry.server.workshop.tried import Explanation, ReadTable, Sample, Trial, TriedColumn

if TYPE_CHECKING:
    import pyarrow as pa

    from dataferry.products.manifest import Manifest
    from dataferry.products.yaml_file import Document

SAMPLE_ROWS = 5_000
SHOWN_ROWS = 50
LONGEST_CELL = 300
AT_ONCE = 2
WAIT_SECONDS = 5.0
LIMITS: dict[str, Any] = {
    "memory_mib": 1024,
    "cpu_seconds": 10,
    "wall_seconds": 15.0,
    "rows": 100_000,
    "result_mib": 64,
}
_UNSAID = datetime(2026, 1, 1, tzinfo=UTC)
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass
class _Stage:
    """The texts of a trial as far as they can be read, and the tables of its inputs."""

    recipe: str
    document: Document | None = None
    manifest: Manifest | None = None
    problems: list[Problem] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    used: frozenset[str] = frozenset()


def preview_draft(user: Any, draft: Draft, recipe: str | None = None, manifest: str | None = None) -> Trial:
    """Run a recipe on the first rows of its inputs and show the first rows of its answer.

    Args:
        recipe, manifest: texts that are not saved yet; without them, the saved ones.

    Returns:
        the rows, or the problems that kept it from running, each at its line.

    Raises:
        RefusedError: not this person's to try. LimitError: too many trials in a minute (429).
        UnavailableError: too many people try at once, or nothing here can confine a recipe.
    """
    with _stage(user, draft, recipe, manifest) as stage:
        if stage.problems:
            return Trial(ran=False, problems=stage.problems)
        with tempfile.TemporaryDirectory(prefix="trial-", dir=_work()) as folder:
            samples = [_sample(name, stage, Path(folder)) for name in sorted(stage.used)]
            with _turn():
                return _run(stage, samples, Path(folder))


def explain_draft(user: Any, draft: Draft, recipe: str | None = None, manifest: str | None = None) -> Explanation:
    """Say how a recipe would be run, without running it; raises as `preview_draft`."""
    with _stage(user, draft, recipe, manifest) as stage:
        if stage.problems:
            return Explanation(problems=stage.problems)
        return _explained(stage)


def _work() -> Path:
    work = Path(settings.HOME) / "work"
    work.mkdir(parents=True, exist_ok=True)
    return work


@contextmanager
def _turn() -> Iterator[None]:
    """Few trials at once in one process: each is a process of its own with a gibibyte to use."""
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError("server.workshop.busy", retry=True)
    try:
        yield
    finally:
        _turns.release()


@contextmanager
def _stage(user: Any, draft: Draft, recipe: str | None, manifest: str | None) -> Iterator[_Stage]:
    people.require(user, "workshop.try_draft", draft)
    spend(user, "trial")
    text = draft.manifest if manifest is None else manifest
    stage = _Stage(draft.recipe if recipe is None else recipe)
    with ExitStack() as opened:
        _read_texts(user, draft, text, stage)
        if not stage.problems:
            _open_tables(user, draft, text, stage, opened)
        yield stage


def _read_texts(user: Any, draft: Draft, manifest: str, stage: _Stage) -> None:
    """Problems of product.yaml that leave inputs unknown stop a trial; others are for the build to refuse."""
    from dataferry.products.load import check_manifest
    from dataferry.products.yaml_file import ManifestError, parse_yaml

    try:
        stage.document = parse_yaml(manifest.encode("utf-8", "replace"), YAML_FILE)
        stage.manifest = check_manifest(stage.document)
    except ManifestError as error:
        if stage.document is None:
            stage.problems = [problem_of(each, YAML_FILE) for each in error.problems]
            return
    found = checks.check_draft(user, draft, manifest, stage.recipe)
    inputs = ("server.workshop.input_",)
    stage.problems = [each for each in found if each.file == SQL_FILE or each.code.startswith(inputs)]


def _open_tables(user: Any, draft: Draft, manifest: str, stage: _Stage, opened: ExitStack) -> None:
    import pyarrow as pa

    from dataferry.products.gate import check_statement

    declared = attaching.declared_inputs(manifest) or {}
    statement = check_statement(stage.recipe, {name: pa.schema([]) for name in declared})
    stage.used = statement.tables
    for name in sorted(statement.tables):
        source = checks.source_now(user, draft, name, declared[name])
        path = None if source is None else opened.enter_context(_table(source, stage, name))
        if path is None:
            line = stage.document.line(("inputs", name)) if stage.document else 1
            data = {"input": name, "line": line}
            stage.problems.append(Problem(YAML_FILE, line, 1, "blocked", "server.workshop.input_unread", data))
            continue
        stage.paths[name] = path


@contextmanager
def _table(source: attaching.Source, stage: _Stage, name: str) -> Iterator[Path | None]:
    """The table of an input as GeoParquet; None where these options have read it never before."""
    if isinstance(source, Release):
        path = Path(settings.HOME) / source.folder / "data.parquet"
        if not path.is_file():
            raise MissingError("server.workshop.no_source", name=source.product.slug, version=source.version)
        stage.totals[name] = source.document["output"]["rows"]
        yield path
        return
    if _as_the_catalogue(source, stage, name):
        stage.totals[name] = source.rows
        with table_of(source) as path:
            yield path
        return
    yield from _cached(source, stage, name)


def _as_the_catalogue(snapshot: Snapshot, stage: _Stage, name: str) -> bool:
    """Whether product.yaml has this snapshot read as the catalogue did. A product.yaml that is not right yet decides
    nothing."""
    from dataferry.products.inputs import read_options
    from dataferry.tables.store.table_cache import options_fingerprint

    if stage.manifest is None:
        return True
    wanted = read_options(stage.manifest.inputs[name])
    return options_fingerprint(wanted) == options_fingerprint(to_read_options(snapshot.read_options))


def _cached(snapshot: Snapshot, stage: _Stage, name: str) -> Iterator[Path | None]:
    """The reading that a build left with these options."""
    from dataferry.products.inputs import read_options
    from dataferry.tables import plain_geometry, write_geoparquet

    assert stage.manifest is not None  # noqa: S101 - without one the catalogue's reading stands in
    reading = snapshot_store().table(snapshot.sha256, read_options(stage.manifest.inputs[name]))
    if reading is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="trial-", dir=_work()) as folder:
        path = Path(folder) / "data.parquet"
        write_geoparquet(plain_geometry(reading.table), path)
        stage.totals[name] = reading.table.num_rows
        yield path


def _sample(name: str, stage: _Stage, folder: Path) -> Sample:
    """The first rows of an input in a file of their own, which then stands for it."""
    from dataferry.tables import iter_geoparquet, plain_geometry, write_geoparquet

    first = next(iter_geoparquet(stage.paths[name], SAMPLE_ROWS))
    path = folder / f"{name}.parquet"
    write_geoparquet(plain_geometry(first), path)
    stage.paths[name] = path
    return Sample(name, first.num_rows, stage.totals[name])


def _run(stage: _Stage, samples: Sequence[Sample], folder: Path) -> Trial:
    from dataferry.products.sandbox import SandboxLimits, run_recipe
    from dataferry.products.sql_places import place_of_refusal
    from dataferry.tables import read_geoparquet

    build = stage.manifest.build if stage.manifest is not None else None
    try:
        run = run_recipe(
            stage.recipe,
            {name: stage.paths[name] for name in stage.used},
            limits=SandboxLimits(**LIMITS),
            instant=build.instant if build else _UNSAID,
            seed=build.seed if build else 0,
            output=folder / "answer.parquet",
            first_rows=SHOWN_ROWS + 1,
        )
    except UnavailableError:
        raise
    except DataferryError as error:
        place = place_of_refusal(str(error.data.get("reason", "")), stage.recipe)
        line, column = (place.line, place.column) if place else (1, 1)
        return Trial(ran=False, samples=samples, problems=[problem_of(error, SQL_FILE, line, column)])
    table = read_geoparquet(run.output)
    columns = _columns(table, stage)
    return Trial(
        ran=True,
        columns=columns,
        rows=_rows(table.slice(0, SHOWN_ROWS)),
        samples=samples,
        problems=_against_declaration(table, stage),
        more=table.num_rows > SHOWN_ROWS,
        seconds=round(run.seconds, 2),
    )


def _columns(table: pa.Table, stage: _Stage) -> list[TriedColumn]:
    from dataferry.products.scaffold import column_type
    from dataferry.tables import geometry_columns

    shapes = geometry_columns(table.schema)
    output = stage.manifest.output if stage.manifest is not None else None
    found = []
    for each in table.schema:
        kind = "geometry" if each.name in shapes else column_type(each.type)
        declared = output.column(each.name) if output else None
        found.append(TriedColumn(each.name, kind, declared.type if declared else "", shapes.get(each.name) or ""))
    return found


def _rows(table: pa.Table) -> list[list[Any]]:
    """Values as JSON has them; geometries as short WKT."""
    import shapely

    from dataferry.tables import geometry_columns, plain_geometry

    shapes = geometry_columns(table.schema)
    table = plain_geometry(table)
    columns = []
    for name in table.column_names:
        values = table[name].to_pylist()
        if name in shapes:
            values = [None if each is None else shapely.to_wkt(shapely.from_wkb(each), 6) for each in values]
        columns.append([_plain(each) for each in values])
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _against_declaration(table: pa.Table, stage: _Stage) -> list[Problem]:
    """Where the sample's answer is not what product.yaml declares, at the line of the column."""
    from dataferry.privacy import deidentify
    from dataferry.products.conform import ConformError, conform

    if stage.manifest is None or stage.document is None:
        return []
    names = stage.manifest.output.names()
    try:
        table, _ = deidentify(table, stage.manifest.deidentify, crs=stage.manifest.output.crs)
        conform(table, stage.manifest)
    except ConformError as error:
        found = []
        for each in error.problems:
            named = each.data.get("column")
            path = ("output", "columns", names.index(named)) if named in names else ("output", "columns")
            line = stage.document.line(path)
            found.append(Problem(YAML_FILE, line, 1, "attention", each.code, {**each.data, "line": line}))
        return found
    except InputError as error:
        return [problem_of(error, YAML_FILE, stage.document.line(("output",)))]
    return []


def _explained(stage: _Stage) -> Explanation:
    from sqlglot import exp

    from dataferry.products.deidentified import recipe_columns, through_steps
    from dataferry.products.gate import check_statement
    from dataferry.products.lineage import trace_lineage
    from dataferry.tables import geometry_columns
    from dataferry.tables.engine import schema_of

    schemas = {name: schema_of(path) for name, path in stage.paths.items()}
    statement = check_statement(stage.recipe, schemas)
    shapes = {name: geometry_columns(schema) for name, schema in schemas.items()}
    crs = {(name, column): found for name, each in shapes.items() for column, found in each.items()}
    names = recipe_columns(stage.manifest) if stage.manifest else [n for n in statement.tree.named_selects if n]
    traced = trace_lineage(stage.recipe, schemas, names, crs)
    if stage.manifest is not None:
        traced = through_steps(traced, stage.manifest)
    lineage = traced.to_json()
    origins = {(each["input"], each["column"]) for told in lineage["columns"] for each in told["from"]}
    origins |= {(each["input"], each["column"]) for each in lineage.get("rows") or []}
    mentioned = {each.name for each in statement.tree.find_all(exp.Column)}
    tables = []
    for name, schema in schemas.items():
        read = {column for table, column in origins if table == name} | (mentioned & set(schema.names))
        tables.append(ReadTable(name, stage.totals.get(name), [each for each in schema.names if each in read]))
    return Explanation(
        tables=tables,
        columns=lineage["columns"],
        conversions=lineage.get("conversions") or [],
        functions=sorted(statement.functions),
        sql=statement.tree.sql(pretty=True),
        problems=[problem_of(each, SQL_FILE) for each in traced.findings],
    )
