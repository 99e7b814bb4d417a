"""A small synthetic edition with all its parts, its clock, and people, teams and entries in it.

    clock.during("registration")            # the challenge's clock, see `conftest.clock`
    edition = make_edition()                # hk (quota 2) and sh (quota 3), state "open"
    team = make_team(edition, "hk", "Harbour Watch", people=2)
    entry = make_entry(team, state="eligible")

Everybody here is made up. Rows are written by the room's own actions where those exist and the state asked for can be
reached by them; a later state is put directly, for tests of what comes after.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from server.persons import make_person

SLUG = "harbour-2026"

TEXT = """\
edition: 1
slug: harbour-2026
title: {en: Harbour Challenge 2026 (synthetic), zh-Hant: 海港挑戰賽 2026（虛構）, zh-Hans: 海港挑战赛 2026（虚构）}
time_zone: Asia/Hong_Kong
divisions:
  hk:
    city: hong-kong
    title: {en: Hong Kong, zh-Hant: 香港, zh-Hans: 香港}
    time_zone: Asia/Hong_Kong
    quota: 2
    languages: [en, zh-Hant, zh-Hans]
  sh:
    city: shanghai
    title: {en: Shanghai, zh-Hant: 上海, zh-Hans: 上海}
    time_zone: Asia/Shanghai
    quota: 3
    languages: [en, zh-Hans]
phases:
  registration: {kind: registration, opens: "2026-04-13T10:00", closes: "2026-06-01T00:00"}
  submission-hk: {kind: submission, division: hk, opens: "2026-05-01T00:00", closes: "2026-07-01T00:00"}
  submission-sh: {kind: submission, division: sh, opens: "2026-05-01T00:00", closes: "2026-07-01T00:00"}
  eligibility: {kind: eligibility, opens: "2026-07-01T00:00", closes: "2026-07-08T00:00"}
  screening: {kind: screening, opens: "2026-07-08T00:00", closes: "2026-07-20T00:00"}
  shortlist: {kind: shortlist, opens: "2026-07-20T00:00", closes: "2026-07-22T00:00"}
  coaching: {kind: coaching, opens: "2026-07-22T00:00", closes: "2026-08-10T00:00"}
  final: {kind: final, opens: "2026-08-10T00:00", closes: "2026-08-16T00:00"}
  appeals: {kind: appeals, opens: "2026-08-16T00:00", closes: "2026-08-23T00:00"}
  nomination: {kind: nomination, opens: "2026-08-23T00:00", closes: "2026-09-20T00:00"}
tracks:
  transport: {title: {en: Transport, zh-Hant: 交通運輸, zh-Hans: 交通运输}}
  weather: {title: {en: Weather services, zh-Hant: 氣象服務, zh-Hans: 气象服务}}
themes:
  mobility:
    title: {en: Mobility, zh-Hant: 出行, zh-Hans: 出行}
    subcategories:
      transportation: {title: {en: Transportation, zh-Hant: 交通運輸, zh-Hans: 交通运输}, track: transport}
  environment:
    title: {en: Environment, zh-Hant: 環境, zh-Hans: 环境}
    subcategories:
      meteorology: {title: {en: Meteorological services, zh-Hant: 氣象服務, zh-Hans: 气象服务}, track: weather}
      governance: {title: {en: Urban governance, zh-Hant: 城市治理, zh-Hans: 城市治理}}
eligibility:
  participants: [individual, corporate]
  minimum_age: {applies: true, check: declared, years: 18, on: registration.closes}
  residence: {applies: true, check: documented, among: [hong-kong, mainland]}
  company_registered: {applies: true, check: declared, among: [hong-kong, mainland]}
  one_team_per_person: {applies: true}
  team_size: {applies: true, least: 1, most: 4}
  organisers_and_relatives_barred: {applies: true, check: declared}
  members_frozen: {applies: true, after: shortlist}
  declarations:
    truth:
      words:
        en: All that we hand in is true and our own.
        zh-Hant: 我們提交的全部資料均屬真實，並為我們所有。
        zh-Hans: 我们提交的全部资料均属真实，并为我们所有。
