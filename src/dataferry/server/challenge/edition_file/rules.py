"""What an edition asks of teams and files: eligibility, deliverables, data use, anonymity, appeals, papers, nomination.

Everywhere `null`, or nothing, means that it is not known; that something is not asked is said with `applies: false`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dataferry.server.challenge.edition_file.calendar import Kind
from dataferry.server.challenge.edition_file.values import (
    City,
    Code,
    Coded,
    Count,
    Flag,
    Model,
    Place,
    Set,
    Some,
    Speech,
    Text,
    Tongue,
    Words,
)

Check = Literal["declared", "documented"]
"""Whether the team says so, or shows papers."""
AgeDay = Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2}|[a-z]+\.(opens|closes))$", max_length=40)]
"""A day, or an end of a phase such as `registration.closes`."""
FileType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,8}$")]
HiddenField = Literal[
    "team", "members", "organisation", "contact", "mentor", "logo", "division", "file-names", "video-title"
]


class Rule(Model):
    applies: Flag | None = None
    check: Check | None = None


class MinimumAge(Rule):
    years: Annotated[Count, Field(le=130)] | None = None
    on: AgeDay | None = None


class Among(Rule):
    among: Set[Place] | None = None


class TeamSize(Rule):
    least: Some | None = None
    most: Some | None = None


class MembersFrozen(Rule):
    """From the end of this phase on nobody joins, leaves or is replaced."""

    after: Kind | None = None


class Declaration(Rule):
    """A sentence that the team confirms, in the edition's own words."""

    code: Code
    words: Words


class Eligibility(Model):
    participants: Set[Literal["individual", "corporate"]] | None = None
    minimum_age: MinimumAge | None = None
    residence: Among | None = None
    company_registered: Among | None = None
    one_team_per_person: Rule | None = None
    team_size: TeamSize | None = None
    organisers_and_relatives_barred: Rule | None = None
    members_frozen: MembersFrozen | None = None
    declarations: Coded[Declaration] = Field(default_factory=dict)


class Spoken(Model):
    """One way to speak a video: a spoken language and the subtitles it then needs."""

    spoken: Speech
    subtitles: Set[Tongue] = ()


class Deliverable(Model):
    """One file of an entry. `languages` lists the sets that are accepted: any one of them is enough."""

    code: Code
    title: Words | None = None
    required: Flag | None = None
    phase: Kind = "submission"
    types: Set[FileType] | None = None
    most_bytes: Some | None = None
    most_pages: Some | None = None
    languages: list[Set[Tongue]] | None = None
    least_seconds: Count | None = None
    most_seconds: Some | None = None
    speech: list[Spoken] | None = None


class RecommendedData(Model):
    code: Code
    dataset: Text
    city: City | None = None
    title: Words | None = None


class ConditionalData(Model):
    """Conditional-open data: granted to a team for one phase and taken back after it."""

    code: Code
    dataset: Text
    phase: Kind
    division: Code | None = None
    title: Words | None = None
    terms: Words | None = None


class DataUse(Model):
    both_cities: Literal["required", "recommended", "no"] | None = None
    other_sources: Literal["no", "reliable", "any"] | None = None
    recommended: Coded[RecommendedData] = Field(default_factory=dict)
    conditional: Coded[ConditionalData] = Field(default_factory=dict)


class Anonymity(Model):
    """Fields hidden from judges in each stage; an empty list hides nothing. An entry whose identity is seen by more
    than `leak_more_than` judges is reported to the organisers."""

    screening: Set[HiddenField] | None = None
    final: Set[HiddenField] | None = None
    leak_more_than: Count | None = None


class Appeals(Model):
    applies: Flag | None = None
    days: Some | None = None
    grounds: Set[Literal["procedure", "eligibility", "arithmetic"]] | None = None
    fee: Literal["none"] | None = None


class IdentityPapers(Model):
    """Papers asked of every member from a phase on, for named purposes, destroyed a number of days after another."""

    applies: Flag | None = None
    asked_from: Kind | None = None
    purposes: Set[Literal["eligibility", "data-authorisation", "prizes"]] | None = None
    destroyed_days: Count | None = None
    counted_from: Kind | None = None


class Retention(Model):
    identity_papers: IdentityPapers | None = None


class Nomination(Model):
    applies: Flag | None = None
    contest: Words | None = None
    who: Literal["awarded", "finalists", "chosen"] | None = None
