"""Where a point really is: CRS ids, conversions, measures on the ellipsoid, datum detection and coordinate audit.

All vectors are x (east, longitude) and y (north, latitude) in float64, whatever axis order a CRS defines.
"""

from dataferry.geo.audit import CoordinateAudit, audit_coordinates
from dataferry.geo.columns import CoordinateColumns, find_coordinate_columns, read_degrees, role_of
from dataferry.geo.crs import (
    BD09,
    CGCS2000,
    GCJ02,
    HK1980,
    WGS84,
    canonical_crs,
    crs_name,
    crs_of_projjson,
    in_degrees,
    projjson,
)
from dataferry.geo.detect import Boundaries, detect_datum, fold_name
from dataferry.geo.hypotheses import Hypothesis
from dataferry.geo.judge import Detection, Trial
from dataferry.geo.measure import area_m2, geodesic_distance_m, length_m
from dataferry.geo.points import Converted, Floats
from dataferry.geo.transform import Route, Step, convert, route
from dataferry.geo.wkb import as_binary, convert_wkb, geometries_of

__all__ = [
    "BD09",
    "CGCS2000",
    "GCJ02",
    "HK1980",
    "WGS84",
    "Boundaries",
    "Converted",
    "CoordinateAudit",
    "CoordinateColumns",
    "Detection",
    "Floats",
    "Hypothesis",
    "Route",
    "Step",
    "Trial",
    "area_m2",
    "as_binary",
    "audit_coordinates",
    "canonical_crs",
    "convert",
    "convert_wkb",
    "crs_name",
    "crs_of_projjson",
    "detect_datum",
    "find_coordinate_columns",
    "fold_name",
    "geodesic_distance_m",
    "geometries_of",
    "in_degrees",
    "length_m",
    "projjson",
    "read_degrees",
    "role_of",
    "route",
]
