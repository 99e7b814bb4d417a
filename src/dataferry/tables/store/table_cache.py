"""Readings kept beside their snapshot, so that the same file is not parsed again with the same options and reader."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import obstore

from dataferry import __version__
from dataferry.messages import Finding, InputError
from dataferry.tables.geoparquet import read_geoparquet, write_geoparquet
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import ColumnReport, Detected, Reading, ReadReport, RowLedger

READER = f"{__version__}/1"
"""Version of the reading rules; the part after the slash grows with every change of what a reading gives."""

_CHUNK = 4 * 1024 * 1024


def options_fingerprint(options: ReadOptions) -> str:
    """Digest of options and reader. Limits are left out: they decide whether a reading is made, not what it is."""
    value = asdict(options)
    value.pop("limits")
    text = json.dumps({"reader": READER, "options": value}, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()


def _key(sha256: str, options: ReadOptions) -> str:
    return f"tables/{sha256}/{options_fingerprint(options)}"


def write_reading(store: Any, sha256: str, reading: Reading, options: ReadOptions) -> None:
    """Write the table, then the manifest that makes it visible."""
    key = _key(sha256, options)
    with tempfile.TemporaryDirectory(prefix="dataferry-") as folder:
        path = Path(folder) / "data.parquet"
        write_geoparquet(reading.table, path)
        digest, size = _file_digest(path)
        obstore.put(store, f"{key}-{digest}.parquet", path, max_concurrency=4)
    manifest = {"sha256": digest, "bytes": size, "reader": READER, "report": reading.report.to_json()}
    obstore.put(store, f"{key}.json", json.dumps(manifest, sort_keys=True).encode())


def cached_reading(store: Any, sha256: str, options: ReadOptions) -> Reading | None:
    """The reading, its bytes checked against the manifest; anything wrong with it means that there is none."""
    key = _key(sha256, options)
    with contextlib.suppress(FileNotFoundError, InputError, ValueError, KeyError, TypeError):
        manifest = json.loads(bytes(obstore.get(store, f"{key}.json").bytes()))
        with tempfile.TemporaryDirectory(prefix="dataferry-") as folder:
            path = Path(folder) / "data.parquet"
            with path.open("xb") as file:
                for chunk in obstore.get(store, f"{key}-{manifest['sha256']}.parquet").stream(min_chunk_size=_CHUNK):
                    file.write(chunk)
            if _file_digest(path)[0] != manifest["sha256"]:
                return None
            return Reading(read_geoparquet(path), report_from_json(manifest["report"]))
    return None


def report_from_json(value: Mapping[str, Any]) -> ReadReport:
    """The inverse of `ReadReport.to_json`."""
    plain = {name: part for name, part in value.items() if name != "state"}
    for name in ("format", "encoding", "crs"):
        plain[name] = Detected(**plain[name]) if plain.get(name) else None
    plain["other_layers"] = tuple(plain["other_layers"])
    plain["rows"] = RowLedger(**plain["rows"])
    plain["columns"] = [ColumnReport(**column) for column in plain["columns"]]
    plain["findings"] = [Finding.from_json(finding) for finding in plain["findings"]]
    return ReadReport(**plain)


def _file_digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
