"""Every input of a product as a GeoParquet file for the sandbox, with where it came from and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataferry.geo import canonical_crs
from dataferry.messages import LANGUAGES, DataferryError, InputError, MissingError, State
from dataferry.products.licence import InputTerms
from dataferry.products.load import Product, inside
from dataferry.products.manifest import Input
from dataferry.tables import (
    Reading,
    ReadOptions,
    SnapshotStore,
    geometry_columns,
    plain_geometry,
    read,
    write_geoparquet,
)


@dataclass(frozen=True)
class Upstream:
    """Another product as an input: its built table and what its evidence says."""

    name: str
    version: str
    digest: str
    title: Mapping[str, str]
    licence: str
    synthetic: bool
    table: pa.Table
    terms: tuple[InputTerms, ...]
    datum: State
    lineage: Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """One input, ready for the sandbox."""

    name: str
    spec: Input
    path: Path
    schema: pa.Schema
    rows: int
    bytes: int
    snapshot: str
    file: str
    read_report: Mapping[str, Any]
    upstream: Upstream | None = None
    columns: tuple[str, ...] = field(default_factory=tuple)

    @property
    def geometry_crs(self) -> dict[str, str | None]:
        """CRS id of every geometry column; `None` where the datum is unknown."""
        return geometry_columns(self.schema)

    @property
    def licence(self) -> str:
        return self.upstream.licence if self.upstream and self.spec.licence == "unknown" else self.spec.licence

    @property
    def synthetic(self) -> bool:
        return self.spec.synthetic or bool(self.upstream and self.upstream.synthetic)

    def terms(self) -> list[InputTerms]:
        """The terms of this input, and of everything that an upstream product was made of."""
        own = InputTerms(self.name, self.licence, self.spec.attribution)
        if self.upstream is None:
            return [own]
        credit = "; ".join(dict.fromkeys(term.attribution for term in self.upstream.terms if term.attribution))
        whole = InputTerms(self.name, self.licence, self.spec.attribution or credit or None)
        below = (InputTerms(f"{self.name}/{term.name}", term.licence, term.attribution) for term in self.upstream.terms)
        return [whole, *below]

    def to_json(self) -> dict[str, Any]:
        title = self.spec.title.to_json() if self.spec.title else None
        if title is None:
            title = dict(self.upstream.title) if self.upstream else dict.fromkeys(LANGUAGES, self.name)
        crs = next((found for found in self.geometry_crs.values() if found), None)
        value = {
            "name": self.name,
            "title": title,
            "publisher": self.spec.publisher or "",
            "city": self.spec.city,
            "licence": self.licence,
            "source": self.spec.source or "",
            "attribution": self.spec.attribution or "",
            "synthetic": self.synthetic,
            "crs": crs or self.spec.crs,
            "snapshot": self.snapshot,
            "dataset": self.spec.dataset,
            "bytes": self.bytes,
            "rows": self.rows,
            "columns": list(self.columns),
            "file": self.file,
            "read_report": dict(self.read_report),
            "product": None,
        }
        if self.upstream is not None:
            above = self.upstream
            value["product"] = {
                "name": above.name,
                "version": above.version,
                "digest": above.digest,
                "lineage": dict(above.lineage),
            }
        return value


def read_options(spec: Input) -> ReadOptions:
    """What product.yaml declares about an input, as options of a reading."""
    reading = spec.read
    return ReadOptions(
        crs=None if spec.crs is None else canonical_crs(spec.crs),
        encoding=reading.encoding,
        layer=reading.layer,
        path=reading.path,
        geometry=reading.geometry,
        day_first=reading.day_first,
        missing={name: tuple(values) for name, values in reading.missing.items()},
        types=dict(reading.types),
        time_zone=reading.time_zone,
    )


@dataclass(frozen=True)
class Preparation:
    """Where inputs may come from, and where their GeoParquet goes."""

    product: Product
    work: Path
    data_roots: tuple[Path, ...]
    store: SnapshotStore | None
    build_product: Callable[[Path], Upstream]

    def prepare(self, name: str) -> Prepared:
        """Prepare one input.

        Raises:
            InputError: it cannot be read; the message names the input.
            MissingError: no such file or snapshot.
            RefusedError: the file lies outside the product's folder and the data roots.
        """
        spec = self.product.manifest.inputs[name]
        if spec.product is not None:
            return self._from_product(name, spec)
        if spec.snapshot is not None:
            return self._from_snapshot(name, spec, spec.snapshot.removeprefix("sha256:"))
        return self._from_file(name, spec)

    def _from_file(self, name: str, spec: Input) -> Prepared:
        path = locate(self.product.folder, spec.file or "", self.data_roots)
        called = spec.file or path.name
        if self.store is None or not _stands_alone(path):
            return self._prepared(name, spec, _told(name, called, lambda: read(path, read_options(spec))), called)
        source = {"product": self.product.name, "input": name, "file": called}
        kept = self.store.put(path, name=path.name, media_type="application/octet-stream", source=source)
        return self._prepared(name, spec, self._cached(name, spec, kept.sha256, called), called)

    def _from_snapshot(self, name: str, spec: Input, sha256: str) -> Prepared:
        if self.store is None:
            raise MissingError("products.no_store", input=name, snapshot=sha256)
        if sha256 not in self.store:
            raise MissingError("products.no_snapshot", input=name, dataset=spec.dataset, snapshot=sha256)
        called = f"{spec.dataset}@{sha256[:12]}"
        return self._prepared(name, spec, self._cached(name, spec, sha256, called), called)

    def _cached(self, name: str, spec: Input, sha256: str, called: str) -> Reading:
        """The reading of a snapshot, kept beside it for the next build."""
        store, options = self.store, read_options(spec)
        assert store is not None  # noqa: S101 - both callers have one
        known = store.table(sha256, options)
        if known is not None:
            return known
        with store.open(sha256) as path:
            reading = _told(name, called, lambda: read(path, options))
        store.put_table(sha256, reading, options)
        return reading

    def _from_product(self, name: str, spec: Input) -> Prepared:
        upstream = self.build_product(self.product.folder / (spec.product or ""))
        path = self.work / f"{name}.parquet"
        write_geoparquet(upstream.table, path)
        return Prepared(
            name=name,
            spec=spec,
            path=path,
            schema=upstream.table.schema,
            rows=upstream.table.num_rows,
            bytes=path.stat().st_size,
            snapshot=upstream.digest,
            file=spec.product or "",
            read_report={},
            upstream=upstream,
            columns=tuple(upstream.table.column_names),
        )

    def _prepared(self, name: str, spec: Input, reading: Reading, called: str) -> Prepared:
        table = plain_geometry(reading.table)
        path = self.work / f"{name}.parquet"
        write_geoparquet(table, path)
        report = reading.report.to_json()
        report["file"] = called
        return Prepared(
            name=name,
            spec=spec,
            path=path,
            schema=table.schema,
            rows=table.num_rows,
            bytes=reading.report.bytes,
            snapshot="sha256:" + reading.report.sha256,
            file=called,
            read_report=report,
            columns=tuple(table.column_names),
        )


def _told(name: str, called: str, reading: Callable[[], Reading]) -> Reading:
    """A reading, whose error says which input it is."""
    try:
        return reading()
    except DataferryError as error:
        raise InputError("products.input_unreadable", input=name, file=called, problem=error.text()) from error


def _stands_alone(path: Path) -> bool:
    """Whether the file is the whole input: no folder, and no companions such as .shx, .dbf and .prj beside it."""
    return path.is_file() and not any(
        other != path and other.stem == path.stem and not other.name.startswith(".") for other in path.parent.iterdir()
    )


def locate(folder: Path, file: str, data_roots: tuple[Path, ...]) -> Path:
    """The real path of a file that product.yaml names, relative to the product or to a data root.

    Raises:
        MissingError: in none of these places.
        RefusedError: it leads out of them.
    """
    roots = (folder, *data_roots)
    if Path(file).is_absolute():
        path = inside(Path(file), roots)
        if not path.exists():
            raise MissingError("products.no_file", file=file, folder=str(folder))
        return path
    for root in roots:
        path = inside(root / file, roots)
        if path.exists():
            return path
    raise MissingError("products.no_file", file=file, folder=str(folder))
