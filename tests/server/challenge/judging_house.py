"""A judged edition for tests: judges with confirmed identities, entries of both cities, a round up to any step."""

from __future__ import annotations

from typing import Any

from server.challenge.editions import make_entry, make_organiser, make_team
from server.persons import make_person

FIRST = {"novelty": "70", "data": "80", "benefit": "65", "doing": "90"}
"""Scores of the rubric `first`: a total of 75.5."""


def make_judge(organiser: Any, edition: Any, city: str = "hong-kong", *, ready: bool = True, **options: Any) -> Any:
    """A judge of a city's panel; ready means confirmed and with all relations declared."""
    from dataferry.server.challenge.actions import judges
    from dataferry.server.people import Role

    person = options.pop("person", None) or make_person("", Role.JUDGE, city=options.pop("role_city", ""))
    options.setdefault("languages", ["en", "zh-Hant", "zh-Hans"])
    judge = judges.appoint(organiser, edition, person, city=city, **options)
    if ready:
        judges.confirm_identity(organiser, judge)
        judges.declare_done(person, judge)
    judge.refresh_from_db()
    return judge


def make_entries(edition: Any, division: str = "hk", count: int = 4, state: str = "eligible") -> list[Any]:
    topics = ("transportation", "meteorology", "governance")
    return [
        make_entry(make_team(edition, division), subcategory=topics[number % 3], state=state) for number in range(count)
    ]


class JudgedRound:
    """The screening of Hong Kong: four entries, three judges, two scores each."""

    def __init__(self, edition: Any, *, judges: int = 3, entries: int = 4) -> None:
        self.edition = edition
        self.organiser, self.second = make_organiser(), make_organiser()
        self.entries = make_entries(edition, count=entries)
        self.judges = [make_judge(self.organiser, edition) for _ in range(judges)]
        self.round = edition.rounds.get(code="screening-hk")

    def opened(self) -> JudgedRound:
        from dataferry.server.challenge.actions import assigning

        self.round = assigning.open_round(self.organiser, self.round)
        return self

    def assigned(self) -> JudgedRound:
        from dataferry.server.challenge.actions import assigning

        self.opened()
        self.plan = assigning.assign_round(self.organiser, self.round)
        return self

    @property
    def sheets(self) -> list[Any]:
        return list(self.round.sheets.filter(calibration=False).exclude(state="withdrawn").order_by("pk"))

    def sheet(self) -> Any:
        return self.sheets[0]


def score(sheet: Any, scores: dict[str, str] | None = None, **comments: str) -> Any:
    """Save a sheet as its judge; returns the row as it is now."""
    from dataferry.server.challenge.actions import scoring

    fresh = type(sheet).objects.get(pk=sheet.pk)
    return scoring.save_sheet(fresh.judge.user, fresh, fresh.revision, scores or FIRST, **comments)


def sign(sheet: Any, scores: dict[str, str] | None = None) -> Any:
    """Score and sign a sheet as its judge; returns the signed revision."""
    from dataferry.server.challenge.actions import scoring

    saved = score(sheet, scores)
    return scoring.sign_sheet(saved.judge.user, saved)
