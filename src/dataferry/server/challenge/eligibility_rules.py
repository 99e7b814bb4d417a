"""Eligibility of an edition's file as questions: what is asked of whom, and what an answer decides by itself.

A rule whose `applies` is false, or whose substance (years, places) is not known, is not asked: nothing is guessed. A
rule without `check` is declared. Birth dates and numbers of papers are never asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from dataferry.messages import DataferryError, InputError, MissingError
from dataferry.server.challenge.edition_file import EditionFile

Form = Literal["yes-no", "place", "confirm", "paper"]
Outcome = Literal["passed", "failed"]

PLACES = ("hong-kong", "mainland", "macao", "elsewhere")
MINIMUM_AGE = "minimum-age"
RESIDENCE = "residence"
COMPANY = "company-registered"
BARRED = "organisers-and-relatives"
IDENTITY = "identity"
DECLARATION = "declaration:"


@dataclass(frozen=True)
class Asked:
    """One question. `good` lists the answers that meet the rule; `reason` is the message of one that does not."""

    rule: str
    kind: Literal["declared", "documented"]
    of_member: bool
    form: Form
    good: frozenset[str] = frozenset()
    reason: str = ""

    def checked(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The answer in its one form.

        Raises:
            InputError: `server.challenge.answer_missing`, `server.challenge.answer_unknown`.
        """
        if self.form == "paper":
            return {}
        given = answer.get("said")
        if given is None or given == "":
            raise InputError("server.challenge.answer_missing", field="said")
        offered = {"yes-no": ("yes", "no"), "place": PLACES, "confirm": ("yes",)}[self.form]
        if given not in offered:
            raise InputError("server.challenge.answer_unknown", field="said", allowed=", ".join(offered))
        return {"said": given}

    def outcome(self, answer: Mapping[str, Any]) -> Outcome | None:
        """What the answer decides; None where a person has to look."""
        if self.form == "paper":
            return None
        if answer.get("said") not in self.good:
            return "failed"
        return "passed" if self.kind == "declared" else None


def asked_of(file: EditionFile, kind: str, *, with_identity: bool) -> list[Asked]:
    """Every question to a team of this kind and to each of its members.

    Args:
        kind: `individual` or `corporate`.
        with_identity: whether the phase has begun in which the edition asks for identity papers.
    """
    return [*_of_members(file, with_identity), *_of_team(file, kind)]


def asked_rule(file: EditionFile, rule: str, kind: str) -> Asked | None:
    """The question behind a check; None when the edition no longer asks it."""
    return next((one for one in asked_of(file, kind, with_identity=True) if one.rule == rule), None)


def _of_members(file: EditionFile, with_identity: bool) -> Iterator[Asked]:
    rules = file.eligibility
    age, residence, barred = rules.minimum_age, rules.residence, rules.organisers_and_relatives_barred
    if age is not None and age.applies is not False and age.years is not None:
        yield Asked(MINIMUM_AGE, age.check or "declared", True, "yes-no", frozenset({"yes"}), "eligibility_age")
    if residence is not None and residence.applies is not False and residence.among:
        places = frozenset(residence.among)
        yield Asked(RESIDENCE, residence.check or "declared", True, "place", places, "eligibility_residence")
    if barred is not None and barred.applies is True:
        yield Asked(BARRED, barred.check or "declared", True, "yes-no", frozenset({"no"}), "eligibility_barred")
    papers = file.retention.identity_papers
    if with_identity and papers is not None and papers.applies is True:
        yield Asked(IDENTITY, "documented", True, "paper")


def _of_team(file: EditionFile, kind: str) -> Iterator[Asked]:
    company = file.eligibility.company_registered
    if kind == "corporate" and company is not None and company.applies is not False and company.among:
        places = frozenset(company.among)
        yield Asked(COMPANY, company.check or "declared", False, "place", places, "eligibility_company")
    for one in file.eligibility.declarations.values():
        if one.applies is not False:
            yield Asked(DECLARATION + one.code, one.check or "declared", False, "confirm", frozenset({"yes"}))


def needs_paper(file: EditionFile) -> bool:
    """Whether any question of the edition is answered with a paper."""
    return any(one.kind == "documented" for one in asked_of(file, "corporate", with_identity=True))


def identity_is_asked(file: EditionFile, division: str, now: datetime) -> bool:
    """Whether the phase from which identity papers are asked has begun for the division."""
    papers = file.retention.identity_papers
    if papers is None or papers.applies is not True:
        return False
    if papers.asked_from is None:
        return True
    try:
        opens = file.phase(division, papers.asked_from).opens
    except MissingError:
        return False
    return opens is not None and opens <= now


def age_day(file: EditionFile, division: str) -> date | None:
    """The day on which a member must have the age; the registration's end where the edition names none."""
    named = file.age_day(division)
    if named is not None:
        return named
    try:
        return file.deadline(division, "registration").date()
    except DataferryError:
        return None
