"""What the API of judging takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema


class SheetOut(Schema):
    id: int = Field(description="Number of the sheet.")
    edition: str = Field(description="Slug of the edition.")
    round: str = Field(description="Code of the round.")
    entry: str = Field(description="Code of the entry; it says nothing of its team.")
    position: int = Field(description="Place in the judge's own order, from 1.")
    practice: bool = Field(description="Whether the sheet is practice and counts for nothing.")
    state: str = Field(description="assigned, opened, saved, signed, locked, reopened or recused.")
    revision: int = Field(description="Grows with every save; also the ETag.")
    scores: dict[str, str] = Field(description="Criterion to score, as a decimal number in text.")
    comment_team: str = Field(description="For the team, read after the result.")
    comment_panel: str = Field(description="For the organisers only.")
    total: str = Field(description="The total, exact; empty while a criterion has no score.")
    missing: list[str] = Field(description="Criteria without a score.")
    below_floor: list[str] = Field(description="Criteria scored under their floor.")


class CriterionOut(Schema):
    code: str = Field(description="Name of the criterion in scores.")
    title: dict[str, str] = Field(description="Its title per language.")
    weight: str = Field(description="Points of the total of 100 that the highest score earns.")
    lowest: str = Field(description="Lowest score.")
    highest: str = Field(description="Highest score.")
    step: str = Field(description="Scores go in steps of this.")
    floor: str = Field(description="Lowest score for an award; empty where there is none.")
    bonus: bool = Field(description="Whether it may stay empty and comes on top.")


class FileOut(Schema):
    number: int = Field(description="Number of the file in its address.")
    role: str = Field(description="What the edition calls it.")
    language: str = Field(description="Language of the file, where stated.")
    media_type: str = Field(description="Its type.")
    bytes: int = Field(description="Its size as it was handed in.")


class UseOut(Schema):
    title: dict[str, str] = Field(description="Title of the dataset per language; empty where it is not public.")
    dataset: str = Field(description="Its name in this catalogue, where everybody may open it.")
    city: str = Field(description="Its city; empty where unknown.")
    licence: str = Field(description="Its licence, or unknown.")
    verified: bool = Field(description="Whether the catalogue or a release vouches for it.")
    purpose: str = Field(description="What the entry uses it for.")


class DossierOut(Schema):
    sheet: SheetOut = Field(description="The sheet itself.")
    title: dict[str, str] = Field(description="Title of the entry per language.")
    summary: dict[str, str] = Field(description="Its summary per language.")
    subcategory: dict[str, str] = Field(description="Its sub-category per language.")
    files: list[FileOut] = Field(description="Its files, under neutral names.")
    uses: list[UseOut] = Field(description="The data it uses.")
    rubric: list[CriterionOut] = Field(description="What to score, in order.")


class ScoresIn(Schema):
    scores: dict[str, str] = Field(description="Criterion to score, as a decimal number in text; empty: none yet.")
    comment_team: str = Field("", description="For the team.")
    comment_panel: str = Field("", description="For the organisers only.")


class ReasonIn(Schema):
    reason: str = Field(description="Why; kept with the decision.")


class SignedOut(Schema):
    sheet: int = Field(description="Number of the sheet.")
    revision: int = Field(description="Which signature of this sheet it is, from 1.")
    scores: dict[str, str] = Field(description="What was signed.")
    digest: str = Field(description="sha256 of all that was signed; the journal holds the same.")
    signed_at: datetime = Field(description="When.")


class JudgeIn(Schema):
    person: int = Field(description="Number of the account.")
    city: str = Field(description="hong-kong or shanghai.")
    languages: list[str] = Field(description="Those the judge reads: en, zh-Hant, zh-Hans.")
    topics: list[str] = Field([], description="Themes or sub-categories that the judge knows well.")
    rounds: list[str] = Field([], description="Codes of rounds; none: all of the city, and the joint ones.")
    capacity: int | None = Field(None, description="Most entries the judge takes.")


class JudgeOut(Schema):
    id: int = Field(description="Number of the judge in the edition.")
    city: str = Field(description="City of the panel.")
    languages: list[str] = Field(description="Languages the judge reads.")
    topics: list[str] = Field(description="What the judge knows well.")
    rounds: list[str] = Field(description="Rounds the judge sits in.")
    confirmed: bool = Field(description="Whether the identity is confirmed.")
    declared: bool = Field(description="Whether all relations are declared.")
    left: bool = Field(description="Whether the judge has left.")


class ConflictIn(Schema):
    judge: int = Field(description="Number of the judge.")
    team: int = Field(description="Number (id) of the team.")
    source: str = Field(description="organiser, self, family, mentor, organisation or team.")
    reason: str = Field(description="What is known.")


class ConflictOut(Schema):
    id: int = Field(description="Number of the conflict.")
    judge: int = Field(description="Number of the judge.")
    team: int = Field(description="Number (id) of the team.")
    source: str = Field(description="Who says so, or what it follows from.")


class RoundOut(Schema):
    code: str = Field(description="Code of the round.")
    state: str = Field(description="planned, open or closed.")
    obstacles: list[str] = Field(description="While planned: what stands in its way, in the caller's language.")
    sheets: int = Field(description="Sheets given out.")
    unsigned: int = Field(description="Of these, not signed yet.")


class EntriesIn(Schema):
    entries: list[str] = Field(description="Codes of entries.")


class AssignmentIn(Schema):
    relaxations: list[dict[str, Any]] = Field(
        [], description="Demands to give up, as a refusal `judging.infeasible` offered them in its data."
    )


class PlanOut(Schema):
    sheets: int = Field(description="Sheets in the plan.")
    loads: dict[str, int] = Field(description="Entries of every judge.")
    added: int = Field(description="Sheets that are new.")
    dropped: int = Field(description="Sheets that were taken back.")
    findings: list[str] = Field(description="What to know about it, in the caller's language.")


class CloseIn(Schema):
    reason: str = Field("", description="Why, where sheets are left unsigned.")


class BallotIn(Schema):
    better: str = Field(description="Code of the better entry.")
    worse: str = Field(description="Code of the other.")


class ReopeningOut(Schema):
    id: int = Field(description="Number of the proposal.")
    sheet: int = Field(description="Number of the sheet.")
    confirmed: bool = Field(description="Whether a second official has confirmed it.")
