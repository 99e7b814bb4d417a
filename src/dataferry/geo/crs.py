"""CRS ids: `EPSG:<code>`, `DATAFERRY:GCJ02` and `DATAFERRY:BD09`, and their PROJJSON.

Definitions come by code from PROJ's own database, never from a pasted WKT or PROJ string: the WKT1 that a popular site
shows for EPSG:2326 puts points 56 m wrong. GCJ-02 and BD-09 are *engineering* CRSs, which nothing can transform: a
geographic one would be "transformed" to WGS84 by a silent ballpark of zero.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from dataferry.messages import UsageError

WGS84: Final = "EPSG:4326"
CGCS2000: Final = "EPSG:4490"
HK1980: Final = "EPSG:2326"
GCJ02: Final = "DATAFERRY:GCJ02"
BD09: Final = "DATAFERRY:BD09"
SHIFTED: Final = {GCJ02: "GCJ-02", BD09: "BD-09"}

_NAMES: Final = {
    "CRS84": WGS84,
    "WGS84": WGS84,
    "HK1980": HK1980,
    "HK80": HK1980,
    "CGCS2000": CGCS2000,
    "GCJ02": GCJ02,
    "BD09": BD09,
}
_EPSG: Final = re.compile(
    r"(?:EPSG:|URN:(?:X-)?OGC:DEF:CRS:EPSG:[\d.]*:|HTTPS?://WWW\.OPENGIS\.NET/DEF/CRS/EPSG/[\d.]+/)?(\d{4,6})", re.ASCII
)
_OWN: Final = re.compile(r"DATAFERRY:(GCJ02|BD09)")
_CRS84: Final = re.compile(
    r"OGC:CRS84|URN:OGC:DEF:CRS:OGC:[\d.]*:CRS84|HTTPS?://WWW\.OPENGIS\.NET/DEF/CRS/OGC/[\d.]+/CRS84"
)
_PASTED: Final = re.compile(r"\[|\+proj|\+init|\+type|pipeline", re.IGNORECASE)
_SHOWN: Final = 80


def canonical_crs(value: str | Mapping[str, Any]) -> str:
    """The id of a CRS given as code (with or without `EPSG:`), URN, URL, usual name or PROJJSON.

    `OGC:CRS84` becomes `EPSG:4326`: all vectors are x = longitude, y = latitude here, whatever the axis order of the
    definition.

    Raises:
        UsageError: `geo.pasted_crs` for WKT and PROJ strings; `geo.unknown_crs` for anything else that is not known, is
            no two-dimensional geographic or projected CRS, or is PROJJSON without an id.
    """
    if isinstance(value, Mapping):
        found = crs_of_projjson(value)
        if found is None:
            raise UsageError("geo.unknown_crs", crs=str(value.get("name", "PROJJSON"))[:_SHOWN])
        return found
    text = value.strip()
    if text.startswith("{"):
        return canonical_crs(_loaded(text))
    if _PASTED.search(text):
        raise UsageError("geo.pasted_crs", crs=text[:_SHOWN])
    upper = text.upper()
    if own := _OWN.fullmatch(upper):
        return f"DATAFERRY:{own[1]}"
    if _CRS84.fullmatch(upper):
        return WGS84
    named = _NAMES.get(re.sub(r"[\s_-]", "", upper).replace("GRID", ""))
    if named:
        return named
    code = _EPSG.fullmatch(upper)
    if code is None or not _is_flat(int(code[1])):
        raise UsageError("geo.unknown_crs", crs=text[:_SHOWN])
    return f"EPSG:{int(code[1])}"


def projjson(crs_id: str) -> dict[str, Any]:
    """The definition of a CRS as PROJJSON, with its id, for column metadata and GeoParquet."""
    return copy.deepcopy(_projjson(canonical_crs(crs_id)))


def crs_of_projjson(value: Mapping[str, Any] | str | None) -> str | None:
    """The id of a CRS from column metadata; None when there is none, or it has no id that is known here.

    Takes PROJJSON as a mapping or as text, and the plain codes that some writers put in its place.
    """
    if not value:
        return None
    if isinstance(value, str):
        try:
            return canonical_crs(value)
        except UsageError:
            return None
    stated = value.get("id")
    if not isinstance(stated, Mapping):
        return None
    try:
        return canonical_crs(f"{stated.get('authority')}:{stated.get('code')}")
    except UsageError:
        return None


def crs_name(crs_id: str) -> str:
    """The name people use: `GCJ-02`, `WGS 84`, `Hong Kong 1980 Grid System`."""
    return str(_projjson(canonical_crs(crs_id))["name"])


def in_degrees(crs_id: str) -> bool:
    """Whether x and y are longitude and latitude in degrees."""
    return crs_id in SHIFTED or epsg(crs_id).is_geographic


def epsg(crs_id: str) -> CRS:
    """The pyproj CRS of an `EPSG:` id."""
    return _of_code(int(crs_id.removeprefix("EPSG:")))


@cache
def _of_code(code: int) -> CRS:
    return CRS.from_epsg(code)


@cache
def _is_flat(code: int) -> bool:
    """Known to PROJ, two axes, geographic or projected."""
    try:
        crs = _of_code(code)
    except CRSError:
        return False
    return len(crs.axis_info) == 2 and (crs.is_geographic or crs.is_projected) and not crs.is_compound


@cache
def _projjson(crs_id: str) -> dict[str, Any]:
    if crs_id not in SHIFTED:
        return epsg(crs_id).to_json_dict()
    name = SHIFTED[crs_id]
    axes = (("Longitude", "lon", "east"), ("Latitude", "lat", "north"))
    return {
        "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
        "type": "EngineeringCRS",
        "name": name,
        "datum": {"name": name},
        "coordinate_system": {
            "subtype": "Cartesian",
            "axis": [{"name": n, "abbreviation": a, "direction": d, "unit": "degree"} for n, a, d in axes],
        },
        "id": {"authority": "DATAFERRY", "code": crs_id.partition(":")[2]},
    }


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, Mapping):
        raise UsageError("geo.unknown_crs", crs=text[:_SHOWN])
    return value
