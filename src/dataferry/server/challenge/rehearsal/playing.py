"""The play: phase after phase of an edition's own calendar, with a report of what each step came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dataferry.messages import RefusedError
from dataferry.server import jobs
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import artefacts, certificates, editions, entries, nominations, results
from dataferry.server.challenge.actions.teams import freeze_teams
from dataferry.server.challenge.calendar import phase_of
from dataferry.server.challenge.models import Division, Edition, Entry, Round, Team
from dataferry.server.challenge.rehearsal import acts
from dataferry.server.challenge.rehearsal.cast import Cast, Size, gather
from dataferry.server.challenge.states import EditionState, EntryState

SITE = "https://rehearsal.invalid"
DECK = (
    "本方案使用香港和上海两地的开放数据，为市民提供更好的出行信息。我们将说明数据来源、处理方法和预期效果。",
    "该产品会定期更新，并记录每一项数据的来源和授权条款，方便用户核对。这是为演练而合成的文字，不代表任何人。",
)
"""What the synthetic decks say, in Simplified Chinese: this is a rehearsal."""


@dataclass
class Step:
    """What one step of the play came to."""

    code: str
    at: datetime
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"step": self.code, "at": self.at.isoformat(), **self.figures}


class Rehearsal:
    """One edition, played. Every step is a method, so that a test can plant a fault between two of them."""

    def __init__(self, text: str, size: Size, seed: int = 1) -> None:
        self.text = text
        self.size = size
        self.cast: Cast = gather(seed, size)
        self.edition: Edition = Edition()

    @property
    def organiser(self) -> Any:
        return self.cast.organisers[0]

    @property
    def steps(self) -> tuple[Callable[[], Step], ...]:
        return (
            self.announce,
            self.register,
            self.hand_in,
            self.decide_eligibility,
            self.screen,
            self.shortlist,
            self.judge_the_final,
            self.seal,
            self.honour,
            self.nominate,
            self.replay,
        )

    def play(self) -> Iterator[Step]:
        """Every step, in order."""
        for step in self.steps:
            yield step()

    # --- the steps

    def announce(self) -> Step:
        """The edition is written, answered for, announced and opened when its registration begins."""
        with clock.standing_at(datetime.fromisoformat("2000-01-01T00:00:00+00:00")):
            self.edition = editions.create_edition(self.organiser, self.text)
            unverified = self.edition.file.unverified()
            if unverified:
                editions.accept_unverified(self.organiser, self.edition, unverified)
            editions.announce(self.organiser, self.edition)
        return self._move_at(self._opens("registration"), EditionState.OPEN, accepted=len(unverified))

    def register(self) -> Step:
        """Teams register, invite their members, answer what they are asked and show papers."""
        at = self._opens("registration") + timedelta(hours=1)
        with clock.standing_at(at):
            for code, count in self.size.teams.items():
                division = self.division(code)
                for number in range(1, count + 1):
                    self.register_team(division, number)
        return Step("register", at, {"teams": self.edition.teams.count()})

    def register_team(self, division: Division, number: int) -> Team:
        """One team, complete."""
        team = acts.register(division, number, self.size.members)
        acts.answer_checks(team)
        acts.show_papers(team, acts.small_paper)
        return team

    def hand_in(self) -> Step:
        """Every team writes its entry, adds a deck and hands it in; the files are inspected."""
        at = self._closes("submission") - timedelta(hours=1)
        with clock.standing_at(at):
            for team in self.edition.teams.filter(withdrawn_at=None).select_related("division", "edition"):
                self.hand_in_one(team)
        return Step("hand_in", at, {"entries": self.count(EntryState.SUBMITTED)})

    def hand_in_one(self, team: Team) -> Entry:
        """One entry, in a sub-category by turns."""
        codes = [code for theme in self.edition.file.themes.values() for code in theme.subcategories]
        entry = acts.write_entry(team, codes[team.number % len(codes)], f"Synthetic entry {team.number}")
        self.add_files(team, entry)
        entries.submit(acts.leader_of(team), entry)
        return entry

    def add_files(self, team: Team, entry: Entry) -> None:
        """A deck wherever the edition asks for a document."""
        for role, asked in self.edition.file.deliverables.items():
            if asked.types is None or "pdf" in asked.types:
                handed = acts.Handed.of(acts.small_paper((*DECK, f"{team.number}")), f"{role}.pdf")
                artefact = artefacts.add_artefact(acts.leader_of(team), entry, role, "zh-Hans", handed)
                self.inspect(int(artefact.job_id or 0))

    def inspect(self, job: int) -> None:
        """The worker's part, done at once."""
        jobs.run(job)

    def decide_eligibility(self) -> Step:
        """After the deadline the entries are locked, the checks looked at and every entry decided."""
        at = self._closes("submission") + timedelta(hours=1)
        with clock.standing_at(at):
            for division in self.edition.divisions.all():
                entries.lock_entries(self.organiser, division)
            self._move(EditionState.CLOSED)
            for entry in Entry.objects.filter(edition=self.edition, state=EntryState.LOCKED).select_related("team"):
                acts.pass_checks(self.organiser, entry.team)
                try:
                    entries.decide_entry(self.organiser, entry, "eligible")
                except RefusedError as error:
                    entries.decide_entry(self.organiser, entry, "ineligible", error.text("en"))
            figures = {"eligible": self.count(EntryState.ELIGIBLE), "ineligible": self.count(EntryState.INELIGIBLE)}
        return Step("decide_eligibility", at, figures)

    def screen(self) -> Step:
        """Judges are appointed; every screening is opened, assigned, scored and computed."""
        at = self._opens("screening") + timedelta(hours=1)
        first, second = self.cast.organisers
        sheets = 0
        with clock.standing_at(at):
            self._move(EditionState.SCREENING)
            acts.appoint_judges(first, second, self.edition, self.cast)
            self.before_screening()
            for round_ in self.rounds("screening"):
                acts.open_and_assign(first, round_)
                self.before_scoring(round_)
                sheets += acts.score(self._again(round_), self.cast)
        with clock.standing_at(at + timedelta(days=1)):
            for round_ in self.rounds("screening"):
                acts.finish(first, round_)
        return Step("screen", at, {"sheets": sheets})

    def before_scoring(self, round_: Round) -> None:
        """What happens when the sheets of a round are on the desks."""

    def before_screening(self) -> None:
        """What happens between the appointment of the judges and the opening of the rounds."""

    def shortlist(self) -> Step:
        """The screenings' results are sealed and published; entries become finalists and reserves."""
        at = self._opens("screening") + timedelta(days=3)
        with clock.standing_at(at):
            for round_ in self.rounds("screening"):
                result = round_.results.order_by("-revision")[0]
                results.publish_result(self.organiser, results.seal_result(self.organiser, result))
            chosen = results.apply_shortlist(self.organiser, self.edition)
            self._move(EditionState.FINALISTS_PUBLISHED)
            for division in self.edition.divisions.all():
                freeze_teams(self.organiser, division)
        return Step("shortlist", at, {"finalists": {code: len(codes) for code, codes in sorted(chosen.items())}})

    def judge_the_final(self) -> Step:
        """All finalists before all judges."""
        at = self._opens("final") + timedelta(hours=1)
        with clock.standing_at(at):
            self._move(EditionState.FINAL_JUDGING)
            (round_,) = self.rounds("final")
            acts.open_and_assign(self.organiser, round_)
            self.before_scoring(round_)
            sheets = acts.score(self._again(round_), self.cast)
        with clock.standing_at(at + timedelta(hours=8)):
            acts.finish(self.organiser, self._again(round_))
            self._move(EditionState.PROVISIONAL)
        return Step("judge_the_final", at, {"sheets": sheets})

    def seal(self) -> Step:
        """When the time for appeals is over the result is sealed and published."""
        at = self._after("appeals", "final") + timedelta(hours=1)
        with clock.standing_at(at):
            (round_,) = self.rounds("final")
            sealed = results.seal_result(self.organiser, round_.results.order_by("-revision")[0])
            results.publish_result(self.organiser, sealed)
            self._move(EditionState.FINAL)
            awards = {award.code: award.entry.code if award.entry else None for award in sealed.awards.all()}
        return Step("seal", at, {"awards": awards, "digest": sealed.digest})

    def honour(self) -> Step:
        """Certificates are issued."""
        at = self._after("appeals", "final") + timedelta(hours=2)
        with clock.standing_at(at):
            issued = certificates.issue_certificates(self.organiser, self.edition, SITE)
        return Step("honour", at, {"certificates": len(issued)})

    def nominate(self) -> Step:
        """Where the edition nominates: teams agree, packages are made and sent."""
        at = self._after("appeals", "final") + timedelta(hours=3)
        sent = without_track = 0
        with clock.standing_at(at):
            if self.edition.file.nomination.applies and self.edition.file.nomination.who in ("awarded", "finalists"):
                for nomination in nominations.select(self.organiser, self.edition):
                    leader = acts.leader_of(nomination.entry.team)
                    nomination = nominations.consent(leader, nomination, True)
                    try:
                        nomination = nominations.package(self.organiser, nomination)
                    except RefusedError:
                        without_track += 1
                        continue
                    nominations.send(self.organiser, nomination)
                    sent += 1
        return Step("nominate", at, {"sent": sent, "without_track": without_track})

    def replay(self) -> Step:
        """Every result is recomputed from the journal."""
        replayed = results.replay_edition(self.edition)
        figures = {"holds": replayed.holds, "stages": len(replayed.stages)}
        return Step("replay", clock.now(), figures)

    # --- what the steps ask

    def division(self, code: str) -> Division:
        return Division.objects.select_related("edition").get(edition=self.edition, code=code)

    def rounds(self, stage: str) -> list[Round]:
        rows = Round.objects.filter(edition=self.edition, stage=stage).select_related("edition", "division")
        return list(rows.order_by("pk"))

    def count(self, state: EntryState) -> int:
        return Entry.objects.filter(edition=self.edition, state=state).count()

    def _again(self, round_: Round) -> Round:
        return Round.objects.select_related("edition", "division").get(pk=round_.pk)

    def _move(self, state: EditionState) -> None:
        self.edition = editions.move_edition(self.organiser, self.edition, state)

    def _move_at(self, at: datetime, state: EditionState, **figures: Any) -> Step:
        with clock.standing_at(at):
            self._move(state)
        return Step("announce", at, figures)

    def _opens(self, kind: str) -> datetime:
        return min(phase.opens_at for phase in self._phases(kind))

    def _closes(self, kind: str) -> datetime:
        return max(phase.closes_at for phase in self._phases(kind))

    def _after(self, *kinds: str) -> datetime:
        """The end of the first of these phases that the edition has."""
        kind = next(kind for kind in kinds if self._phases(kind))
        return self._closes(kind)

    def _phases(self, kind: str) -> list[Any]:
        found = (phase_of(self.edition, kind, division) for division in self.edition.divisions.all())
        return [phase for phase in found if phase is not None]
