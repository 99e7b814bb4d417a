"""What an organiser still has to fill in, and what it holds back: announcing the edition, or opening a round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.opening import FULL, weight_total
from dataferry.server.challenge.edition_file.shipped import PRESETS, preset_document

Stops = Literal["announce", "round", "nothing"]


@dataclass(frozen=True)
class Unfilled:
    """A value that is not known. `stops`: what cannot happen before it is."""

    path: str
    stops: Stops


def unfilled(edition: EditionDocument) -> list[Unfilled]:
    """Every unknown value that somebody will ask for, those that hold back the announcement first."""
    found = [*_title(edition), *_calendar(edition), *_rounds(edition), *_rubrics(edition), *_rules(edition)]
    return sorted(found, key=lambda one: ("announce", "round", "nothing").index(one.stops))


def _title(edition: EditionDocument) -> Iterator[Unfilled]:
    """A new year that is still called what its preset is called."""
    if edition.preset in PRESETS and edition.preset and edition.title == preset_document(edition.preset).title:
        yield Unfilled("title", "nothing")


def _calendar(edition: EditionDocument) -> Iterator[Unfilled]:
    for code, phase in edition.phases.items():
        held: Stops = "announce" if phase.kind in ("registration", "submission") else "round"
        if phase.kind in ("kickoff", "training", "showcase"):
            held = "nothing"
        for end, instant in (("opens", phase.opens), ("closes", phase.closes)):
            if instant is None:
                yield Unfilled(f"phases.{code}.{end}", held)
    kinds = {phase.kind for phase in edition.phases.values()}
    if "submission" not in kinds:
        yield Unfilled("phases", "announce")


def _rounds(edition: EditionDocument) -> Iterator[Unfilled]:
    for code, division in edition.divisions.items():
        if division.quota is None:
            yield Unfilled(f"divisions.{code}.quota", "round")
    for code, rules in edition.rounds.items():
        for name in ("rubric", "method", "judges_per_entry", "ties"):
            if getattr(rules, name) is None:
                yield Unfilled(f"rounds.{code}.{name}", "round")
    if not edition.rounds:
        yield Unfilled("rounds", "round")
    for stage in {rules.stage: None for rules in edition.rounds.values()}:
        if getattr(edition.anonymity, stage) is None:
            yield Unfilled(f"anonymity.{stage}", "round")


def _rubrics(edition: EditionDocument) -> Iterator[Unfilled]:
    for code, rubric in edition.rubrics.items():
        for name, criterion in rubric.criteria.items():
            if criterion.weight is None:
                yield Unfilled(f"rubrics.{code}.criteria.{name}.weight", "round")
        if weight_total(rubric) != FULL and all(one.weight is not None for one in rubric.criteria.values()):
            yield Unfilled(f"rubrics.{code}.criteria", "round")


def _rules(edition: EditionDocument) -> Iterator[Unfilled]:
    for part, names in _ASKED.items():
        value: Any = getattr(edition, part)
        yield from (Unfilled(f"{part}.{name}", "nothing") for name in names if getattr(value, name) is None)
    for code, theme in edition.themes.items():
        for sub, subcategory in theme.subcategories.items():
            if subcategory.track is None:
                yield Unfilled(f"themes.{code}.subcategories.{sub}.track", "nothing")
    for code, asked in edition.deliverables.items():
        for name in ("required", "types", "most_bytes"):
            if getattr(asked, name) is None:
                yield Unfilled(f"deliverables.{code}.{name}", "nothing")
    for code, award in edition.awards.items():
        yield from (
            Unfilled(f"awards.{code}.{name}", "nothing") for name in ("by", "exclusive") if getattr(award, name) is None
        )
    if edition.awards == {}:
        yield Unfilled("awards", "nothing")
    if not any(theme.subcategories for theme in edition.themes.values()):
        yield Unfilled("themes", "announce")


_ASKED = {
    "eligibility": (
        "participants",
        "minimum_age",
        "residence",
        "company_registered",
        "one_team_per_person",
        "team_size",
        "organisers_and_relatives_barred",
        "members_frozen",
    ),
    "data_use": ("both_cities", "other_sources"),
    "appeals": ("applies", "days", "grounds"),
    "nomination": ("applies", "who"),
    "retention": ("identity_papers",),
}
