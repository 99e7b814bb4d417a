"""What the machine can say about a case: licence, privacy, border, quality, lineage, each with a state and a digest.

Nothing here decides: unknown stays unknown, and a person finds. Every look is kept as a row of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast, get_args

from django.conf import settings

from dataferry.messages import DataferryError, MissingError, State, worst_state
from dataferry.server.catalogue.models import Snapshot
from dataferry.server.compliance.checklist import KINDS
from dataferry.server.compliance.facts import crosses
from dataferry.server.compliance.models import BorderDecision, MachineEvidence
from dataferry.server.compliance.queries.border import decision_in_force
from dataferry.server.compliance.states import DecisionState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

NEEDS_APPROVAL = ("report", "contract-or-certification", "security-assessment")


@dataclass(frozen=True)
class Gathered:
    """One kind of evidence: its state and the document behind it, plain JSON."""

    kind: str
    state: State
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        return digest_of({"kind": self.kind, "state": self.state, "document": self.document})


def digest_of(value: Any) -> str:
    """`sha256:` of the canonical JSON of plain data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def is_unaltered(row: MachineEvidence) -> bool:
    """Whether a kept look still is what its digest says."""
    return Gathered(row.kind, cast(State, row.state), row.document).digest == row.digest


def gather(release: Release, supplier: Merchant, recipients: Iterable[str]) -> list[Gathered]:
    """All that the machine knows of a release now, one of each kind, in the order of `checklist.KINDS`.

    Reads every file of the release once: call it outside a transaction.
    """
    found = {
        "licence": licence(release),
        "privacy": privacy(release),
        "border": border(release, supplier, recipients),
        "quality": quality(release),
        "lineage": lineage(release),
    }
    return [found[kind] for kind in KINDS]


def licence(release: Release) -> Gathered:
    """The verdict of the build, and the same terms judged by the table of licences of today: the stricter counts."""
    from dataferry.products import InputTerms, judge_licences

    document = release.document
    verdict = document.get("licence_verdict") or {}
    credited = {each.get("name"): each.get("attribution") for each in document.get("inputs") or []}
    nested = next(iter(verdict.get("attribution") or []), None)
    terms = [
        InputTerms(row["input"], row.get("licence", "unknown"), credited.get(row["input"]) or _nested(row, nested))
        for row in verdict.get("inputs") or []
    ]
    today = judge_licences(terms, str(document.get("licence") or "unknown"))
    built = _state(verdict.get("state"))
    return Gathered("licence", worst_state([built, today.state]), {"built": verdict, "today": today.to_json()})


def _nested(row: Mapping[str, Any], credit: str | None) -> str | None:
    """Inputs of inputs are credited by the verdict as a whole."""
    return credit if "/" in str(row.get("input")) else None


def privacy(release: Release) -> Gathered:
    """The privacy report that the build left in the release; none is unknown, never harmless."""
    found = release.document.get("privacy") or {}
    kept = {key: found[key] for key in ("state", "privacy_class", "report", "steps") if key in found}
    return Gathered("privacy", _state(found.get("state")), kept)


def quality(release: Release) -> Gathered:
    """Every expectation of the product with what was found."""
    found = release.document.get("quality") or {}
    kept = {"state": found.get("state"), "results": found.get("results") or []}
    return Gathered("quality", _state(found.get("state")), kept)


def lineage(release: Release) -> Gathered:
    """Where the inputs come from, whether the catalogue still offers them, and whether the files are those built."""
    inputs = [_input(each) for each in release.document.get("inputs") or []]
    files = _files(release)
    chips = release.document.get("evidence") or {}
    states = [_state(chips.get("source")), _state(chips.get("datum")), files, *(each["state"] for each in inputs)]
    kept = {
        "digest": release.digest,
        "files": files,
        "source": chips.get("source", "unknown"),
        "datum": chips.get("datum", "unknown"),
        "inputs": inputs,
    }
    return Gathered("lineage", worst_state(states) if inputs else "unknown", kept)


def _input(given: Mapping[str, Any]) -> dict[str, Any]:
    """One input, looked up in the catalogue by the digest of its bytes."""
    digest = str(given.get("snapshot") or "")
    snapshot = (
        Snapshot.objects.filter(sha256=digest.removeprefix("sha256:"))
        .select_related("distribution__dataset")
        .order_by("-pk")
        .first()
        if digest
        else None
    )
    dataset = snapshot.distribution.dataset if snapshot else None
    withdrawn = dataset is not None and dataset.withdrawn_at is not None
    named = bool(given.get("publisher") and given.get("source"))
    state: State = "attention" if withdrawn else ("clear" if named else "unknown")
    keys = ("name", "title", "publisher", "city", "licence", "source", "synthetic")
    return {
        **{key: given.get(key) for key in keys},
        "snapshot": digest,
        "dataset": dataset.slug if dataset else None,
        "withdrawn": withdrawn,
        "state": state,
    }


def _files(release: Release) -> State:
    from dataferry.products import Release as Folder

    try:
        Folder.load(settings.HOME / release.folder)
    except MissingError:
        return "unknown"
    except DataferryError:
        return "blocked"
    return "clear"


def border(release: Release, supplier: Merchant, recipients: Iterable[str], on: date | None = None) -> Gathered:
    """For every place of the recipients: whether a border is crossed, and the newest decision about that."""
    on = on or clock.now().astimezone(BOTH_CITIES).date()
    ways = [_way(release, supplier, place, on) for place in sorted(set(recipients))]
    return Gathered("border", worst_state([way["state"] for way in ways]) if ways else "unknown", {"ways": ways})


def _way(release: Release, supplier: Merchant, place: str, on: date) -> dict[str, Any]:
    way: dict[str, Any] = {"recipient": place, "crosses": crosses(supplier.place, place)}
    if not way["crosses"]:
        return {**way, "state": "clear", "decision": None}
    signed = decision_in_force(release, supplier, place, on)
    newest = (
        signed
        or BorderDecision.objects.filter(release=release, exporter=supplier, recipient=place)
        .order_by("-drafted_at", "-pk")
        .first()
    )
    if newest is None:
        return {**way, "state": "unknown", "decision": None}
    return {
        **way,
        "state": _decision_state(newest, in_force=signed is not None),
        "decision": newest.number,
        "digest": newest.digest,
        "decision_state": newest.state,
        "outcome": newest.outcome,
        "signed_outcome": newest.signed_outcome,
        "in_force": signed is not None,
        "valid_until": newest.valid_until.isoformat() if newest.valid_until else None,
    }


def _decision_state(decision: BorderDecision, *, in_force: bool) -> State:
    if decision.state == DecisionState.REFUSED or decision.signed_outcome == "blocked":
        return "blocked"
    if not in_force:
        # Also a draft that the machine would block: a person may still change the facts, so it is not decided yet.
        return "unknown"
    return "attention" if decision.signed_outcome in NEEDS_APPROVAL else "clear"


def unsigned_ways(found: Gathered) -> list[str]:
    """The recipients' places behind a border for which no signed decision is in force."""
    return [way["recipient"] for way in found.document["ways"] if way["crosses"] and not way.get("in_force")]


def _state(value: Any) -> State:
    return value if value in get_args(State) else "unknown"
