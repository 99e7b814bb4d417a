"""What a round is judged by, copied out of the edition's file when the round opens: plain values, decimals as text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dataferry.server.journal.canonical import canonical, digest

if TYPE_CHECKING:
    from dataferry.server.challenge.edition_file import EditionFile, RoundRules, RubricRules


def rules_digest(rules: Mapping[str, Any]) -> str:
    """The digest by which the journal names the rules of a round."""
    return f"sha256:{digest(canonical(rules))}"


def round_rules(file: EditionFile, code: str) -> dict[str, Any]:
    """The rules of one round. What the file leaves unknown is null here too; an openable round leaves nothing of
    rubric, method and quota unknown.

    Raises:
        KeyError: the edition has no such round.
    """
    this = file.rounds[code]
    anonymous = getattr(file.anonymity, this.stage)
    return {
        "stage": this.stage,
        "division": this.division,
        "rubric": _rubric(file.rubrics[this.rubric]) if this.rubric else None,
        "method": this.method,
        "ties": list(this.ties or ()),
        "pairwise": bool(this.pairwise),
        "quotas": _quotas(file, this),
        "reserves": this.reserves,
        "cities": {each.code: each.city for each in file.divisions.values()},
        "themes": {sub: theme.code for theme in file.themes.values() for sub in theme.subcategories},
        "awards": _awards(file, this) if this.stage == "final" else [],
        "per_entry": None if this.judges_per_entry == "all" else this.judges_per_entry,
        "per_panel_minimum": dict(sorted((this.least_per_city or {}).items())),
        "anchors": this.anchors or 0,
        "anonymous": bool(anonymous),
        "hidden": sorted(anonymous or ()),
        "leak_more_than": file.anonymity.leak_more_than,
    }


def _rubric(rubric: RubricRules) -> dict[str, Any]:
    return {
        "code": rubric.code,
        "criteria": [
            {
                "code": each.code,
                "weight": _text(each.weight),
                "lowest": _text(each.lowest),
                "highest": _text(each.highest),
                "step": _text(each.step),
                "floor": _text(each.floor),
                "bonus": each.bonus,
            }
            for each in rubric.criteria.values()
        ],
    }


def _text(value: Decimal | None) -> str | None:
    """A decimal as text, in plain notation and without zeros that say nothing."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quotas(file: EditionFile, this: RoundRules) -> dict[str, int | None]:
    divisions = [this.division] if this.division else list(file.divisions)
    return {code: file.divisions[code].quota for code in divisions} if this.stage == "screening" else {}


def _awards(file: EditionFile, this: RoundRules) -> list[dict[str, Any]]:
    """The awards that this round's ranking gives: those that name it, and those that name no round."""
    return [
        {
            "code": award.code,
            "kind": award.kind,
            "theme": award.theme,
            "division": award.division,
            "places": award.count or 1,
            "exclusive": bool(award.exclusive),
        }
        for award in file.awards.values()
        if award.by in (None, this.code)
    ]
