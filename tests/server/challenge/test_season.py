"""The acceptance test of the challenge: the edition of 2024 from registration to listing draft, by the real actions.

The twelve steps are those of the project's facts about the competition (section 4.5). People, teams and scores are
synthetic; the rubric is a stand-in.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from dataferry.messages import DataferryError, RefusedError
from dataferry.server import jobs
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import (
    appeals,
    artefacts,
    conflicts,
    data_use,
    entries,
    listing,
    nominations,
    panels,
    results,
    scoring,
    teams,
)
from dataferry.server.challenge.models import Entry, Result, ScoreSheet, SheetRevision, Team
from dataferry.server.challenge.rehearsal import acts
from dataferry.server.challenge.rehearsal.cast import synthetic_person
from server.challenge.inspection.making import film, paper
from server.challenge.season import DEADLINE, WITHOUT_TRACK, Season

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TRADITIONAL = "本計劃運用滬港兩地的開放數據，為市民提供更準確的交通資訊，並說明數據來源、處理方法及預期成效。" * 8
TOP = ("hong-kong/1", "shanghai/1")
"""The teams that are equal at the line of the Grand Award, by name; EQUAL has their numbers."""
EQUAL = {"hong-kong/1", "shanghai/31"}


class TwentyTwentyFour(Season):
    """What is planted between the steps."""

    def before_screening(self) -> None:
        hong_kong, shanghai = self.judges_of("hong-kong"), self.judges_of("shanghai")
        numbers = {"hong-kong": (3, 4, 5), "shanghai": (3, 4, 5)}
        for division, panel in (("hong-kong", hong_kong), ("shanghai", shanghai)):
            for judge, number in zip(panel, numbers[division], strict=False):
                team = self.team(division, number)
                conflicts.declare_conflict(judge.user, judge, team, "self", "We worked together.")
                self.pairs.add((judge.pk, team.pk))

    def before_scoring(self, round_: Any) -> None:
        if round_.code == "screening-shanghai":
            leaking = self.entry("shanghai", 9)
            sheets = ScoreSheet.objects.filter(round=round_, entry=leaking).select_related("judge__user")
            for sheet in sheets:
                panels.report_anonymity(sheet.judge.user, leaking, "The deck shows the company's name.")
                self.reported += 1
            panels.decide_anonymity(self.organiser, leaking, uphold=True, reason="The deck names its company.")
        if round_.code == "final":
            recusable = ScoreSheet.objects.filter(round=round_).exclude(entry__team__number__in=(1, 31)).order_by("pk")
            for sheet in list(recusable.select_related("judge__user", "entry"))[:: max(1, recusable.count() // 12)][
                :12
            ]:
                scoring.recuse(sheet.judge.user, sheet, "Too close to judge.")

    def add_files(self, team: Team, entry: Entry) -> None:
        super().add_files(team, entry)
        if team.name == "Synthetic hong-kong 1":
            leader = acts.leader_of(team)
            data_use.attach_release(leader, entry, environmental_database(leader))

    def team(self, division: str, number: int) -> Team:
        return Team.objects.get(edition=self.edition, name=f"Synthetic {division} {number}")

    def entry(self, division: str, number: int) -> Entry:
        return self.team(division, number).entry


def test_the_edition_of_2024(home: Any, db: Any, tmp_path: Any) -> None:
    season = TwentyTwentyFour({"hong-kong": 30, "shanghai": 50})
    season.equal = EQUAL
    season.cast.quality["hong-kong/12"] = 93.0  # in the sub-category without a track, and good enough for the final
    season.announce()
    season.register()

    # 1. The planted faults end in the right states, with reasons.
    plant_people(season)
    season.hand_in()
    plant_files(season, tmp_path)
    plant_the_last_second(season)
    season.decide_eligibility()
    young, foreign = season.entry("hong-kong", 29), Team.objects.get(edition=season.edition, kind="corporate").entry
    assert (young.state, foreign.state) == ("ineligible", "ineligible")
    assert "minimum-age" in young.state_reason
    assert "company-registered" in foreign.state_reason

    # 2. Assignment: no conflict, three scores an entry, loads within one.
    season.screen()
    assert len(season.pairs) == 6
    assert not {(s.judge_id, s.entry.team_id) for s in ScoreSheet.objects.select_related("entry")} & season.pairs
    for division in ("hong-kong", "shanghai"):
        check_assignment(season, division)
    assert season.reported == 3
    assert season.entry("shanghai", 9).state == "disqualified"

    # 3. Exactly 8 + 12, and a disqualified finalist gives way to the first reserve of the same division.
    step = season.shortlist()
    assert step.figures["finalists"] == {"hong-kong": 8, "shanghai": 12}
    out, reserve = replace_a_finalist(season)
    assert (out.state, reserve.state) == ("disqualified", "shortlisted")
    assert counted(season, "shortlisted") == {"hong-kong": 8, "shanghai": 12}

    # 4 and 5 are the statistics': tests/judging/test_promises.py; here each division was ranked by itself.
    document = json.loads(season.only_round("screening-shanghai").results.get().document)
    assert list(document["rankings"]) == ["shanghai"]

    # 6, 7, 8. The final: twelve recusals, theme honours and the Grand Award, a tie by the declared chain.
    assert {season_entry(season, key).state for key in TOP} == {"shortlisted"}
    season.cast.home_bias = 8.0
    final = judge_the_final_with_a_tie(season)
    assert ScoreSheet.objects.filter(round=final.round, state="recused").count() == 12
    awards = {award.code: award.entry for award in final.awards.all()}
    best = season_entry(season, TOP[0])
    assert awards["grand"] == best
    themes = {code for code, entry in awards.items() if entry == best}
    assert len(themes) == 2, "one entry may hold the Grand Award and a theme honour"
    check_vacancies(season, awards)

    # 9. One changed score row breaks the seal; put back, the replay gives the same bytes.
    check_tampering(season)

    # 10. An appeal on arithmetic makes revision n + 1; the revision before stays readable.
    corrected = appeal_on_arithmetic(season, final)
    assert (corrected.revision, Result.objects.get(pk=final.pk).document) == (final.revision + 1, final.document)

    # 11. Every nominated entry has one track; one without a track is not sent.
    season.seal()
    assert season.edition.state == "final"
    check_nominations(season)

    # 12. The best entry is a listing draft with its data-use dossier filled.
    (draft,) = listing.offer_listings(season.organiser, season.edition)
    assert str(draft.release) == "environmental-database 1.0.0"
    assert draft.dossier["awards"] == sorted(themes)
    assert draft.dossier["verdict"]["both_cities"] == "no"
    assert [use["verified"]["city"] for use in draft.dossier["data_use"]] == ["hong-kong"]
    assert season.replay().figures["holds"] is True


def counted(season: Season, state: str) -> dict[str, int]:
    """Entries in a state, by division."""
    divisions = season.edition.divisions.all()
    return {each.code: Entry.objects.filter(division=each, state=state).count() for each in divisions}


def season_entry(season: TwentyTwentyFour, key: str) -> Entry:
    division, number = key.split("/")
    return season.entry(division, int(number))


def plant_people(season: TwentyTwentyFour) -> None:
    """Somebody under 18, a company registered elsewhere, one person in two teams."""
    from dataferry.server.people.models import Membership, Organisation

    with clock.standing_at(datetime.fromisoformat("2024-05-20T12:00:00+08:00")):
        check = season.team("hong-kong", 29).checks.get(rule="minimum-age")
        assert (check.state, check.reason_code) == ("failed", "server.challenge.eligibility_age")

        boss = synthetic_person("boss")
        company = Organisation.objects.create(slug="elsewhere", name={"en": "Elsewhere (synthetic)"}, city="")
        Membership.objects.create(organisation=company, user=boss, is_manager=True)
        division = season.division("shanghai")
        team = teams.register_team(
            boss, season.edition, division, name="Synthetic company", kind="corporate", organisation=company
        )
        acts.answer_checks(team, {"company-registered": "elsewhere"})
        assert team.checks.get(rule="company-registered").state == "failed"

        with pytest.raises(DataferryError) as caught:
            teams.register_team(boss, season.edition, division, name="Synthetic second", kind="individual")
        assert caught.value.code == "server.challenge.in_a_team_already"


def plant_files(season: TwentyTwentyFour, folder: Any) -> None:
    """A film of 181 seconds and a deck in Traditional Chinese only: both are refused, with the figure."""
    with clock.standing_at(datetime.fromisoformat("2024-06-30T12:00:00+08:00")):
        for number, role, path, code in (
            (27, "video", film(folder / "film.mp4", 181.0), "film_too_long"),
            (28, "proposal", paper(folder / "deck.pdf", [TRADITIONAL]), "language_not_accepted"),
        ):
            team = season.team("shanghai", number)
            handed = acts.Handed.of(path, path.name)
            artefact = artefacts.add_artefact(acts.leader_of(team), team.entry, role, "", handed)
            jobs.run(int(artefact.job_id or 0))
            artefact.refresh_from_db()
            refused = [finding["code"] for finding in artefact.findings if finding["severity"] == "refuse"]
            assert refused, (role, artefact.findings)
            with pytest.raises(RefusedError) as caught:
                entries.submit(acts.leader_of(team), team.entry)
            assert caught.value.data["parts"] == f"refused {role}", code


def plant_the_last_second(season: TwentyTwentyFour) -> None:
    """15:59:59Z is in time for a Shanghai midnight, 16:00:00Z is late."""
    deadline = datetime.fromisoformat(DEADLINE)
    team = season.team("shanghai", 26)
    with clock.standing_at(deadline - timedelta(seconds=1)):
        assert entries.submit(acts.leader_of(team), team.entry).number == 2
    with clock.standing_at(deadline), pytest.raises(RefusedError) as caught:
        entries.submit(acts.leader_of(team), team.entry)
    assert (caught.value.code, caught.value.data["seconds"]) == ("server.challenge.too_late", 0)


def check_assignment(season: TwentyTwentyFour, division: str) -> None:
    round_ = season.only_round(f"screening-{division}")
    sheets = list(ScoreSheet.objects.filter(round=round_))
    entries_ = {sheet.entry_id for sheet in sheets}
    assert all(sum(sheet.entry_id == entry for sheet in sheets) == 3 for entry in entries_)
    loads = [sum(sheet.judge_id == judge for sheet in sheets) for judge in {sheet.judge_id for sheet in sheets}]
    assert max(loads) - min(loads) <= 1


def replace_a_finalist(season: TwentyTwentyFour) -> tuple[Entry, Entry]:
    """A finalist of Hong Kong is disqualified."""
    document = json.loads(season.only_round("screening-hong-kong").results.get().document)
    lists = document["outcome"]["shortlists"]["hong-kong"]
    best = season_entry(season, TOP[0]).code
    out = Entry.objects.get(edition=season.edition, code=next(c for c in reversed(lists["finalists"]) if c != best))
    with clock.standing_at(datetime.fromisoformat("2024-07-25T12:00:00+08:00")):
        entries.disqualify(season.organiser, out, "Copied from a marketed product.")
    out.refresh_from_db()
    return out, Entry.objects.get(edition=season.edition, code=lists["reserves"][0])


def judge_the_final_with_a_tie(season: TwentyTwentyFour) -> Result:
    """Two entries are equal to the last digit; the chain decides: criteria are equal too, so the judges vote."""
    at = datetime.fromisoformat("2024-08-15T10:00:00+08:00")
    first, second = (season_entry(season, key) for key in TOP)
    with clock.standing_at(at):
        season._move("final_judging")
        acts.open_and_assign(season.organiser, season.only_round("final"))
        season.before_scoring(season.only_round("final"))
        acts.score(season.only_round("final"), season.cast)
    with clock.standing_at(at + timedelta(hours=6)):
        from dataferry.server.challenge.actions.assigning import close_round

        closed = close_round(season.organiser, season.only_round("final"))
        tied = results.compute_result(season.organiser, closed)
        assert sorted((first.code, second.code)) in json.loads(tied.document)["outcome"]["unresolved"]
        with pytest.raises(RefusedError) as caught:
            results.publish_provisional(season.organiser, tied)
        assert caught.value.code == "server.challenge.tie_open"
        for judge in season.judges_of("hong-kong")[:2] + season.judges_of("shanghai")[:2]:
            panels.cast_ballot(judge.user, season.only_round("final"), first, second)
        computed = results.compute_result(season.organiser, season.only_round("final"), "The judges voted.")
        computed = acts.settle_ties(season.organiser, computed)
        ranking = json.loads(computed.document)["rankings"]["joint"]["places"]
        assert [(place["entry"], place["decided_by"]) for place in ranking[:2]] == [
            (first.code, "pairwise"),
            (second.code, "pairwise"),
        ]
        shown = results.publish_provisional(season.organiser, computed)
        season._move("provisional")
    return shown


def check_vacancies(season: TwentyTwentyFour, awards: dict[str, Any]) -> None:
    """A theme without a finalist leaves its honour vacant."""
    file = season.edition.file
    in_final = {file.theme_of(e.subcategory) for e in Entry.objects.filter(edition=season.edition, state="presented")}
    for theme in file.themes:
        assert (awards[f"honour-{theme}"] is None) == (theme not in in_final)


def check_tampering(season: TwentyTwentyFour) -> None:
    revision = SheetRevision.objects.filter(sheet__round__code="final").first()
    assert revision is not None
    kept = dict(revision.scores)
    table, trigger = "challenge_sheetrevision", "challenge_sheetrevision_update_refused"
    with pytest.raises(Exception, match="final"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET scores = %s WHERE id = %s", ["{}", revision.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [trigger])
        (made,) = cursor.fetchone()
        cursor.execute(f"DROP TRIGGER {trigger}")
        changed = {**kept, next(iter(kept)): "100"}
        cursor.execute(f"UPDATE {table} SET scores = %s WHERE id = %s", [json.dumps(changed), revision.pk])
        replayed = results.replay_edition(season.edition)
        assert [finding.code for finding in replayed.findings] == ["server.challenge.replay_sheet_differs"]
        assert replayed.findings[0].data["place"] == f"sheet:{revision.sheet_id}"
        cursor.execute(f"UPDATE {table} SET scores = %s WHERE id = %s", [json.dumps(kept), revision.pk])
        cursor.execute(made)
    replayed = results.replay_edition(season.edition)
    assert replayed.holds
    assert all(stage.matches for stage in replayed.stages)


def appeal_on_arithmetic(season: TwentyTwentyFour, provisional: Result) -> Result:
    """A judge had mistyped a score: the sheet is reopened by two officials, signed again, the result computed anew."""
    with clock.standing_at(datetime.fromisoformat("2024-08-17T12:00:00+08:00")):
        entry = (
            Entry.objects.filter(edition=season.edition, state="presented").exclude(team__number__in=(1, 31)).first()
        )
        assert entry is not None
        leader = acts.leader_of(entry.team)
        appeal = appeals.file_appeal(leader, provisional, entry, "arithmetic", "A score was typed wrongly.")
        with pytest.raises(DataferryError):
            appeals.file_appeal(leader, provisional, entry, "taste", "We are better.")
        with pytest.raises(RefusedError):
            results.seal_result(season.organiser, provisional)
        appeals.admit(season.organiser, appeal)
        sheet = ScoreSheet.objects.filter(round=provisional.round, entry=entry, state="locked").first()
        assert sheet is not None
        first, second = season.cast.organisers
        opened = scoring.confirm_reopening(
            second, scoring.propose_reopening(first, sheet, "A score was typed wrongly.")
        )
        person = sheet.judge.user
        right = {**opened.scores, "content": "50"}
        saved = scoring.save_sheet(person, opened, opened.revision, right)
        scoring.sign_sheet(person, saved, saved.revision)
        appeals.decide(season.organiser, appeal, upheld=True, reason="The figure was typed wrongly.")
        corrected = results.compute_result(season.organiser, provisional.round, "A score was corrected on appeal.")
        corrected = acts.settle_ties(season.organiser, corrected)
        return results.publish_provisional(season.organiser, corrected)


def check_nominations(season: TwentyTwentyFour) -> None:
    in_final = list(Entry.objects.filter(edition=season.edition, state__in=("presented", "awarded")))
    without = next((entry for entry in in_final if entry.subcategory == WITHOUT_TRACK), None)
    chosen = [season_entry(season, TOP[0]), *([without] if without else [])]
    with clock.standing_at(datetime.fromisoformat("2024-08-25T12:00:00+08:00")):
        for nomination in nominations.select(season.organiser, season.edition, chosen):
            nomination = nominations.consent(acts.leader_of(nomination.entry.team), nomination, True)
            if nomination.entry == without:
                with pytest.raises(RefusedError) as caught:
                    nominations.package(season.organiser, nomination)
                assert caught.value.code == "server.challenge.track_missing"
            else:
                sent = nominations.send(season.organiser, nominations.package(season.organiser, nomination))
                assert (sent.state, sent.track) == ("sent", season.edition.file.track_of(sent.entry.subcategory))
    assert without is not None, "the play should bring an entry without a track into the final"


def environmental_database(leader: Any) -> Any:
    """A release built on a dataset of Hong Kong's spatial data infrastructure."""
    from dataferry.server.workshop.models import Product, Release

    areas = {"name": "eia_areas", "city": "hong-kong", "licence": "HK-DATA-GOV", "snapshot": "sha256:" + "1" * 64}
    product = Product.objects.create(slug="environmental-database", owner=leader)
    return Release.objects.create(
        product=product, version="1.0.0", digest="sha256:0", folder="f", document={"inputs": [areas]}
    )
