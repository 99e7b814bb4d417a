"""The acts of a rehearsal, each through the action that a page would call."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dataferry.server.challenge.actions import assigning, eligibility, entries, judges, results, scoring, teams
from dataferry.server.challenge.actions.memberships import answer_invitation, invite
from dataferry.server.challenge.eligibility_rules import asked_rule
from dataferry.server.challenge.models import (
    Division,
    Edition,
    EligibilityCheck,
    Entry,
    Judge,
    Result,
    Round,
    ScoreSheet,
    Team,
)
from dataferry.server.challenge.queries.assigning import proposed_anchors
from dataferry.server.challenge.rehearsal.cast import Cast, synthetic_person
from dataferry.server.challenge.states import CheckState, SheetState

GOOD_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "yes-no": ("yes", "no"),
    "place": ("hong-kong", "mainland", "macao"),
    "confirm": ("yes",),
}
MOST_TIES = 20


@dataclass(frozen=True)
class Handed:
    """A small file as a form would hand it in."""

    path: Path
    name: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path, name: str) -> Handed:
        """A file that the caller gives away."""
        body = path.read_bytes()
        return cls(path, name, len(body), hashlib.sha256(body).hexdigest())


def register(division: Division, number: int, members: int) -> Team:
    """A team registers; its members are invited and accept."""
    name = f"team-{division.code}-{number}"
    leader = synthetic_person(f"{name}-1")
    team = teams.register_team(
        leader, division.edition, division, name=f"Synthetic {division.code} {number}", kind="individual"
    )
    for other in range(2, members + 1):
        person = synthetic_person(f"{name}-{other}")
        answer_invitation(person, invite(leader, team, person.email), True)
    return team


def answer_checks(team: Team, said: Mapping[str, str] | None = None) -> None:
    """Everybody answers what they are asked, as the rules want it, except where `said` states otherwise."""
    for check in team.checks.filter(member__left_at=None).select_related("member__user", "team__edition"):
        asked = asked_rule(team.edition.file, check.rule, team.kind)
        if asked is None or asked.form == "paper":
            continue
        good = next(answer for answer in GOOD_ANSWERS[asked.form] if answer in asked.good)
        person = check.member.user if check.member else leader_of(team)
        eligibility.declare(person, check, {"said": (said or {}).get(check.rule, good)})


def show_papers(team: Team, paper: Callable[[], Path]) -> None:
    """Every documented check gets its paper."""
    waiting = team.checks.filter(kind="documented", member__left_at=None).exclude(state=CheckState.FAILED)
    for check in waiting.select_related("member__user"):
        person = check.member.user if check.member else leader_of(team)
        eligibility.hand_in_paper(person, check, Handed.of(paper(), "paper.pdf"))


def pass_checks(organiser: Any, team: Team) -> None:
    """An organiser looks at what is declared and documented, and passes it."""
    for check in EligibilityCheck.objects.filter(team=team, state__in=(CheckState.DECLARED, CheckState.DOCUMENTED)):
        eligibility.decide_check(organiser, check, "passed", "")


def leader_of(team: Team) -> Any:
    """Who leads a team."""
    return team.members.get(left_at=None, is_leader=True).user


def write_entry(team: Team, subcategory: str, title: str) -> Entry:
    """The team begins its entry and writes what it is about."""
    leader = leader_of(team)
    entry = entries.start_entry(leader, team, subcategory)
    texts = {
        "title": {"en": title, "zh-Hans": f"{title}（合成）"},
        "summary": {"en": "Synthetic.", "zh-Hans": "合成。"},
    }
    return entries.change_entry(leader, entry, entry.revision, language="zh-Hans", **texts)


def appoint_judges(organiser: Any, other: Any, edition: Edition, cast: Cast) -> list[Judge]:
    """Judges are appointed, confirmed and declare that they have named all their conflicts."""
    appointed = []
    for city, persons in cast.judges.items():
        for person in persons:
            judge = judges.appoint(organiser, edition, person, city=city, languages=["en", "zh-Hans", "zh-Hant"])
            judges.confirm_identity(other, judge)
            judges.declare_done(person, judge)
            appointed.append(judge)
    return appointed


def open_and_assign(organiser: Any, round_: Round) -> int:
    """A round opens and its entries are given to its judges. Returns the number of sheets."""
    anchors = round_.edition.file.rounds[round_.code].anchors
    if anchors:
        assigning.set_anchors(organiser, round_, proposed_anchors(round_, anchors))
    opened = assigning.open_round(organiser, round_)
    return len(assigning.assign_round(organiser, opened).pairs)


def score(round_: Round, cast: Cast, *, only: Sequence[ScoreSheet] | None = None) -> int:
    """Every judge opens, saves and signs every sheet. Returns how many were signed."""
    waiting = ScoreSheet.objects.filter(round=round_, calibration=False, state=SheetState.ASSIGNED)
    sheets = waiting.select_related("judge__user", "entry__division", "round__edition") if only is None else only
    for sheet in sheets:
        person = sheet.judge.user
        opened = scoring.open_sheet(person, sheet)
        scores = {
            criterion["code"]: _on_scale(criterion, _thinks(cast, sheet, criterion["code"]))
            for criterion in round_.rules["rubric"]["criteria"]
        }
        saved = scoring.save_sheet(person, opened, opened.revision, scores)
        scoring.sign_sheet(person, saved, saved.revision)
    return len(sheets)


def _thinks(cast: Cast, sheet: ScoreSheet, criterion: str) -> float:
    key = f"{sheet.entry.division.code}/{sheet.entry.team.number}"
    judge = f"{sheet.judge.city}/{sheet.judge_id}"
    return cast.points(key, judge, criterion, at_home=sheet.judge.city == sheet.entry.division.city)


def _on_scale(criterion: Mapping[str, Any], points: float) -> str:
    """Points of 100 on the scale of a criterion, in its steps."""
    lowest, highest, step = (Decimal(criterion[name]) for name in ("lowest", "highest", "step"))
    share = Decimal(str(min(max(points, 0.0), 100.0))) / 100
    steps = ((highest - lowest) * share / step).to_integral_value()
    return str(min(lowest + steps * step, highest))


def finish(organiser: Any, round_: Round) -> Result:
    """The round is closed and its result computed and shown as provisional. What the rules leave tied the chair takes
    in the order of the codes, and says so."""
    closed = assigning.close_round(organiser, round_)
    result = results.compute_result(organiser, closed)
    result = settle_ties(organiser, result)
    return results.publish_provisional(organiser, result)


def settle_ties(organiser: Any, result: Result) -> Result:
    """The chair orders every tie that touches a line; computed again."""
    for _again in range(MOST_TIES):
        ties = json.loads(result.document)["outcome"]["unresolved"]
        if not ties:
            return result
        for tie in ties:
            tied = [Entry.objects.get(edition=result.round.edition, code=code) for code in tie]
            results.decide_tie(
                organiser, result.round, tied, "Rehearsal: the chair takes them in the order of their codes."
            )
        result = results.compute_result(organiser, result.round, "A tie was decided.")
    return result


def small_paper(lines: Sequence[str] = ("synthetic",)) -> Path:
    """A PDF of one page in a folder of its own, to be handed in."""
    from dataferry.server.papers import documents

    made = documents.render(documents.Document("Synthetic", "zh-Hans", [documents.Paragraph(line) for line in lines]))
    path = Path(tempfile.mkdtemp(prefix="rehearsal-")) / "paper.pdf"
    path.write_bytes(made.body)
    return path
