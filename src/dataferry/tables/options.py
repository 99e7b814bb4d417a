"""What a caller may say about a file, and how much of one reading may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class ReadLimits:
    """Bounds that keep a hostile file from taking the machine. Bytes unless said."""

    file_bytes: int = 4096 * MEBIBYTE
    line_bytes: int = 64 * MEBIBYTE
    columns: int = 16_384
    rows: int = 200_000_000
    archive_members: int = 10_000
    unpacked_bytes: int = 8192 * MEBIBYTE
    unpacked_ratio: int = 200
    nesting: int = 64
    xml_elements: int = 20_000_000
    document_bytes: int = 512 * MEBIBYTE


@dataclass(frozen=True)
class ReadOptions:
    """What the caller declares; everything left `None` is detected, with evidence.

    Args:
        crs: the datum of the file's coordinates, such as `EPSG:2326` or `DATAFERRY:GCJ02`. Never guessed from place.
        encoding: Python codec name, such as `big5hkscs`.
        layer: name of a layer, a sheet or a member of an archive.
        path: dotted path to the records inside JSON or XML, such as `data.list`.
        geometry: (x column, y column) that make a point; x is east or longitude.
        day_first: for dates such as 3.4.16 that both orders could read.
        missing: extra sentinels by column name (`*` for all columns), such as `{"vacancy": ("-1",)}`.
        types: column name to `string`, `integer`, `number`, `boolean`, `date`, `time`, `timestamp`.
        time_zone: zone of timestamps that state none, such as `Asia/Hong_Kong`.
    """

    crs: str | None = None
    encoding: str | None = None
    layer: str | None = None
    path: str | None = None
    geometry: tuple[str, str] | None = None
    day_first: bool | None = None
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    time_zone: str | None = None
    limits: ReadLimits = field(default_factory=ReadLimits)