deliverables:
  deck:
    title: {en: Proposal, zh-Hant: 提案, zh-Hans: 方案}
    required: true
    types: [pdf]
    most_bytes: 20000000
    most_pages: 10
    languages: [[en, zh-Hans], [zh-Hans]]
  video:
    title: {en: Video, zh-Hant: 短片, zh-Hans: 视频}
    required: false
    types: [mp4]
    most_bytes: 300000000
    most_seconds: 180
    speech:
      - {spoken: en, subtitles: [zh-Hans]}
      - {spoken: cmn}
data_use:
  both_cities: recommended
  other_sources: reliable
anonymity:
  screening: [team, members, organisation, contact, mentor, logo, file-names, video-title]
  final: []
  leak_more_than: 2
rubrics:
  first:
    title: {en: First judging, zh-Hant: 初審, zh-Hans: 初审}
    criteria:
      novelty: {title: {en: Novelty, zh-Hant: 創新, zh-Hans: 创新}, weight: 20}
      data: {title: {en: Use of data, zh-Hant: 數據運用, zh-Hans: 数据运用}, weight: 30}
      benefit: {title: {en: Benefit, zh-Hant: 效益, zh-Hans: 效益}, weight: 30}
      doing: {title: {en: Feasibility, zh-Hant: 可行性, zh-Hans: 可行性}, weight: 20}
  last:
    title: {en: Final judging, zh-Hant: 決審, zh-Hans: 决审}
    criteria:
      benefit: {title: {en: Benefit, zh-Hant: 效益, zh-Hans: 效益}, weight: 50}
      showing: {title: {en: Presentation, zh-Hant: 演示, zh-Hans: 展示}, weight: 50}
rounds:
  screening-hk:
    stage: screening
    division: hk
    rubric: first
    method: calibrated
    judges_per_entry: 2
    anchors: 1
    ties: ["criterion:data", "criterion:novelty", chair]
    reserves: 2
  screening-sh:
    stage: screening
    division: sh
    rubric: first
    method: calibrated
    judges_per_entry: 2
    anchors: 1
    ties: ["criterion:data", "criterion:novelty", chair]
    reserves: 2
  final:
    stage: final
    rubric: last
    method: calibrated-panel-means
    judges_per_entry: all
    least_per_city: {hong-kong: 2, shanghai: 2}
    pairwise: true
    ties: ["criterion:benefit", pairwise, chair]
awards:
  best-mobility: {kind: theme, theme: mobility, by: final, count: 1, exclusive: false}
  best-environment: {kind: theme, theme: environment, by: final, count: 1, exclusive: false}
  grand: {kind: grand, by: final, count: 1, exclusive: false}
appeals: {applies: true, days: 7, grounds: [procedure, eligibility, arithmetic], fee: none}
nomination: {applies: true, who: awarded}
retention:
  identity_papers:
    applies: true
    asked_from: registration
    purposes: [eligibility]
    destroyed_days: 30
    counted_from: appeals
provenance:
  "*": {mark: organiser, verified: {by: Synthetic organiser, on: "2026-03-01"}}
"""

WHEN = {
    "before": "2026-04-01T12:00:00+08:00",
    "registration": "2026-05-10T12:00:00+08:00",
    "submission": "2026-06-20T12:00:00+08:00",
    "eligibility": "2026-07-03T12:00:00+08:00",
    "screening": "2026-07-10T12:00:00+08:00",
    "shortlist": "2026-07-20T12:00:00+08:00",
    "coaching": "2026-07-25T12:00:00+08:00",
    "final": "2026-08-12T12:00:00+08:00",
    "appeals": "2026-08-18T12:00:00+08:00",
    "nomination": "2026-09-01T12:00:00+08:00",
}
"""An instant inside each phase."""

_numbers = itertools.count(1)


class Clock:
    """The challenge's clock in a test: it stands until it is set."""

    def __init__(self) -> None:
        self.at = datetime.fromisoformat(WHEN["registration"])

    def __call__(self) -> datetime:
        return self.at

    def set(self, instant: str | datetime) -> datetime:
        """To an instant written with its offset."""
        self.at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        assert self.at.tzinfo is not None
        return self.at

    def during(self, phase: str) -> datetime:
        return self.set(WHEN[phase])

    def advance(self, **span: float) -> datetime:
        """By so many `seconds=`, `hours=`, `days=`."""
        return self.set(self.at + timedelta(**span))


