"""Every field of the sheet as plain values: words in three languages, codes, integers, digests.

The blocks and their order are those of a public exchange's sheet 可交易数据产品说明书: head, basic, physical, content,
conditions of use, use cases, delivery, source, qualification, price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from dataferry.privacy.answers import SMALLEST_K, guarded_columns
from dataferry.server.exchange import details as fields
from dataferry.server.exchange.evidence import Piece, strip_states
from dataferry.server.exchange.models import Listing, Plan
from dataferry.server.exchange.queries.listings import open_plans
from dataferry.server.exchange.undertaking import newest_papers
from dataferry.server.journal.numbers import BOTH_CITIES

FORMAT = "dataferry-specification-sheet/1"


def build(listing: Listing, pieces: Sequence[Piece]) -> dict[str, Any]:
    """The document of a sheet. The same rows give the same document.

    Args:
        pieces: the evidence, verified just now (`evidence.require`).
    """
    release, details = listing.release.document, listing.details
    return {
        "format": FORMAT,
        "head": _head(listing),
        "basic": _basic(listing),
        "physical": _physical(listing),
        "content": {"inputs": details.get("inputs", []), "outputs": _outputs(release, kept_back(listing))},
        "conditions": {
            **{name: details.get(name, {}) for name in ("purpose", "buyers", "rules", "limits")},
            "period": details.get("period", {"count": 1, "unit": fields.UNLIMITED}),
        },
        "scenarios": [
            {"code": each.code, "words": each.words, "purposes": each.purposes} for each in listing.scenarios.all()
        ],
        "delivery": {
            "level": listing.level,
            "modes": listing.delivery_modes,
            "calls_a_minute": details.get("calls_a_minute", 0),
            "smallest_cell": max(details.get("smallest_cell", 0), SMALLEST_K) if is_service(listing) else 0,
        },
        "source": _source(listing),
        "papers": {
            kind: {"file": each.file_name, "sha256": each.sha256}
            for kind, each in sorted(newest_papers(listing).items())
        },
        "evidence": [
            {"kind": each.kind, "state": each.state, "reference": each.reference, "digest": each.digest}
            for each in pieces
        ],
        "chips": strip_states(listing),
        "prices": [_price(plan) for plan in open_plans(listing)],
    }


def _basic(listing: Listing) -> dict[str, Any]:
    supplier, details = listing.supplier, listing.details
    return {
        "supplier": {"number": supplier.number, "name": dict(supplier.organisation.name)},
        "board": listing.board,
        "industry": listing.industry,
        "kind": details.get("kind", fields.DATASET),
        "content": details.get("content", {}),
        "keywords": details.get("keywords", {}),
        "cities": [str(each) for each in listing.release.document.get("cities") or []],
    }


def _head(listing: Listing) -> dict[str, Any]:
    listed = listing.listed_at
    return {
        "title": listing.details.get("title", {}),
        "code": listing.number,
        "registration": listing.registration.number,
        "listed_on": listed.astimezone(BOTH_CITIES).date().isoformat() if listed else "",
        "address": f"{settings.SITE}/exchange/listings/{listing.number}",
    }


def _physical(listing: Listing) -> dict[str, Any]:
    release = listing.release
    document = release.document
    files = document.get("files") or []
    data = [each for each in files if str(each["name"]).startswith("data.")]
    return {
        "rows": int((document.get("output") or {}).get("rows") or 0),
        "bytes": next((int(each["bytes"]) for each in data if each["name"] == "data.parquet"), 0),
        "files": [{"name": str(each["name"]), "bytes": int(each["bytes"])} for each in data],
        "frequency": listing.details.get("frequency", {"count": 1, "unit": fields.IRREGULAR}),
        "release": {
            "product": release.product.slug,
            "version": release.version,
            "digest": release.digest,
            "built_for": str(document.get("built_for") or ""),
            "released_on": release.registered_at.astimezone(BOTH_CITIES).date().isoformat(),
        },
        "synthetic": bool(document.get("synthetic")),
    }


def is_service(listing: Listing) -> bool:
    """Whether questions are answered and the data itself stays."""
    return fields.ANSWERS in listing.delivery_modes


def kept_back(listing: Listing) -> frozenset[str]:
    """Columns of the release that the product does not put out: of a service those that identify somebody."""
    privacy = listing.release.document.get("privacy") or {}
    return guarded_columns(privacy.get("report") or {}) if is_service(listing) else frozenset()


def _outputs(release: Mapping[str, Any], kept_back: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": str(each.get("name")),
            "type": str(each.get("type")),
            "unit": str(each.get("unit") or ""),
            "title": dict(each.get("title") or {}),
            "meaning": dict(each.get("description") or {}),
        }
        for each in (release.get("output") or {}).get("columns") or []
        if each.get("name") not in kept_back
    ]


def _source(listing: Listing) -> dict[str, Any]:
    registration, release = listing.registration, listing.release.document
    return {
        "kind": registration.source_kind,
        "rights": registration.rights,
        "inputs": [
            {
                "title": dict(each.get("title") or {}),
                "publisher": str(each.get("publisher") or ""),
                "city": str(each.get("city") or ""),
                "licence": str(each.get("licence") or ""),
                "snapshot": str(each.get("snapshot") or ""),
            }
            for each in release.get("inputs") or []
        ],
        "attribution": [str(each) for each in (release.get("licence_verdict") or {}).get("attribution") or []],
        "licence": str(release.get("licence") or ""),
    }


def _price(plan: Plan) -> dict[str, Any]:
    return {
        "code": plan.code,
        "kind": str(plan.kind),
        "words": plan.words,
        "currency": plan.currency,
        "amount": plan.amount,
        "per": plan.per,
        "days": plan.period_days or 0,
        "tiers": plan.tiers,
    }
