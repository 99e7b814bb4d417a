"""A product built: made in a private folder, written beside its place, and put there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.products.assemble import assemble
from dataferry.products.files import MEDIA_TYPES, in_wgs84, write_csv, write_geojson, write_pmtiles
from dataferry.products.load import MANIFEST
from dataferry.products.maker import BuildOptions, Made, Progress, make
from dataferry.products.release import Release, file_sha256
from dataferry.products.release_document import RELEASE
from dataferry.products.report import render_report
from dataferry.tables import write_geoparquet

DEFAULT_OUT = "release"
_OF_THIS_RUN = ("run", "files")


def build(
    folder: Path | str,
    out: Path | str | None = None,
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> Release:
    """Build the product in `folder` into a release folder.

    Args:
        out: the release folder; without it, `release` inside the product's folder.
        progress: called with what is being done and the share done (0..1).

    Returns:
        the release. One that was there and says the same is left alone.

    Raises:
        DataferryError: the description, an input, the recipe or its answer cannot be used. What was at `out` stays.
        RefusedError: `out` holds something that is not a release.
    """
    folder = Path(folder)
    options = options or BuildOptions()
    out = folder / DEFAULT_OUT if out is None else Path(out)
    _check_place(out)
    with tempfile.TemporaryDirectory(prefix="dataferry-build-") as work:
        made = make(folder, Path(work), options, progress)
        if progress is not None:
            progress(f"{made.product.name}: files", 0.8)
        return _put(made, out, options.keep_same)


def _check_place(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise RefusedError("products.out_taken", out=str(out))
    if out.is_dir() and any(out.iterdir()) and not (out / RELEASE).is_file():
        raise RefusedError("products.out_taken", out=str(out))


def _put(made: Made, out: Path, keep_same: bool) -> Release:
    """Write beside `out`, then rename; a release that says the same stays where it is."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _tidy(out)
        parts = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise RefusedError("products.out_unwritable", out=str(out), problem=error.strerror or "?") from None
    try:
        parts.chmod(0o755)
        _write(made, parts)
        same = _same_release(out, parts) if keep_same else None
        if same is not None:
            return same
        _swap(parts, out)
    except OSError as error:
        raise RefusedError("products.out_unwritable", out=str(out), problem=error.strerror or "?") from None
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    return Release.load(out)


def _tidy(out: Path) -> None:
    """What builds that were killed left beside `out`: a release set aside comes back, half ones of yesterday go."""
    for aside in out.parent.glob(f".{out.name}.*.old"):
        if not out.exists() and (aside / out.name / RELEASE).is_file():
            (aside / out.name).rename(out)
    yesterday = time.time() - 86_400
    for left in [*out.parent.glob(f".{out.name}.*.part"), *out.parent.glob(f".{out.name}.*.old")]:
        if left.stat().st_mtime < yesterday:
            shutil.rmtree(left, ignore_errors=True)


def _swap(parts: Path, out: Path) -> None:
    """Put the finished folder in place. Killed between the renames, the old one lies whole beside it; see `_tidy`."""
    if not out.exists():
        parts.rename(out)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".old", dir=out.parent))
    out.rename(aside / out.name)
    try:
        parts.rename(out)
    except OSError:
        (aside / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _same_release(out: Path, parts: Path) -> Release | None:
    """The release at `out` when it is whole and says the same as the one in `parts`, made by the same version."""
    try:
        old, new = Release.load(out), Release.load(parts, check=False)
    except (MissingError, InputError):
        return None
    before, after = old.to_json(), new.to_json()
    same = before["run"]["dataferry"] == after["run"]["dataferry"]
    same = same and all(before.get(name) == after.get(name) for name in {*before, *after} - set(_OF_THIS_RUN))
    told = {entry.name: entry.sha256 for entry in old.files if entry.name.startswith("product/")}
    return old if same and told == {e.name: e.sha256 for e in new.files if e.name.startswith("product/")} else None


def _write(made: Made, folder: Path) -> None:
    """All files of the release; release.json last, so that a folder without it is no release."""
    output = made.product.manifest.output
    (folder / "product").mkdir()
    (folder / "product" / MANIFEST).write_bytes(made.product.yaml)
    (folder / "product" / "recipe.sql").write_text(made.product.sql, encoding="utf-8")
    write_geoparquet(made.table, folder / "data.parquet")
    write_csv(made.table, output, folder / "data.csv")
    notes, bbox = list(made.notes), None
    if output.geometry is not None:
        table, said = in_wgs84(made.table, output)
        notes += said
        bbox = _bbox(table, output.geometry)
        write_geojson(table, output, folder / "data.geojson")
        write_pmtiles(table, output, folder / "map.pmtiles")
    value = assemble(made, bbox, notes)
    value["files"] = [_entry(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
    report = folder / "report.html"
    report.write_text(render_report(value, made.table), encoding="utf-8")
    value["files"] = sorted([*value["files"], _entry(folder, report)], key=itemgetter("name"))
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    with (folder / RELEASE).open("w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _bbox(table: pa.Table, geometry: str) -> list[float] | None:
    """West, south, east, north in WGS84."""
    bounds = shapely.total_bounds(shapely.from_wkb(table[geometry].to_numpy()))
    return None if bool((bounds != bounds).any()) else [round(float(edge), 7) for edge in bounds]


def _entry(folder: Path, path: Path) -> Mapping[str, Any]:
    return {
        "name": path.relative_to(folder).as_posix(),
        "media_type": MEDIA_TYPES[path.suffix],
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
    }
