"""The facts of a border question, as far as the house knows them: from the parties, the release and the ledger.

What the house does not know stays unknown; the supplier may state some of it (`STATED`), and the officer who signs
answers for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import InputError
from dataferry.products.border_facts import facts_of, way
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
        | facts_of(release.document)
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
    return {
        "exporter": exporter.number,
        "exporter_ciio": exporter.critical,
        "exporter_ftz": exporter.free_trade_zone,
        "exporter_state_organ": exporter.state_organ,
        **way(PLACES[exporter.place], PLACES[recipient]),
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
