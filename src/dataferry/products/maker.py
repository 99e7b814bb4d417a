"""A product made: inputs read, recipe run in the sandbox, answer conformed, evidence gathered. Writes no release."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from dataferry.geo import canonical_crs
from dataferry.messages import Finding, State
from dataferry.privacy import judge
from dataferry.products.conform import MAX_ROWS_NAMED, conform
from dataferry.products.deidentified import PrivacyEvidence, make_less_personal, recipe_columns, through_steps
from dataferry.products.dependencies import load_with_upstreams
from dataferry.products.digest import table_digest
from dataferry.products.evidence import datum_evidence, source_evidence
from dataferry.products.figures import compute_figures
from dataferry.products.inputs import Preparation, Prepared, Upstream
from dataferry.products.licence import LicenceVerdict, judge_licences
from dataferry.products.lineage import Lineage, trace_lineage
from dataferry.products.load import Product
from dataferry.products.manifest import Limits, Manifest
from dataferry.products.quality import Outcome, check_quality
from dataferry.products.sandbox import RecipeRun, SandboxLimits, run_recipe
from dataferry.tables import SnapshotStore, geometry_columns, read_geoparquet

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class BuildOptions:
    """How to build.

    Args:
        store: where snapshots of datasets are.
        data_roots: folders beside the product's own that its files may lie in.
        product_roots: folders that upstream products may lie in (without any: the folder that the product lies in).
        limits: the most that a recipe may ask for; its own limits hold where they are lower.
        unsafe_local: run the recipe without a sandbox where the machine has none. For one's own recipes only.
        keep_same: leave an existing release alone when nothing of it would change.
        cancelled: asked often while the recipe runs; true ends the build.
    """

    store: SnapshotStore | None = None
    data_roots: tuple[Path, ...] = ()
    product_roots: tuple[Path, ...] = ()
    limits: Limits | None = None
    unsafe_local: bool = False
    keep_same: bool = True
    cancelled: Callable[[], bool] | None = None
    runner: Callable[..., RecipeRun] = field(default=run_recipe, repr=False)


@dataclass(frozen=True)
class Made:
    """A product made, with everything that can be said about it."""

    product: Product
    table: pa.Table
    crs: str | None
    digest: str
    inputs: tuple[Prepared, ...]
    lineage: Lineage
    outcomes: tuple[Outcome, ...]
    verdict: LicenceVerdict
    datum: tuple[State, tuple[Finding, ...]]
    source: State
    privacy: PrivacyEvidence
    figures: Mapping[str, Any]
    notes: tuple[Finding, ...]
    run: Mapping[str, Any]

    @property
    def synthetic(self) -> bool:
        return any(item.synthetic for item in self.inputs)


def _quiet(_what: str, _share: float | None = None) -> None:
    """Nobody is watching."""


def make(folder: Path, work: Path, options: BuildOptions | None = None, progress: Progress | None = None) -> Made:
    """Make the product in `folder`; `work` is an empty folder that the caller removes.

    Raises:
        DataferryError: anything that stops the build; nothing is left behind outside `work`.
    """
    options = options or BuildOptions()
    products = load_with_upstreams(folder, options.product_roots)
    return _Maker(products, work, options, progress or _quiet).make(folder.resolve())


def prepare_inputs(folder: Path, work: Path, options: BuildOptions) -> list[Prepared]:
    """Read the inputs of the product in `folder` without running its recipe; products it stands on are made."""
    products = load_with_upstreams(folder, options.product_roots)
    own = work / "inputs"
    own.mkdir()
    maker = _Maker(products, work, options, _quiet)
    return maker.prepare(products[folder.resolve()], own)


class _Maker:
    """Makes a product after the products that it stands on; each is made once."""

    def __init__(self, products: Mapping[Path, Product], work: Path, options: BuildOptions, progress: Progress) -> None:
        self.products = products
        self.work = work
        self.options = options
        self.progress = progress
        self.made: dict[Path, Made] = {}

    def make(self, folder: Path) -> Made:
        if folder not in self.made:
            work = self.work / f"{len(self.made)}-{self.products[folder].name}"
            work.mkdir()
            self.made[folder] = self._make(self.products[folder], work)
        return self.made[folder]

    def upstream(self, folder: Path) -> Upstream:
        made = self.make(folder.resolve())
        manifest = made.product.manifest
        return Upstream(
            name=manifest.name,
            version=manifest.version,
            digest=made.digest,
            title=manifest.title.to_json(),
            licence=manifest.licence,
            synthetic=made.synthetic,
            table=made.table,
            terms=tuple(term for item in made.inputs for term in item.terms()),
            datum=made.datum[0],
            lineage=made.lineage.to_json(),
        )

    def _make(self, product: Product, work: Path) -> Made:
        started, clock = datetime.now(UTC), time.monotonic()
        inputs = self.prepare(product, work)
        run = self._run(product, inputs, work)
        self.progress(f"{product.name}: evidence", 0.7)
        manifest = _settled(product.manifest)
        crs = manifest.output.crs
        answer, before, steps = make_less_personal(read_geoparquet(run.output), manifest.deidentify, crs)
        table, notes = conform(answer, manifest)
        lineage = lineage_of_inputs(product, inputs)
        return Made(
            product=replace(product, manifest=manifest),
            table=table,
            crs=crs,
            digest=table_digest(table, manifest.output.columns, manifest.output.key, crs),
            inputs=tuple(inputs),
            lineage=lineage,
            outcomes=tuple(check_quality(table, manifest.quality)),
            verdict=judge_licences([term for item in inputs for term in item.terms()], manifest.licence),
            datum=datum_evidence(inputs, lineage),
            source=source_evidence(inputs),
            privacy=PrivacyEvidence(judge(table, crs=crs), before, steps),
            figures=compute_figures(table, manifest),
            notes=(*notes, *lineage.findings, *_shape_of_things(table)),
            run=_run_evidence(run, started, time.monotonic() - clock),
        )

    def prepare(self, product: Product, work: Path) -> list[Prepared]:
        """The inputs of a product, each read once, in `work`."""
        preparation = Preparation(product, work, self.options.data_roots, self.options.store, self.upstream)
        prepared = []
        for position, name in enumerate(product.manifest.inputs):
            self.progress(f"{product.name}: reading {name}", 0.4 * position / len(product.manifest.inputs))
            prepared.append(preparation.prepare(name))
        return prepared

    def _run(self, product: Product, inputs: list[Prepared], work: Path) -> RecipeRun:
        manifest = product.manifest
        self.progress(f"{product.name}: running the recipe", 0.4)
        return self.options.runner(
            product.sql,
            {item.name: item.path for item in inputs},
            limits=_limits(manifest, self.options.limits),
            instant=manifest.build.instant,
            seed=manifest.build.seed,
            unsafe_local=self.options.unsafe_local,
            cancelled=self.options.cancelled,
            output=work / "recipe-output.parquet",
        )


def _settled(manifest: Manifest) -> Manifest:
    """The manifest with the id of its CRS in one spelling, and its geometry column named."""
    output = manifest.output
    shape = next((column.name for column in output.columns if column.type == "geometry"), None)
    crs = None if output.crs is None else canonical_crs(output.crs)
    return manifest.model_copy(update={"output": output.model_copy(update={"crs": crs, "geometry": shape})})


def _limits(manifest: Manifest, most: Limits | None) -> SandboxLimits:
    own, most = manifest.limits, most or manifest.limits
    return SandboxLimits(
        memory_mib=min(own.memory_mib, most.memory_mib),
        cpu_seconds=min(own.cpu_seconds, most.cpu_seconds),
        wall_seconds=float(min(own.wall_seconds, most.wall_seconds)),
        rows=min(own.rows, most.rows),
    )


def lineage_of_inputs(product: Product, inputs: Sequence[Prepared]) -> Lineage:
    """The lineage of a recipe over the inputs as they were read."""
    crs = {(item.name, column): found for item in inputs for column, found in item.geometry_crs.items()}
    schemas = {item.name: item.schema for item in inputs}
    traced = trace_lineage(product.sql, schemas, recipe_columns(product.manifest), crs)
    return through_steps(traced, product.manifest)


def _shape_of_things(table: pa.Table) -> list[Finding]:
    """What a person should look at whatever was expected: no rows, and geometries that no tool can rely on."""
    found = [Finding("products.no_rows", "attention", {})] if table.num_rows == 0 else []
    for column in geometry_columns(table.schema):
        shapes = shapely.from_wkb(table[column].to_numpy())
        rows = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)) + 1
        if len(rows):
            reason = str(shapely.is_valid_reason(shapes[rows[0] - 1]))
            data = {"column": column, "count": len(rows), "rows": rows[:MAX_ROWS_NAMED].tolist(), "reason": reason}
            found.append(Finding("products.invalid_shapes", "attention", data))
    return found


def _run_evidence(run: RecipeRun, started: datetime, seconds: float) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "dataferry": version("dataferry"),
        "engine": f"sedonadb {version('sedonadb')}",
        "sandbox": run.sandbox,
        "seconds": round(seconds, 3),
        "recipe_seconds": round(run.seconds, 3),
        "peak_bytes": run.peak_bytes,
        "started_at": started.isoformat().replace("+00:00", "Z"),
    }
