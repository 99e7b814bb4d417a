"""What a release tells of a border question: origin, people, contents and how coarse it is. All else people must state.

Every function takes the document of a release (release.json) and answers with facts as `border.Facts` names them; what
the document does not tell is left out, and stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.privacy.steps import DEFAULT_GRID_METRES

_AGGREGATING = "aggregate_cell_hour"
PERIOD_MINUTES = {"hour": 60, "day": 1440, "week": 10_080, "month": 40_320}
"""Minutes of each period of an aggregate; a month counts as its shortest."""
_HINTED = {
    "EV-01": "vehicle-track",
    "EV-02": "guarded-area",
    "EV-03": "vehicle-flow",
    "EV-04": "charging-operation",
    "EV-05": "faces-or-plates",
}
_ORIGINS = {"hong-kong": "hong-kong", "shanghai": "shanghai"}
_DATUMS = {
    "EPSG:4326": "wgs84",
    "OGC:CRS84": "wgs84",
    "EPSG:4490": "cgcs2000",
    "EPSG:2326": "hk1980",
    "DATAFERRY:GCJ02": "gcj02",
    "DATAFERRY:BD09": "bd09",
}
_DIRECTIONS = {
    ("shanghai", "hong-kong"): "shanghai-to-hong-kong",
    ("hong-kong", "shanghai"): "hong-kong-to-shanghai",
    ("hong-kong", "gba-nine-cities"): "hong-kong-to-gba-city",
}


def way(exporter_place: str, recipient_place: str) -> dict[str, str]:
    """Where a transfer begins and ends, and the direction that the rules have for it, if they have one."""
    facts = {"exporter_place": exporter_place, "recipient_place": recipient_place}
    direction = _DIRECTIONS.get((exporter_place, recipient_place))
    return facts | ({"direction": direction} if direction else {})


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a release tells."""
    return origin_of(document) | privacy_of(document) | form_of(document)


def origin_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Where the inputs were collected, if every one of them says so; Mainland data joined to others is mixed."""
    cities = {item.get("city") for item in document.get("inputs", [])}
    if not cities or not cities <= set(_ORIGINS):
        return {}
    origin = "shanghai" if "shanghai" in cities else "hong-kong"
    return {"origin": origin, "mixed": "yes" if len(cities) > 1 else "no"}


def privacy_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Personal or not, and whose data: from the privacy report that the build left."""
    privacy = document.get("privacy", {})
    report = privacy.get("report") or {}
    found = privacy.get("privacy_class") or report.get("privacy_class")
    if found is None:
        return {}
    subjects, tracks = report.get("subjects"), has_tracks(report)
    personal = found in ("personal", "sensitive-personal") or tracks
    facts: dict[str, Any] = {}
    if personal:
        sensitive = found == "sensitive-personal" or tracks
        facts = {"has_pi": "yes", "has_sensitive_pi": "yes" if sensitive else "no"}
        if subjects:
            kind = "sensitive" if sensitive else "general"
            facts |= {"people_general": 0, "people_sensitive": 0, f"people_{kind}": subjects["distinct"]}
    elif found == "none":
        facts = {"has_pi": "no", "has_sensitive_pi": "no", "people_general": 0, "people_sensitive": 0}
    contents = {*(["coordinates"] if report.get("coordinates") else []), *_shown_in(report)}
    if any(step["step"] == _AGGREGATING for step in steps_of(document)):
        contents |= set(_shown_in(privacy.get("before") or {}))
    return facts | ({"contents": sorted(contents)} if contents else {})


def _shown_in(report: Mapping[str, Any]) -> list[str]:
    """Contents that the rules of vehicles ask for; an aggregate has those of what it was aggregated from."""
    tracks = ["vehicle-track"] if has_tracks(report) else []
    return tracks + [_HINTED[rule] for rule in hinted_rules(report) if rule in _HINTED]


def hinted_rules(report: Mapping[str, Any]) -> list[str]:
    """Rules on important data that names or contents of columns hint at."""
    found = (finding.get("data", {}).get("rule") for finding in report.get("findings") or [])
    return sorted({str(rule) for rule in found if rule})


def has_tracks(report: Mapping[str, Any]) -> bool:
    """Whether the screening saw the ways of vehicles or people, or messages of vehicles in which they lie."""
    anonymity = report.get("anonymity") or {}
    return bool(anonymity.get("tracks")) or "EV-01" in hinted_rules(report)


def form_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """How coarse the table is: from the steps that made it less personal, and from its CRS."""
    crs = document.get("output", {}).get("crs")
    facts: dict[str, Any] = {"datum": "none" if crs is None else _DATUMS.get(crs, "other")}
    aggregates = [step for step in steps_of(document) if step["step"] == _AGGREGATING]
    return facts | (_aggregated(aggregates[-1]) if aggregates else {})


def steps_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps that made a release less personal, as its recipe declares them."""
    return [entry["step"] for entry in document.get("privacy", {}).get("steps") or []]


def _aggregated(step: Mapping[str, Any]) -> dict[str, Any]:
    """The form of an aggregate by cell and period. Cells of H3 are measured by the mean edge of their resolution."""
    if step.get("h3") is not None:
        import h3

        metres = int(h3.average_hexagon_edge_length(step["h3"], unit="m"))
    else:
        metres = int(step.get("grid_m") or DEFAULT_GRID_METRES)
    return {
        "grain": "aggregated",
        "area_unit": "grid",
        "cell_metres": metres,
        "step_minutes": PERIOD_MINUTES[step.get("period", "hour")],
        "smallest_cell": int(step["k"]),
    }
