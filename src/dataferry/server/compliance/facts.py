"""The facts of a border question, as far as the house knows them: from the parties, the release and the ledger.

What the house does not know stays unknown; the supplier may state some of it (`STATED`), and the officer who signs
answers for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import InputError
from dataferry.privacy.steps import DEFAULT_GRID_METRES
from dataferry.server.compliance.models import ExportApproval
from dataferry.server.compliance.models.border import Mechanism
from dataferry.server.compliance.queries.heads import Counts, counts_of
from dataferry.server.compliance.states import ApprovalState
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.workshop.models import Release

PLACES: Mapping[str, str] = {
    Place.SHANGHAI: "shanghai",
    Place.GBA: "gba-nine-cities",
    Place.MAINLAND: "mainland-other",
    Place.HONG_KONG: "hong-kong",
    Place.ABROAD: "elsewhere",
}
MAINLAND = frozenset({Place.SHANGHAI, Place.GBA, Place.MAINLAND})
STATED = frozenset(
    {
        "activity",
        "anonymised",
        "basis",
        "contents",
        "deoffset",
        "domains",
        "exporter_people_held",
        "general_list",
        "guarded_sites_removed",
        "important_data",
        "list_mechanism",
        "list_status",
        "mainland_residents_targeted",
        "map_approval",
        "origin",
        "people_general",
        "people_sensitive",
        "sector",
        "source_terms",
        "surveying_qualified",
        "vehicle_guide_case",
        "vin_identifies",
    }
)
"""Facts that only people know. Where the house knows better (it counted, it saw tracks) its word stands."""
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


def crosses(exporter: str, recipient: str) -> bool:
    """Whether data that goes from one place to the other leaves or enters the Mainland."""
    return (exporter in MAINLAND) != (recipient in MAINLAND)


def facts_for(
    release: Release, exporter: Merchant, recipient: str, stated: Mapping[str, Any], year: int
) -> dict[str, Any]:
    """The facts of sending this release from this exporter to a place, ready for `border.Facts.parse`.

    Raises:
        InputError: `server.compliance.fact_not_yours`, a stated fact that people may not state.
    """
    foreign = sorted(set(stated) - STATED)
    if foreign:
        raise InputError("server.compliance.fact_not_yours", field=foreign[0], allowed=", ".join(sorted(STATED)))
    known = (
        parties(exporter, recipient)
        | origin_of(release)
        | privacy_of(release)
        | form_of(release)
        | so_far(counts_of(exporter, year))
        | approval_of(exporter, recipient)
    )
    # What nobody stated may hold more than the screening saw.
    contents = {*(_as_list(stated.get("contents")) or ["unknown"]), *known.get("contents", [])}
    return {**stated, **known, "contents": sorted(contents)}


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def parties(exporter: Merchant, recipient: str) -> dict[str, Any]:
    """Who sends and where to."""
    facts: dict[str, Any] = {
        "exporter": exporter.number,
        "exporter_place": PLACES[exporter.place],
        "exporter_ciio": exporter.critical,
        "exporter_ftz": exporter.free_trade_zone,
        "exporter_state_organ": exporter.state_organ,
        "recipient_place": PLACES[recipient],
    }
    direction = {
        (Place.SHANGHAI, Place.HONG_KONG): "shanghai-to-hong-kong",
        (Place.HONG_KONG, Place.SHANGHAI): "hong-kong-to-shanghai",
        (Place.HONG_KONG, Place.GBA): "hong-kong-to-gba-city",
    }.get((Place(exporter.place), Place(recipient)))
    return facts | ({"direction": direction} if direction else {})


def origin_of(release: Release) -> dict[str, Any]:
    """Where the inputs were collected, if every one of them says so; Mainland data joined to others is mixed."""
    cities = {item.get("city") for item in release.document.get("inputs", [])}
    if not cities or not cities <= set(_ORIGINS):
        return {}
    origin = "shanghai" if "shanghai" in cities else "hong-kong"
    return {"origin": origin, "mixed": "yes" if len(cities) > 1 else "no"}


def privacy_of(release: Release) -> dict[str, Any]:
    """Personal or not, and whose data: from the privacy report that the build left in the release."""
    privacy = release.document.get("privacy", {})
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
    contents = {*(["vehicle-track"] if tracks else []), *(["coordinates"] if report.get("coordinates") else [])}
    contents |= {_HINTED[rule] for rule in hinted_rules(report) if rule in _HINTED}
    return facts | ({"contents": sorted(contents)} if contents else {})


def hinted_rules(report: Mapping[str, Any]) -> list[str]:
    """Rules on important data that names or contents of columns hint at."""
    found = (finding.get("data", {}).get("rule") for finding in report.get("findings") or [])
    return sorted({str(rule) for rule in found if rule})


def has_tracks(report: Mapping[str, Any]) -> bool:
    """Whether the screening saw the ways of vehicles or people, or messages of vehicles in which they lie."""
    anonymity = report.get("anonymity") or {}
    return bool(anonymity.get("tracks")) or "EV-01" in hinted_rules(report)


def form_of(release: Release) -> dict[str, Any]:
    """How coarse the table is: from the steps that made it less personal, and from its CRS."""
    crs = release.document.get("output", {}).get("crs")
    facts: dict[str, Any] = {"datum": "none" if crs is None else _DATUMS.get(crs, "other")}
    aggregates = [step for step in steps_of(release) if step["step"] == "aggregate_cell_hour"]
    return facts | (_aggregated(aggregates[-1]) if aggregates else {})


def steps_of(release: Release) -> list[Mapping[str, Any]]:
    """The steps that made a release less personal, as its recipe declares them."""
    return [entry["step"] for entry in release.document.get("privacy", {}).get("steps") or []]


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


def approval_of(exporter: Merchant, recipient: str) -> dict[str, Any]:
    """The newest approval in force for this way, as far as it names a mechanism of the law."""
    found = ExportApproval.objects.filter(exporter=exporter, recipient=recipient, state=ApprovalState.IN_FORCE)
    approval = found.exclude(mechanism=Mechanism.EXEMPTION).order_by("-valid_until", "-pk").first()
    if approval is None:
        return {"approval": "none"}
    facts: dict[str, Any] = {
        "approval": str(approval.mechanism),
        "approval_until": approval.valid_until.isoformat(),
        "approved_people_general": approval.general_most,
        "approved_people_sensitive": approval.sensitive_most,
    }
    return {name: value for name, value in facts.items() if value is not None}


def with_counts(facts: Mapping[str, Any], counts: Counts, *, included: bool) -> dict[str, Any]:
    """The facts of a decision with the people counted by now; `included` when those of this release are among them."""
    kept = {name: value for name, value in facts.items() if not name.startswith("people_")}
    if included:
        return {**kept, "people_general_after": counts.general, "people_sensitive_after": counts.sensitive}
    return {**facts, **so_far(counts)}


def so_far(counts: Counts) -> dict[str, Any]:
    """What the exporter has sent out of the Mainland since 1 January: the ledger's upper bounds."""
    return {"people_general_so_far": counts.general, "people_sensitive_so_far": counts.sensitive}
