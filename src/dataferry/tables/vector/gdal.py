"""The one door to GDAL: no network, no file names from outside, nothing written beside the user's files."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from dataferry.messages import InputError

# Drivers that open other files or addresses named inside a file. A file can call for them by its content alone.
_REACHING = (
    "ADBC,AmigoCloud,CSW,Carto,EEDA,EEDAI,ESRIJSON,Elasticsearch,GDALG,GTFS,HTTP,NGW,OAPIF,OGCAPI,OGR_VRT,PLSCENES,VRT,"
    "WCS,WFS,WMS,WMTS"
)

_SETTINGS = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the discard port: what still asks for an address is refused at once
    "GDAL_HTTP_TIMEOUT": "1",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "1024",
    "SHAPE_RESTORE_SHX": "YES",
}


@cache
def pyogrio() -> ModuleType:
    """pyogrio with the reaching drivers left out.

    GDAL registers its drivers once, on import, and reads the list of those to skip from the environment. Where someone
    imported pyogrio before us the drivers stay, and `vector_text.checked_copy` still refuses files that call for them.
    """
    before = os.environ.get("GDAL_SKIP")
    os.environ["GDAL_SKIP"] = _REACHING
    try:
        import pyogrio as module
    finally:
        if before is None:
            del os.environ["GDAL_SKIP"]
        else:
            os.environ["GDAL_SKIP"] = before
    module.set_gdal_config_options(_SETTINGS)
    return module  # type: ignore[no-any-return]


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A private folder for one reading; GDAL's side files (.shx, .gfs, -shm) land here and go with it."""
    with tempfile.TemporaryDirectory(prefix="dataferry-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def bring(source: Path, place: Path) -> Path:
    """Make `source` known as `place` without copying it where the system allows links."""
    try:
        place.symlink_to(source.resolve(strict=True), target_is_directory=source.is_dir())
    except (OSError, NotImplementedError):
        if source.is_dir():
            shutil.copytree(source, place)
        else:
            shutil.copyfile(source, place)
    return place


@dataclass(frozen=True)
class Layer:
    """One layer read. `table` has plain Arrow types; `geometry` names its WKB column, `None` when it has none."""

    table: pa.Table
    geometry: str | None
    crs: str | None
    driver: str
    warnings: tuple[str, ...] = ()


@contextlib.contextmanager
def _told(file: str, place: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, pa.ArrowException, OSError) as error:
        reason = str(error).replace(str(place), file).replace(str(place.parent), "")
        raise InputError("tables.vector_unreadable", file=file, reason=reason) from error


def layer_sizes(place: Path, file: str, **opening: Any) -> dict[str, int]:
    """Name of every layer with its number of rows."""
    gdal = pyogrio()
    with _told(file, place):
        names = [str(name) for name, _ in gdal.list_layers(place)]
        infos = {name: gdal.read_info(place, layer=name, force_feature_count=True, **opening) for name in names}
    return {name: int(info["features"]) for name, info in infos.items()}


def column_count(place: Path, file: str, layer: str, **opening: Any) -> int:
    with _told(file, place):
        return len(pyogrio().read_info(place, layer=layer, **opening)["fields"])


def read_layer(
    place: Path, file: str, layer: str | None = None, *, encoding: str | None = None, **opening: Any
) -> Layer:
    """Read one layer of the data source at `place`, a path of ours. `file` is the name that messages use.

    Raises:
        InputError: `tables.vector_unreadable`, with GDAL's reason.
    """
    gdal = pyogrio()
    with _told(file, place), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        info = gdal.read_info(place, layer=layer, encoding=encoding, **opening)
        meta, table = gdal.read_arrow(place, layer=layer, encoding=encoding, **opening)
    geometry = None
    if info["geometry_type"] is not None:
        geometry = meta["geometry_name"] or "wkb_geometry"
        geometry = geometry if geometry in table.column_names else None
    said = tuple(dict.fromkeys(str(w.message).replace(str(place), file) for w in caught))
    return Layer(_plain_columns(table), geometry, meta["crs"], str(info["driver"]), said)


def _plain_columns(table: pa.Table) -> pa.Table:
    """Arrow's own types only: JSON extension columns as text, no metadata of GDAL's."""
    columns = []
    for column in table.columns:
        if isinstance(column.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)
        columns.append(column)
    return pa.table(dict(zip(_unique(table.column_names), columns, strict=True)))


def _unique(names: list[str]) -> list[str]:
    """The names with the second and later of equal ones numbered."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def read_linear_wkb(place: Path, file: str, layer: str | None, **opening: Any) -> list[bytes | None]:
    """The geometry of every row with arcs as straight segments of at most 4 degrees (GDAL's default step)."""
    with _told(file, place):
        _, _, wkb, _ = pyogrio().raw.read(place, layer=layer, columns=[], **opening)
    return list(wkb) if wkb is not None else []
