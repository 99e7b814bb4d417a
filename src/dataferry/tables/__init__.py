"""A messy file becomes a table: read with evidence, profiled, kept by its digest, queried with its datum."""

from dataferry.tables.export import write_csv
from dataferry.tables.options import ReadLimits, ReadOptions
from dataferry.tables.reading import read
from dataferry.tables.report import ColumnReport, Detected, Reading, ReadReport, RowLedger
from dataferry.tables.sniff import sniff

__all__ = [
    "ColumnReport",
    "Detected",
    "ReadLimits",
    "ReadOptions",
    "ReadReport",
    "Reading",
    "RowLedger",
    "read",
    "sniff",
    "write_csv",
]
