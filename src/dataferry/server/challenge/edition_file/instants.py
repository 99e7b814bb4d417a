"""Opening and closing times as people write them, made instants: with an offset, or local to a zone.

A day is not an instant: `2026-06-30` is refused, with the two ways to write its end. A local time that a change of
the clocks leaves out or repeats is refused too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from dataferry.messages import Finding
from dataferry.products.yaml_file import Document, dotted

_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def resolve_instants(document: Document) -> tuple[dict[str, Any], list[Finding]]:
    """The document's values with every phase's `opens` and `closes` as an instant, and what could not be read so."""
    value, problems = dict(document.value), []
    phases = value.get("phases")
    if not isinstance(phases, Mapping):
        return value, []
    resolved = dict(phases)
    for code, phase in phases.items():
        if not isinstance(phase, Mapping):
            continue
        changed = dict(phase)
        for end in ("opens", "closes"):
            if changed.get(end) is None:
                continue
            found = _instant(changed[end], _zone(value, phase))
            if isinstance(found, datetime):
                changed[end] = found
            else:
                changed[end] = None
                problems.append(_problem(found, document, ("phases", code, end), phase, value))
        resolved[code] = changed
    return {**value, "phases": resolved}, problems


def _zone(edition: Mapping[str, Any], phase: Mapping[str, Any]) -> ZoneInfo | None:
    """The phase's own zone, or its division's, or the edition's."""
    for name in _zone_names(edition, phase):
        if isinstance(name, str):
            try:
                return ZoneInfo(name)
            except (ValueError, KeyError, OSError):
                return None
    return None


def _zone_names(edition: Mapping[str, Any], phase: Mapping[str, Any]) -> Iterator[Any]:
    yield phase.get("time_zone")
    divisions, code = edition.get("divisions"), phase.get("division")
    if isinstance(divisions, Mapping) and isinstance(code, str) and isinstance(divisions.get(code), Mapping):
        yield divisions[code].get("time_zone")
    yield edition.get("time_zone")


def _instant(written: Any, zone: ZoneInfo | None) -> datetime | str:
    """The instant, or what is wrong: `day`, `form`, `no_zone`, `left_out`, `twice`."""
    text = written.strip() if isinstance(written, str) else ""
    if _DAY.fullmatch(text):
        return "day"
    match = _WRITTEN.fullmatch(text)
    if not match:
        return "form"
    day, hour, minute, second, offset = match.groups()
    try:
        # ISO 8601 writes the end of a day as 24:00.
        ends = (hour, minute, second or "00") == ("24", "00", "00")
        local = datetime.fromisoformat(f"{day}T{'00' if ends else hour}:{minute}:{second or '00'}")
        local += timedelta(days=1) if ends else timedelta()
        if offset:
            return local.replace(tzinfo=_offset(offset)).astimezone(UTC)
        return _local(local, zone)
    except (ValueError, OverflowError):
        return "form"


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def _local(local: datetime, zone: ZoneInfo | None) -> datetime | str:
    if zone is None:
        return "no_zone"
    earlier, later = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    instant = earlier.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        return "left_out"
    return instant if instant == later.astimezone(UTC) else "twice"


def _problem(
    kind: str,
    document: Document,
    path: tuple[str, str, str],
    phase: Mapping[str, Any],
    edition: Mapping[str, Any],
) -> Finding:
    written = phase[path[-1]]
    zone = _zone(edition, phase)
    data = {
        "file": document.file,
        "line": document.line(path),
        "field": dotted(path),
        "value": str(written)[:60],
        "zone": zone.key if zone else "Asia/Hong_Kong",
    }
    if kind == "day":
        return Finding("server.challenge.edition_day_only", "blocked", data | {"day": str(written).strip()})
    if kind == "no_zone":
        return Finding("server.challenge.edition_no_zone", "blocked", data)
    if kind == "left_out":
        return Finding("server.challenge.edition_time_left_out", "blocked", data)
    if kind == "twice":
        return Finding("server.challenge.edition_time_twice", "blocked", data)
    return Finding("server.challenge.edition_instant", "blocked", data)
