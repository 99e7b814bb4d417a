"""A product started from snapshots: a folder that loads and builds as it is, on any machine, as one ZIP file."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings

from dataferry.messages import LimitError, RefusedError
from dataferry.products.outline import OutlineColumn, OutlineInput, outline, table_name
from dataferry.server import people
from dataferry.server.catalogue.dataset_queries import may_download
from dataferry.server.catalogue.models import Column, Dataset, Snapshot
from dataferry.server.catalogue.store import bytes_of
from dataferry.server.catalogue.words import in_three_languages

_READ = ("encoding", "layer", "path", "geometry", "types", "missing", "day_first", "time_zone")
_TYPES = frozenset({"string", "integer", "number", "boolean", "date", "timestamp", "geometry"})
_STORED_WELL = (".zip", ".kmz", ".xlsx", ".gpkg", ".parquet", ".gz")
_CHUNK = 1024 * 1024
_LONGEST_NAME = 60


@dataclass(frozen=True)
class ProductFolder:
    """A ZIP file on disk, at its beginning; it goes when it is closed."""

    name: str
    file: BinaryIO
    bytes: int


def product_folder(user: Any, snapshots: Sequence[Snapshot], name: str = "") -> ProductFolder:
    """A product folder over these snapshots: product.yaml, recipe.sql that passes the first one on, and the files.

    What the catalogue knows of each dataset stands in product.yaml; what nobody stated is written as unknown.

    Args:
        name: name of the product, a slug; when absent, that of the first dataset.

    Raises:
        RefusedError: no member, or a dataset was withdrawn. LimitError: `server.catalogue.folder_too_big`.
    """
    people.require(user, "catalogue.start_product")
    datasets = [snapshot.distribution.dataset for snapshot in snapshots]
    for dataset in datasets:
        if not may_download(user, dataset):
            raise RefusedError("server.catalogue.no_download", dataset=dataset.slug)
    size = sum(snapshot.bytes for snapshot in snapshots)
    if size > settings.UPLOAD_LIMIT:
        raise LimitError("server.catalogue.folder_too_big", bytes=size, limit=settings.UPLOAD_LIMIT)
    called = (name or datasets[0].slug)[:_LONGEST_NAME].strip("-")
    inputs, files = _inputs(snapshots)
    manifest, recipe = outline(called, inputs, title=in_three_languages(datasets[0].title), cities=_cities(datasets))
    work = settings.HOME / "work"
    work.mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(prefix="product-", dir=work)  # noqa: SIM115  handed to the answer, which closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{called}/product.yaml", manifest)
        packed.writestr(f"{called}/recipe.sql", recipe)
        for path, snapshot in files.items():
            _pack(packed, f"{called}/{path}", snapshot)
    length = file.tell()
    file.seek(0)
    return ProductFolder(called, file, length)


def _pack(packed: zipfile.ZipFile, path: str, snapshot: Snapshot) -> None:
    entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
    compressed = path.lower().endswith(_STORED_WELL)
    entry.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with (
        bytes_of(snapshot) as source,
        source.open("rb") as reading,
        packed.open(entry, "w", force_zip64=True) as writing,
    ):
        while chunk := reading.read(_CHUNK):
            writing.write(chunk)


def _inputs(snapshots: Sequence[Snapshot]) -> tuple[list[OutlineInput], dict[str, Snapshot]]:
    """The inputs as product.yaml names them, and where in the folder the bytes of each go."""
    inputs: list[OutlineInput] = []
    files: dict[str, Snapshot] = {}
    taken: set[str] = set()
    for snapshot in snapshots:
        dataset = snapshot.distribution.dataset
        table = table_name(dataset.slug, taken)
        taken.add(table)
        path = f"data/{table}{PurePosixPath(snapshot.file_name).suffix.lower()[:12]}"
        files[path] = snapshot
        inputs.append(OutlineInput(table, {"file": path, **described(snapshot)}, outline_columns(snapshot)))
    return inputs, files


def described(snapshot: Snapshot) -> dict[str, Any]:
    """What product.yaml says of an input, as far as the catalogue knows it: title, terms, datum, how to read it."""
    dataset, options = snapshot.distribution.dataset, snapshot.read_options
    title = in_three_languages(dataset.title)
    spec: dict[str, Any] = {"title": title if all(title.values()) else dataset.slug}
    plain = {"publisher": dataset.publisher, "source": dataset.source, "attribution": dataset.attribution}
    spec |= {key: text for key, text in plain.items() if text}
    if dataset.city:
        spec["city"] = dataset.city
    spec["licence"] = dataset.licence or "unknown"
    if options.get("crs"):
        spec["crs"] = options["crs"]
    if dataset.synthetic:
        spec["synthetic"] = True
    reading = {key: options[key] for key in _READ if options.get(key) not in (None, "", {}, [])}
    return {**spec, "read": reading} if reading else spec


def outline_columns(snapshot: Snapshot) -> list[OutlineColumn]:
    """The columns of a snapshot as a new product may pass them on."""
    return [_outline_column(column, snapshot.rows) for column in snapshot.columns.all()]


def _outline_column(column: Column, rows: int) -> OutlineColumn:
    kind = "number" if column.type.startswith("decimal") else column.type if column.type in _TYPES else "string"
    title: Mapping[str, str] = in_three_languages(column.title)
    return OutlineColumn(
        name=column.name,
        type=kind,
        gaps=column.nulls > 0,
        unique=rows > 0 and column.distinct == rows,
        crs=column.crs or None,
        title=title if all(title.values()) else None,
        unit=column.unit,
    )


def _cities(datasets: Sequence[Dataset]) -> list[str]:
    """The cities that the product is about: both where nothing is said."""
    found = [city for city in ("hong-kong", "shanghai") if any(dataset.city == city for dataset in datasets)]
    return found or ["hong-kong", "shanghai"]
