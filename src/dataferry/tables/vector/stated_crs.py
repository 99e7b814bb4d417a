"""Which CRS the coordinates of a file are in: declared by the caller, stated in the file, or unknown."""

from __future__ import annotations

from pathlib import Path

import pyproj
from pyproj.exceptions import CRSError

from dataferry.geo import canonical_crs, crs_of_projjson, in_degrees
from dataferry.messages import DataferryError, Finding
from dataferry.tables.report import Detected, ReadReport
from dataferry.tables.vector.geojson_crs import find_crs_member

Bounds = tuple[float, float, float, float]

_LEAST_CONFIDENCE = 70


def match_crs(text: str | None) -> Detected | None:
    """The CRS id behind what GDAL read: an EPSG code, or WKT matched to one with at least 70 % confidence.

    WKT and PROJ parameters are never used themselves (public ones carry wrong rotation signs); only the code is.
    `None` when nothing is stated; the value is empty when what is stated matches no code.
    """
    if not text:
        return None
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        return Detected("", "stated", text[:80])
    own = crs_of_projjson(crs.to_json_dict()) if crs.is_engineering else None
    if own:
        return Detected(own, "stated", crs.name)
    for confidence in (100, 90, _LEAST_CONFIDENCE):
        code = crs.to_epsg(min_confidence=confidence)
        if code is not None and (known := _known(f"EPSG:{code}")):
            return Detected(known, "stated", f"{crs.name} is EPSG:{code} with {confidence} % confidence or more")
    return Detected("", "stated", crs.name)


def _known(text: str) -> str | None:
    try:
        return canonical_crs(text)
    except DataferryError:
        return None


def geojson_crs(path: Path) -> Detected | None:
    """The CRS of a GeoJSON file: a legacy `crs` member is respected; without one RFC 7946 section 4 says WGS 84."""
    member = find_crs_member(path)
    if member is None:
        return Detected("EPSG:4326", "inferred", "RFC 7946: GeoJSON without a crs member is WGS 84, longitude first")
    if member.name is None:
        return None
    return Detected(_known(member.name) or "", "stated", f"crs member: {member.name}")


def settle_crs(declared: str | None, stated: Detected | None, bounds: Bounds | None, report: ReadReport) -> str | None:
    """Decide, note it in the report and note what contradicts it. `None` is unknown.

    Raises:
        UsageError: `geo.unknown_crs`, the declared CRS is not one that can be named.
    """
    file = report.file
    if declared is not None:
        crs: str | None = canonical_crs(declared)
        report.crs = Detected(str(crs), "declared", "said by the caller")
        if stated and stated.value and stated.basis == "stated" and stated.value != crs:
            said = {"file": file, "declared": crs, "stated": stated.value, "evidence": stated.evidence}
            report.note(Finding("tables.crs_contradicts", "attention", said))
    elif stated is not None and stated.value:
        crs, report.crs = stated.value, stated
        if stated.basis == "inferred":
            report.note(Finding("tables.crs_by_format", "note", {"file": file, "evidence": stated.evidence}))
    else:
        crs = None
        unknown = {"file": file, "stated": stated.evidence if stated else "-", "looks_like": looks_like(bounds)}
        report.note(Finding("tables.crs_unknown", "attention", unknown))
    if crs and bounds and _outside(crs, bounds):
        data: dict[str, object] = {"file": file, "crs": crs, "bounds": list(bounds), "looks_like": looks_like(bounds)}
        report.note(Finding("tables.crs_range", "attention", data))
    return crs


def _outside(crs: str, bounds: Bounds) -> bool:
    """Degrees beyond 180 and 90, or metres that all fit inside a world of degrees."""
    fits_degrees = max(abs(bounds[0]), abs(bounds[2])) <= 360 and max(abs(bounds[1]), abs(bounds[3])) <= 90
    return fits_degrees != in_degrees(crs)


def looks_like(bounds: Bounds | None) -> str:
    """What the range of the coordinates would fit: advice for a person, never a decision."""
    if bounds is None:
        return "-"
    west, south, east, north = bounds
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        return "EPSG:4326 / DATAFERRY:GCJ02 / DATAFERRY:BD09"
    if 790_000 <= west <= east <= 880_000 and 795_000 <= south <= north <= 860_000:
        return "EPSG:2326"
    if 8_000_000 <= west <= east <= 15_200_000 and 400_000 <= south <= north <= 7_200_000:
        return "EPSG:3857"
    if 1_900_000 <= south <= north <= 6_000_000 and (200_000 <= west <= east <= 900_000 or west >= 13_000_000):
        return "CGCS2000 Gauss-Kruger (EPSG:4513-4554)"
    return "-"
