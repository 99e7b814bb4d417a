"""A messy file becomes a table: read with evidence, profiled, kept by its digest, queried with its datum."""

from dataferry.tables.conditions import Filter, Sort, possible_tests, sortable
from dataferry.tables.export import write_csv
from dataferry.tables.geoparquet import (
    geometry_columns,
    geometry_field,
    iter_geoparquet,
    plain_geometry,
    read_geoparquet,
    write_geoparquet,
)
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.preview import PreviewPage, preview_rows
from dataferry.tables.profile import Bin, ColumnProfile, GeometryProfile, Profile, profile
from dataferry.tables.reading import read
from dataferry.tables.report import ColumnReport, Detected, Reading, ReadReport, RowLedger
from dataferry.tables.sniff import sniff
from dataferry.tables.store.snapshots import Damage, Snapshot, SnapshotStore

__all__ = [
    "Bin",
    "ColumnProfile",
    "ColumnReport",
    "Damage",
    "Detected",
    "Filter",
    "GeometryProfile",
    "PreviewPage",
    "Profile",
    "ReadLimits",
    "ReadOptions",
    "ReadReport",
    "Reading",
    "RowLedger",
    "Snapshot",
    "SnapshotStore",
    "Sort",
    "geometry_columns",
    "geometry_field",
    "iter_geoparquet",
    "plain_geometry",
    "possible_tests",
    "preview_rows",
    "profile",
    "read",
    "read_geoparquet",
    "sniff",
    "sortable",
    "write_csv",
    "write_geoparquet",
]
