"""The edition of 2024, played with synthetic teams, and the faults that the acceptance test plants in it.

Names, quotas and awards are the preset's; the rubric is that of the CSDI Awards 2024, put in as a stand-in because the
edition's own was not found. Everybody is made up.
"""

from __future__ import annotations

from typing import Any

from dataferry.server.challenge.edition_file import presets, text_from_preset
from dataferry.server.challenge.models import Judge, Round
from dataferry.server.challenge.rehearsal import acts
from dataferry.server.challenge.rehearsal.cast import Size
from dataferry.server.challenge.rehearsal.playing import Rehearsal

SLUG = "hsodc-2024-stand-in"
HK_JUDGES, SH_JUDGES = 5, 6
TIES = ["criterion:spatial-data", "criterion:content", "pairwise", "chair"]
HIDDEN = ["team", "members", "organisation", "contact", "mentor", "logo", "file-names", "video-title"]
WITHOUT_TRACK = "cultural-and-tourism"


def season_text() -> str:
    """The preset with everything filled in that its source leaves unknown."""
    stand_in = {
        code: {"title": rules.title.to_json(), "weight": str(rules.weight)}
        for code, rules in presets()["csdi-2024-open"].rubrics["shortlisting"].criteria.items()
    }
    screening = {"method": "calibrated", "judges_per_entry": 3, "ties": TIES, "reserves": 3, "pairwise": True}
    changes: dict[str, Any] = {
        "synthetic": True,
        "themes.mobility.subcategories.cultural-and-tourism.track": None,
        "provenance.anonymity": {"mark": "organiser", "note": "a stand-in of this test"},
        "anonymity": {"screening": HIDDEN, "final": [], "leak_more_than": 2},
        "appeals": {"applies": True, "days": 7, "grounds": ["procedure", "eligibility", "arithmetic"], "fee": "none"},
        "deliverables.proposal.types": ["pdf"],
        "deliverables.proposal.languages": [["en", "zh-Hans"], ["zh-Hans"]],
        "deliverables.video.required": False,
        "deliverables.video.types": ["mp4"],
        "deliverables.video.most_seconds": 180,
        "eligibility.one_team_per_person": {"applies": True},
        "eligibility.minimum_age.on": "registration.closes",
    }
    changes |= {f"eligibility.{rule}.check": "declared" for rule in ("minimum_age", "residence", "company_registered")}
    changes |= {f"rubrics.{rubric}.criteria": stand_in for rubric in ("first-judging", "final-judging")}
    for division in ("hong-kong", "shanghai"):
        changes |= {f"rounds.screening-{division}.{key}": value for key, value in screening.items()}
    final = {"method": "calibrated-panel-means", "judges_per_entry": "all", "ties": TIES, "pairwise": True}
    final |= {"least_per_city": {"hong-kong": 2, "shanghai": 2}}
    changes |= {f"rounds.final.{key}": value for key, value in final.items()}
    for kind, (opens, closes) in CALENDAR.items():
        changes |= {f"phases.{kind}.opens": opens, f"phases.{kind}.closes": closes}
    return text_from_preset("hsodc-2024", SLUG, changes)


CALENDAR = {
    "registration": ("2024-04-20T10:00", "2024-06-10T00:00"),
    "submission": ("2024-05-01T00:00", "2024-07-01T00:00"),
    "eligibility": ("2024-07-01T00:00", "2024-07-08T00:00"),
    "screening": ("2024-07-08T00:00", "2024-07-20T00:00"),
    "shortlist": ("2024-07-20T00:00", "2024-07-22T00:00"),
    "coaching": ("2024-07-22T00:00", "2024-08-14T00:00"),
    "final": ("2024-08-15T09:00", "2024-08-15T20:00"),
    "appeals": ("2024-08-15T20:00", "2024-08-23T00:00"),
    "nomination": ("2024-08-23T00:00", "2024-09-20T00:00"),
    "showcase": ("2024-09-20T00:00", "2024-12-31T00:00"),
}
YOUNG = ("hong-kong", 29)
"""The team whose only member is under 18, by their own word."""
DEADLINE = "2024-06-30T16:00:00+00:00"
"""Midnight in Shanghai."""


class Season(Rehearsal):
    """The play of the acceptance test: files are inspected only where a fault is planted, and two teams are equal."""

    def __init__(self, teams: dict[str, int]) -> None:
        super().__init__(season_text(), Size(teams, {"hong-kong": HK_JUDGES, "shanghai": SH_JUDGES}, members=1), seed=7)
        self.pairs: set[tuple[int, int]] = set()
        self.reported = 0
        self.equal: set[str] = set()
        self._points = self.cast.points
        self.cast.points = self.points  # type: ignore[method-assign]

    def points(self, entry: str, judge: str, criterion: str, *, at_home: bool) -> float:
        """What a judge gives; the entries in `equal` are the best of all, and alike to the last point."""
        return 97.0 if entry in self.equal else min(self._points(entry, judge, criterion, at_home=at_home), 96.0)

    def inspect(self, job: int) -> None:
        """Nothing: a file that waits for its inspection holds nobody up."""

    def judges_of(self, city: str) -> list[Judge]:
        return list(Judge.objects.filter(edition=self.edition, city=city).select_related("user").order_by("pk"))

    def only_round(self, code: str) -> Round:
        return Round.objects.select_related("edition", "division").get(edition=self.edition, code=code)

    def register_team(self, division: Any, number: int) -> Any:
        team = acts.register(division, number, 1)
        acts.answer_checks(team, {"minimum-age": "no"} if (division.code, number) == YOUNG else None)
        return team
