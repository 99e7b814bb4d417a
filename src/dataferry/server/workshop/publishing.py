"""Whether a release may be opened to everybody: what its evidence says, and whether its inputs are still there."""

from __future__ import annotations

from typing import Any

from dataferry.messages import Finding, MissingError, RefusedError
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.workshop.models import Release

REFUSING = ("datum", "quality", "privacy")
"""Parts of the evidence that refuse a publication while they are blocked: the data is not what it says, or tells of
people what nobody may tell everybody (made-up people excepted).

Licence and border decide on listing and trade, in later rooms; here they are shown."""


def obstacles(user: Any, release: Release) -> list[Finding]:
    """What stands against publishing, each with its reason. Nothing where the release is published already."""
    if hasattr(release, "publication"):
        return []
    evidence = release.document.get("evidence") or {}
    found = [
        Finding("server.workshop.evidence_blocked", "blocked", {"part": part})
        for part in REFUSING
        if evidence.get(part) == "blocked" and not (part == "privacy" and release.document.get("synthetic"))
    ]
    for each in release.document.get("inputs") or []:
        if each.get("dataset") and not _still_there(user, str(each["dataset"])):
            data = {"input": each["name"], "dataset": each["dataset"]}
            found.append(Finding("server.workshop.input_gone", "blocked", data))
    return found


def _still_there(user: Any, slug: str) -> bool:
    """Whether the person sees the dataset and it is not withdrawn."""
    try:
        dataset = catalogue.dataset_of(user, slug)
    except MissingError:
        return False
    return dataset.withdrawn_at is None


def require_publishable(user: Any, release: Release) -> None:
    """
    Raises:
        RefusedError: `server.workshop.not_publishable`, with every reason in `reasons`.
    """
    found = obstacles(user, release)
    if found:
        raise RefusedError(
            "server.workshop.not_publishable",
            name=release.product.slug,
            version=release.version,
            first=found[0].text(),
            reasons=[each.to_json() for each in found],
        )
