"""The legal undertaking: its text in force, and the document that a manager of the supplier signs for one release."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import rfc8785

from dataferry.messages import LANGUAGES
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import Listing, Paper, Undertaking

FORMAT = "dataferry-undertaking/1"


@cache
def text_in_force() -> Mapping[str, str]:
    """The newest text by language, with its version under `id`."""
    text = resources.files("dataferry.server.exchange").joinpath("undertaking.toml").read_text(encoding="utf-8")
    newest: Mapping[str, str] = tomllib.loads(text)["version"][-1]
    return {key: str(newest[key]).strip() for key in ("id", *LANGUAGES)}


def quality_digest(document: Mapping[str, Any]) -> str:
    """The digest of a release's quality evidence, which holds figures: canonical JSON by RFC 8785."""
    return f"sha256:{hashlib.sha256(rfc8785.dumps(document.get('quality') or {})).hexdigest()}"


def newest_papers(listing: Listing) -> dict[str, Paper]:
    """The papers that count: of each kind the newest, those of the registration among them."""
    rows = [*listing.registration.papers.all(), *listing.papers.all()]
    return {each.kind: each for each in rows}


def about(listing: Listing) -> dict[str, Any]:
    """What is undertaken of: everything that the supplier states, as it stands now."""
    scenarios = [
        {"code": each.code, "words": each.words, "purposes": each.purposes}
        for each in sorted(listing.scenarios.all(), key=lambda each: each.code)
    ]
    stated = {
        "details": listing.details,
        "scenarios": scenarios,
        "level": listing.level,
        "board": listing.board,
        "industry": listing.industry,
        "modes": listing.delivery_modes,
        "shares": listing.shares,
    }
    release = listing.release
    return {
        "listing": listing.number,
        "registration": listing.registration.number,
        "supplier": listing.supplier.number,
        "release": {"product": release.product.slug, "version": release.version, "digest": release.digest},
        "quality": quality_digest(release.document),
        "stated": digest_of(stated),
        "papers": {kind: each.sha256 for kind, each in sorted(newest_papers(listing).items())},
    }


def document(listing: Listing) -> dict[str, Any]:
    """What is signed: the text in force and what it is about."""
    return {"format": FORMAT, "text": dict(text_in_force()), "about": about(listing)}


def standing(listing: Listing) -> Undertaking | None:
    """The newest undertaking, if it is unaltered and about exactly what the listing says now."""
    newest = listing.undertakings.order_by("-pk").first()
    if newest is None or newest.release_id != listing.release_id:
        return None
    try:
        unaltered = digest_of(newest.document) == newest.digest
    except ValueError:
        return None
    return newest if unaltered and newest.document.get("about") == about(listing) else None