def edition_text(slug: str = SLUG, changes: dict[str, str] | None = None) -> str:
    """The edition's file. `changes` replaces pieces of its text, each of which must stand in it."""
    text = TEXT.replace(f"slug: {SLUG}", f"slug: {slug}")
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def make_edition(slug: str = SLUG, *, state: str = "open", changes: dict[str, str] | None = None) -> Any:
    """The edition as rows, in a state."""
    from dataferry.server.challenge.models import Edition

    edition = _created(edition_text(slug, changes))
    Edition.objects.filter(pk=edition.pk).update(state=state)
    edition.refresh_from_db()
    return edition


def _created(text: str) -> Any:
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.edition_file import read_edition
    from dataferry.server.challenge.models import Division, Edition, EditionVersion, Phase, Round

    file, now = read_edition(text), clock.now()
    document = file.document()
    edition = Edition.objects.create(slug=file.slug, document=document, digest=file.digest(), created_at=now)
    EditionVersion.objects.create(
        edition=edition, number=1, source=text, document=document, digest=file.digest(), made_at=now
    )
    divisions = {
        code: Division.objects.create(
            edition=edition, code=code, city=each.city, quota=each.quota, time_zone=each.time_zone
        )
        for code, each in file.divisions.items()
    }
    for phase in file.phases.values():
        division = divisions.get(phase.division or "")
        Phase.objects.create(
            edition=edition, division=division, kind=phase.kind, opens_at=phase.opens, closes_at=phase.closes
        )
    for each in file.rounds.values():
        Round.objects.create(
            edition=edition, division=divisions.get(each.division or ""), code=each.code, stage=each.stage
        )
    return edition


def make_organiser(city: str = "") -> Any:
    """An organiser of one city, or (empty) of both."""
    from dataferry.server.people import Role

    return make_person(f"organiser{next(_numbers)}@example.org", Role.ORGANISER, city=city)


def make_team(edition: Any, division: str = "hk", name: str = "", *, people: int = 1, kind: str = "individual") -> Any:
    """A team with so many made-up people; the first leads. `team.people` lists them."""
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.models import Team, TeamMember
    from dataferry.server.challenge.team_names import folded_name

    number = Team.objects.filter(edition=edition).count() + 1
    name = name or f"Synthetic team {next(_numbers)}"
    team = Team.objects.create(
        edition=edition,
        division=edition.divisions.get(code=division),
        number=number,
        name=name,
        name_folded=folded_name(name),
        kind=kind,
        registered_at=clock.now(),
    )
    team.people = [make_person() for _ in range(people)]
    for position, person in enumerate(team.people):
        TeamMember.objects.create(
            team=team, edition=edition, user=person, is_leader=position == 0, joined_at=clock.now()
        )
    return team


def make_entry(team: Any, *, subcategory: str = "transportation", state: str = "eligible", code: str = "") -> Any:
    """The team's entry in a state; its code is `HK-001`, `SH-002`, ... where none is given."""
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.models import Entry

    return Entry.objects.create(
        edition=team.edition,
        team=team,
        division=team.division,
        code=code or f"{team.division.code.upper()}-{team.number:03d}",
        subcategory=subcategory,
        state=state,
        title={"en": f"Synthetic entry {team.number}"},
        summary={"en": "Made up for a test."},
        language="en",
        started_at=clock.now(),
        changed_at=clock.now(),
    )
