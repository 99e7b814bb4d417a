"""Editions with results for tests: a screened division, or both cities up to a judged final, by the real actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.challenge.editions import Clock, make_edition, make_organiser
from server.challenge.judging_house import make_entries, make_judge

Points = Callable[[Any], Mapping[str, str]]
"""What a judge gives on a sheet."""


def graded(sheet: Any) -> Mapping[str, str]:
    """Every entry differs: the lower its number, the better."""
    number = int(sheet.entry.code.rpartition("-")[2])
    return {each["code"]: str(90 - 3 * number) for each in sheet.round.rules["rubric"]["criteria"]}


def equal(sheet: Any) -> Mapping[str, str]:
    """Every entry is the same to the last point."""
    return {each["code"]: "80" for each in sheet.round.rules["rubric"]["criteria"]}


class ResultHouse:
    """Both cities with entries and judges. Comments say which sheet wrote them."""

    def __init__(self, clock: Clock, edition: Any = None, *, entries: Mapping[str, int] | None = None) -> None:
        self.clock = clock
        self.edition = edition or make_edition(state="screening")
        self.organiser, self.second = make_organiser(), make_organiser()
        counts = entries or {"hk": 4, "sh": 5}
        self.entries = {code: make_entries(self.edition, code, count) for code, count in counts.items()}
        for entry in (each for listed in self.entries.values() for each in listed):
            self._hand_in(entry)
        clock.during("screening")
        cities = {"hk": "hong-kong", "sh": "shanghai"}
        self.judges = {
            code: [make_judge(self.organiser, self.edition, cities[code]) for _ in range(3)] for code in counts
        }

    def _hand_in(self, entry: Any) -> None:
        """What the journal says of an entry that was handed in and found eligible: results are computed from it."""
        from django.db import transaction

        from dataferry.server import journal, people

        actor, reference = people.actor(self.organiser), f"entry:{self.edition.slug}/{entry.code}"
        said = {"division": entry.division.code, "subcategory": entry.subcategory, "number": 1, "digest": "sha256:0"}
        with transaction.atomic():
            journal.append(actor, "challenge.entry_submitted", reference, said)
            journal.append(actor, "challenge.entry_decided", reference, {"outcome": "eligible"})

    def round(self, code: str) -> Any:
        from dataferry.server.challenge.models import Round

        return Round.objects.select_related("edition", "division").get(edition=self.edition, code=code)

    def judge(self, code: str, points: Points = graded) -> Any:
        """Open, assign, score, sign and close a round."""
        from dataferry.server.challenge.actions import assigning, scoring

        opened = assigning.open_round(self.organiser, self.round(code))
        assigning.assign_round(self.organiser, opened)
        for sheet in opened.sheets.select_related("judge__user", "round", "entry").order_by("pk"):
            person = sheet.judge.user
            fresh = scoring.open_sheet(person, sheet)
            saved = scoring.save_sheet(
                person, fresh, fresh.revision, dict(points(sheet)), comment_team=f"Words of sheet {sheet.pk}."
            )
            scoring.sign_sheet(person, saved, saved.revision)
        return assigning.close_round(self.organiser, self.round(code))

    def computed(self, code: str = "screening-hk", points: Points = graded) -> Any:
        from dataferry.server.challenge.actions import results

        return results.compute_result(self.organiser, self.judge(code, points))

    def provisional(self, code: str = "screening-hk", points: Points = graded) -> Any:
        from dataferry.server.challenge.actions import results

        return results.publish_provisional(self.organiser, self.computed(code, points))

    def published(self, code: str = "screening-hk", points: Points = graded) -> Any:
        from dataferry.server.challenge.actions import results

        sealed = results.seal_result(self.organiser, self.provisional(code, points))
        return results.publish_result(self.organiser, sealed)

    def shortlisted(self) -> ResultHouse:
        """Both screenings published, their finalists set."""
        from dataferry.server.challenge.actions import results

        for code in self.entries:
            self.published(f"screening-{code}")
        results.apply_shortlist(self.organiser, self.edition)
        self.clock.during("coaching")
        return self

    def final(self, points: Points = graded) -> Any:
        """The provisional result of the final."""
        self.shortlisted()
        self.clock.during("final")
        return self.provisional("final", points)

    def finished(self, points: Points = graded) -> Any:
        """The published result of the final; the edition is final."""
        from dataferry.server.challenge.actions import results

        provisional = self.final(points)
        self.clock.during("nomination")
        published = results.publish_result(self.organiser, results.seal_result(self.organiser, provisional))
        type(self.edition).objects.filter(pk=self.edition.pk).update(state="final")
        self.edition.refresh_from_db()
        return published

    def leader(self, entry: Any) -> Any:
        return entry.team.members.get(is_leader=True, left_at=None).user
