"""The data model of an edition's file. Every field is documented in docs/reference/edition-yaml.md (a test looks)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dataferry.server.challenge.edition_file.calendar import Division, Phase
from dataferry.server.challenge.edition_file.provenance import Pattern, Provenance
from dataferry.server.challenge.edition_file.rules import (
    Anonymity,
    Appeals,
    DataUse,
    Deliverable,
    Eligibility,
    Nomination,
    Retention,
)
from dataferry.server.challenge.edition_file.scoring import AwardRules, RoundRules, RubricRules
from dataferry.server.challenge.edition_file.values import Code, Coded, Flag, Model, Text, TimeZone, Words


class Subcategory(Model):
    """A sub-category of a theme and the one national track that its entries are nominated in."""

    code: Code
    title: Words
    track: Code | None = None


class Theme(Model):
    code: Code
    title: Words
    subcategories: Coded[Subcategory] = Field(default_factory=dict)


class Track(Model):
    """A track of the national contest."""

    code: Code
    title: Words


class EditionDocument(Model):
    """What stands in the file."""

    edition: Literal[1]
    slug: Code
    title: Words
    divisions: Annotated[Coded[Division], Field(min_length=1, max_length=20)]
    synthetic: Flag = False
    preset: Code | None = None
    summary: Words | None = None
    website: Text | None = None
    time_zone: TimeZone | None = None
    phases: Coded[Phase] = Field(default_factory=dict)
    themes: Coded[Theme] = Field(default_factory=dict)
    tracks: Coded[Track] = Field(default_factory=dict)
    eligibility: Eligibility = Eligibility()
    deliverables: Coded[Deliverable] = Field(default_factory=dict)
    data_use: DataUse = DataUse()
    anonymity: Anonymity = Anonymity()
    rubrics: Coded[RubricRules] = Field(default_factory=dict)
    rounds: Coded[RoundRules] = Field(default_factory=dict)
    awards: Coded[AwardRules] = Field(default_factory=dict)
    appeals: Appeals = Appeals()
    nomination: Nomination = Nomination()
    retention: Retention = Retention()
    provenance: Annotated[dict[Pattern, Provenance], Field(max_length=2000)] = Field(default_factory=dict)
