"""Promise: a mentor reads what the team made and changes nothing; who scored a team never becomes its mentor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.messages import RefusedError
from dataferry.server.challenge.actions import mentoring as actions
from dataferry.server.challenge.models import Conflict, Mentorship, ScoreSheet
from dataferry.server.letters.models import Letter
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import Clock, make_entry, make_team
from server.challenge.judging_house import JudgedRound, make_judge, sign
from server.persons import make_person

pytestmark = pytest.mark.django_db


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def entry_page(entry: Any) -> str:
    return f"/en/challenge/entries/{entry.edition.slug}/{entry.code}/"


def test_a_mentor_reads_the_entry_and_changes_nothing(edition: Any, clock: Clock, hk_organiser: Any) -> None:
    clock.during("submission")
    team = make_team(edition, "hk", people=2)
    entry = make_entry(team, state="draft")
    mentor = make_person("mentor@example.org")
    client = client_of(mentor)
    assert client.get(entry_page(entry)).status_code == 404
    row = actions.attach_mentor(hk_organiser, team, mentor)
    assert client.get(entry_page(entry)).status_code == 200
    for act in ("submit", "withdraw", "texts"):
        client.post(entry_page(entry), {"do": act, "sure": "yes", "revision": entry.revision, "title_en": "Taken"})
    title = entry.title
    entry.refresh_from_db()
    assert (entry.state, entry.title) == ("draft", title)
    assert client.get(f"/en/challenge/mine/teams/{team.pk}/").status_code == 404, (
        "checks and papers are not for mentors"
    )
    shown = client.get(f"/en/challenge/mine/mentoring/{team.pk}/")
    assert shown.status_code == 200
    assert team.name in shown.content.decode()
    assert client.post("/en/challenge/mine/mentoring/", {"number": row.pk}).status_code == 302
    assert client_of(mentor).get(entry_page(entry)).status_code == 404
    assert client.get(f"/en/challenge/mine/mentoring/{team.pk}/").status_code == 404


def test_a_span_ends_by_itself(edition: Any, clock: Clock, hk_organiser: Any) -> None:
    team, mentor = make_team(edition, "hk"), make_person()
    entry = make_entry(team)
    actions.attach_mentor(hk_organiser, team, mentor, clock.at.replace(day=20))
    assert client_of(mentor).get(entry_page(entry)).status_code == 200
    clock.set(clock.at.replace(day=20))
    assert client_of(mentor).get(entry_page(entry)).status_code == 404
    assert actions.attach_mentor(hk_organiser, team, mentor).ended_at is None, "and may begin anew"


def test_both_sides_get_one_letter_each_time(edition: Any, hk_organiser: Any) -> None:
    team, mentor = make_team(edition, "hk", "渡輪🛳️ عبّارة", people=2), make_person()
    row = actions.attach_mentor(hk_organiser, team, mentor)
    began = Letter.objects.filter(key__startswith=f"challenge.mentorship:{row.pk}:began")
    assert set(began.values_list("user", flat=True)) == {mentor.pk, *(each.pk for each in team.people)}
    assert team.name in began.get(user=mentor).body
    actions.end_mentorship(hk_organiser, row)
    with pytest.raises(RefusedError, match="ended already"):
        actions.end_mentorship(hk_organiser, row)
    assert Letter.objects.filter(key__startswith=f"challenge.mentorship:{row.pk}:").count() == 6


def test_a_mentor_who_judges_gets_a_conflict_and_loses_the_sheet(edition: Any, clock: Clock) -> None:
    clock.during("screening")
    judged = JudgedRound(edition).assigned()
    sheet = judged.sheet()
    actions.attach_mentor(judged.organiser, sheet.entry.team, sheet.judge.user)
    assert Conflict.objects.filter(judge=sheet.judge, team=sheet.entry.team, source="mentor").exists()
    assert ScoreSheet.objects.get(pk=sheet.pk).state == "withdrawn"


def test_who_signed_a_sheet_for_a_team_cannot_mentor_it(edition: Any, clock: Clock) -> None:
    clock.during("screening")
    judged = JudgedRound(edition).assigned()
    sheet = judged.sheet()
    sign(sheet)
    with pytest.raises(RefusedError, match="signed a score sheet"):
        actions.attach_mentor(judged.organiser, sheet.entry.team, sheet.judge.user)
    assert not Mentorship.objects.exists()
    assert ScoreSheet.objects.get(pk=sheet.pk).state == "signed"


def test_a_mentorship_that_ended_still_bars_from_judging(edition: Any, hk_organiser: Any, organiser: Any) -> None:
    team, person = make_team(edition, "hk"), make_person("", "judge")
    actions.end_mentorship(hk_organiser, actions.attach_mentor(hk_organiser, team, person))
    judge = make_judge(organiser, edition, person=person)
    assert Conflict.objects.filter(judge=judge, team=team, source="mentor").exists()


def test_whom_one_cannot_attach(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team, mentor = make_team(edition, "hk"), make_person()
    with pytest.raises(RefusedError):
        actions.attach_mentor(sh_organiser, team, mentor)
    with pytest.raises(RefusedError, match="cannot be its mentor"):
        actions.attach_mentor(hk_organiser, team, team.people[0])
    actions.attach_mentor(hk_organiser, team, mentor)
    with pytest.raises(ConflictError):
        actions.attach_mentor(hk_organiser, team, mentor)


def test_the_page_of_mentors(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team, mentor = make_team(edition, "hk"), make_person("mentor@example.org")
    page = f"/en/challenge/editions/{edition.slug}/desk/mentors/"
    wanted = {"team": team.pk, "email": "mentor@example.org", "until": "2026-09-01T18:00"}
    assert client_of(sh_organiser).post(page, wanted).status_code == 422, "another city's team"
    assert client_of(mentor).post(page, wanted).status_code == 403
    client = client_of(hk_organiser)
    nobody = client.post(page, {**wanted, "email": "nobody@example.org"})
    assert nobody.status_code == 422
    assert "No account has this verified address" in nobody.content.decode()
    assert client.post(page, wanted).status_code == 302
    row = Mentorship.objects.get()
    assert (row.mentor, row.until.isoformat()) == (mentor, "2026-09-01T10:00:00+00:00")
    assert client_of(sh_organiser).post(page, {"do": "end", "number": row.pk}).status_code == 404
    assert client.post(page, {"do": "end", "number": row.pk}).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None


def test_a_mentor_takes_their_data_along_and_leaves(edition: Any, hk_organiser: Any) -> None:
    from dataferry.server.challenge import desk_personal_data

    team, mentor = make_team(edition, "hk"), make_person()
    row = actions.attach_mentor(hk_organiser, team, mentor)
    assert desk_personal_data.exported(mentor)["mentorships"][0]["team"] == team.name
    desk_personal_data.erase(mentor)
    row.refresh_from_db()
    assert (row.mentor, row.ended_at is not None) == (None, True)
    assert desk_personal_data.exported(mentor)["mentorships"] == []
