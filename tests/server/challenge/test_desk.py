"""Promise: the desk shows a judge their own entries beside the rubric, keeps what they write, tells every refusal."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dataferry.server.challenge.actions import assigning, judges, scoring
from dataferry.server.challenge.models import Relation, ScoreSheet
from dataferry.server.people import Role
from server.persons import make_person

from .judging_house import FIRST, JudgedRound, make_judge, score, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(edition: Any, clock: Any) -> JudgedRound:
    clock.during("screening")
    return JudgedRound(edition).assigned()


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(sheet: Any, name: str = "challenge-desk-sheet") -> str:
    return reverse(name, args=[sheet.pk])


def typed(sheet: Any, scores: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    fresh = ScoreSheet.objects.get(pk=sheet.pk)
    return {"revision": fresh.revision, **{f"score-{code}": text for code, text in (scores or FIRST).items()}, **more}


def test_the_desk_without_script_from_the_first_look_to_the_signature(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    client = signed_in(sheet.judge.user)
    listed = client.get(reverse("challenge-desk")).content.decode()
    assert sheet.entry.code in listed
    shown = client.get(page_of(sheet)).content.decode()
    assert "Novelty" in shown
    assert "Synthetic entry" in shown
    sheet.refresh_from_db()
    assert sheet.state == "opened"
    answer = client.post(page_of(sheet), typed(sheet, comment_team="Well done.", act="sign"))
    assert answer["Location"] == page_of(sheet, "challenge-desk-sign")
    confirmation = client.get(answer["Location"]).content.decode()
    assert all(text in confirmation for text in ("75.5", "Well done.", "two officials"))
    sheet.refresh_from_db()
    client.post(answer["Location"], {"revision": sheet.revision})
    sheet.refresh_from_db()
    assert sheet.state == "signed"
    locked = client.get(page_of(sheet)).content.decode()
    assert "Signed" in locked
    assert "<form id=" not in locked
    assert client.post(page_of(sheet), typed(sheet)).status_code == 403


def test_a_wrong_score_is_told_beside_its_field_and_what_was_written_stays(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    client = signed_in(sheet.judge.user)
    answer = client.post(page_of(sheet), typed(sheet, {**FIRST, "data": "1000"}, comment_panel="Keep me."))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="1000"' in text
    assert "Keep me." in text
    assert "1000 is not on the scale" in text


def test_a_save_that_comes_late_shows_both(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    client = signed_in(sheet.judge.user)
    late = typed(sheet, {**FIRST, "data": "11"})
    score(sheet, {**FIRST, "data": "99"})
    answer = client.post(page_of(sheet), late)
    assert answer.status_code == 409
    assert 'value="11"' in answer.content.decode()
    assert ">99<" in answer.content.decode()
    told = client.post(page_of(sheet, "challenge-desk-save"), late)
    assert (told.status_code, told.json()["theirs"]["scores"]["data"]) == (409, "99")


def test_the_script_is_answered_with_what_stands_now(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    client = signed_in(sheet.judge.user)
    told = client.post(page_of(sheet, "challenge-desk-save"), typed(sheet)).json()
    assert (told["revision"], told["standing"]["total"], told["standing"]["missing"]) == (2, "75.5", [])
    wrong = client.post(page_of(sheet, "challenge-desk-save"), typed(sheet, {"data": "NaN"}))
    assert (wrong.status_code, wrong.json()["field"]) == (422, "data")
    assert Client().post(page_of(sheet, "challenge-desk-save"), typed(sheet)).status_code == 401


def test_nobody_else_finds_a_sheet(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    other = next(judge for judge in judged.judges if judge.pk != sheet.judge_id)
    names = ("sheet", "save", "sign", "recuse", "report")
    for person in (
        other.user,
        judged.organiser,
        sheet.entry.team.members.get().user,
        make_person("", Role.ADMINISTRATOR),
    ):
        client = signed_in(person)
        for name in names:
            address = page_of(sheet, f"challenge-desk-{name}")
            assert client.post(address, typed(sheet)).status_code == 404, (person, name)
    for name in names[:1]:
        assert Client().get(page_of(sheet, f"challenge-desk-{name}")).status_code == 302


def test_a_person_without_a_panel_is_told_so(judged: JudgedRound) -> None:
    answer = signed_in(make_person()).get(reverse("challenge-desk"))
    assert answer.status_code == 403
    assert "not on a panel" in answer.content.decode()


def test_recusing_and_reporting(judged: JudgedRound) -> None:
    first, second = judged.judges[0].sheets.all()[:2]
    client = signed_in(judged.judges[0].user)
    assert client.post(page_of(first, "challenge-desk-recuse"), {"reason": " "}).status_code == 422
    client.post(page_of(first, "challenge-desk-recuse"), {"reason": "A cousin."})
    client.post(page_of(second, "challenge-desk-report"), {"reason": "A logo."})
    first.refresh_from_db()
    assert first.state == "recused"
    assert second.entry.anonymity_reports.get().reason == "A logo."


def test_declaring_relations_by_hand(edition: Any, organiser: Any, clock: Any) -> None:
    judge = make_judge(organiser, edition, ready=False)
    client = signed_in(judge.user)
    address = reverse("challenge-desk-relations", args=[judge.pk])
    client.post(address, {"do": "add", "kind": "family", "other": "cousin@example.org"})
    assert "cousin@example.org" in client.get(address).content.decode()
    client.post(address, {"do": "withdraw", "relation": Relation.objects.get().pk})
    assert Relation.objects.get().withdrawn_at is not None
    client.post(address, {"do": "done"})
    judge.refresh_from_db()
    assert judge.declared_at is not None
    assert signed_in(make_person()).get(address).status_code == 404


def test_the_organisers_pages_from_appointing_to_closing(edition: Any, clock: Any) -> None:
    clock.during("screening")
    house = JudgedRound(edition, judges=2)
    client = signed_in(house.organiser)
    slug = edition.slug

    def at(name: str, *args: Any) -> str:
        return reverse(f"challenge-{name}", args=[slug, *args])

    person = make_person("new.judge@example.org", Role.JUDGE)
    form = {"email": "NEW.JUDGE@example.org", "city": "hong-kong", "languages": ["en", "zh-Hans"]}
    assert client.post(at("judges"), form).status_code == 302
    third = edition.judges.get(user=person)
    assert client.post(at("judges"), {**form, "email": "nobody@example.org"}).status_code == 422
    client.post(at("judge", third.pk), {"do": "confirm"})
    planned = client.get(at("round-judging", "screening-hk")).content.decode()
    assert "have not said" in planned
    judges.declare_done(person, third)
    chosen = [house.entries[0].pk]
    assert client.get(at("round-anchors", "screening-hk") + "?propose=1").status_code == 200
    client.post(at("round-anchors", "screening-hk"), {"entries": chosen})
    assert house.round.anchors.count() == 1
    client.post(at("round-calibration", "screening-hk"), {"entries": chosen})
    sign(ScoreSheet.objects.filter(calibration=True).first())
    assert "75.5" in client.get(at("round-calibration", "screening-hk")).content.decode()
    client.post(at("round-judging", "screening-hk"), {"do": "open"})
    assert "Give the entries to the judges" in client.get(at("round-assignment", "screening-hk")).content.decode()
    client.post(at("round-assignment", "screening-hk"), {"do": "assign"})
    sheets = list(ScoreSheet.objects.filter(calibration=False))
    assert len(sheets) == 3 + 3 * 2
    client.post(
        at("conflicts"),
        {"do": "declare", "judge": third.pk, "team": house.entries[1].team_id, "source": "organiser", "reason": "Kin."},
    )
    assert "the organisers say so" in client.get(at("conflicts")).content.decode()
    client.post(at("round-assignment", "screening-hk"), {"do": "assign"})
    for sheet in ScoreSheet.objects.filter(calibration=False, state="assigned"):
        sign(sheet)
    report = client.get(at("round-sheets", "screening-hk")).content.decode()
    assert "Stricter by" in report
    signed = ScoreSheet.objects.filter(state="signed").first()
    client.post(at("round-sheets", "screening-hk"), {"do": "propose", "sheet": signed.pk, "reason": "A slip."})
    second = signed_in(house.second)
    waiting = signed.reopenings.get()
    second.post(at("round-sheets", "screening-hk"), {"do": "confirm", "reopening": waiting.pk})
    signed.refresh_from_db()
    assert signed.state == "reopened"
    sign(signed)
    client.post(at("round-judging", "screening-hk"), {"do": "close", "reason": ""})
    house.round.refresh_from_db()
    assert house.round.state == "closed"
    for name, *args in (("judges",), ("conflicts",), ("round-judging", "screening-hk"), ("judge", third.pk)):
        for stranger in (third.user, house.entries[0].team.people[0], make_person()):
            assert signed_in(stranger).get(at(name, *args)).status_code == 404, name


def test_an_assignment_that_cannot_be_made_is_explained_on_its_page(judged: JudgedRound) -> None:
    entry = judged.entries[0]
    for judge in judged.judges[:2]:
        judges.declare_conflict(judged.organiser, judge, entry.team, "organiser", "Known.")
    client = signed_in(judged.organiser)
    address = reverse("challenge-round-assignment", args=[judged.edition.slug, "screening-hk"])
    text = client.get(address).content.decode()
    assert entry.code in text
    assert "Try it without them" in text
    assert client.post(address, {"do": "assign", "relaxations": "{not json"}).status_code == 422


def test_a_sheet_of_an_entry_that_is_gone_leaves_the_desk(judged: JudgedRound) -> None:
    from dataferry.server.challenge.actions.entries import disqualify

    sheet = judged.sheet()
    disqualify(judged.organiser, sheet.entry, "Not their own work.")
    assert signed_in(sheet.judge.user).get(page_of(sheet)).status_code == 404
    for other in judged.sheets:
        if other.entry_id != sheet.entry_id:
            sign(other)
    assigning.close_round(judged.organiser, judged.round)


def test_the_api_of_a_judge(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    client = signed_in(sheet.judge.user)
    listed = client.get("/api/v1/sheets").json()["items"]
    assert {each["id"] for each in listed} == set(sheet.judge.sheets.values_list("pk", flat=True))
    answer = client.get(f"/api/v1/sheets/{sheet.pk}")
    assert [line["code"] for line in answer.json()["rubric"]] == list(FIRST)
    body = {"scores": FIRST, "comment_team": "", "comment_panel": ""}
    kind = "application/json"
    address = f"/api/v1/sheets/{sheet.pk}"
    assert client.put(address, body, kind).status_code == 428
    assert client.put(address, body, kind, headers={"If-Match": '"r9"'}).status_code == 412
    saved = client.put(address, body, kind, headers={"If-Match": answer["ETag"]})
    assert (saved.status_code, saved.json()["total"]) == (200, "75.5")
    signed = client.post(f"{address}/signature", headers={"If-Match": saved["ETag"]})
    assert (signed.status_code, signed.json()["scores"]) == (201, FIRST)
    again = client.post(f"{address}/signature", headers={"If-Match": saved["ETag"]})
    assert again.status_code == 409
    for person in (judged.organiser, next(j for j in judged.judges if j.pk != sheet.judge_id).user):
        assert signed_in(person).get(address).status_code == 404
    proposed = signed_in(judged.organiser).post(f"{address}/reopenings", {"reason": "A slip."}, kind)
    assert proposed.status_code == 201
    confirmed = signed_in(judged.second).post(f"{address}/reopenings/{proposed.json()['id']}/confirmation")
    assert confirmed.json()["confirmed"] is True


def test_the_api_of_organisers(edition: Any, clock: Any) -> None:
    clock.during("screening")
    house = JudgedRound(edition, judges=2)
    client = signed_in(house.organiser)
    kind, here = "application/json", f"/api/v1/editions/{edition.slug}"
    person = make_person("", Role.JUDGE)
    made = client.post(f"{here}/judges", {"person": person.pk, "city": "hong-kong", "languages": ["en"]}, kind)
    assert made.status_code == 201
    number = made.json()["id"]
    assert client.post(f"{here}/judges/{number}/confirmation").json()["confirmed"] is True
    assert len(client.get(f"{here}/rounds/screening-hk").json()["obstacles"]) == 1
    assert signed_in(person).post(f"{here}/judges/{number}/declaration").json()["declared"] is True
    codes = {"entries": [house.entries[0].code]}
    assert client.put(f"{here}/rounds/screening-hk/anchors", codes, kind).json() == codes
    assert client.post(f"{here}/rounds/screening-hk/practice", codes, kind).status_code == 200
    assert client.post(f"{here}/rounds/screening-hk/opening").json()["state"] == "open"
    conflict = {"judge": number, "team": house.entries[1].team_id, "source": "organiser", "reason": "Kin."}
    assert client.post(f"{here}/conflicts", conflict, kind).status_code == 201
    plan = client.post(f"{here}/rounds/screening-hk/assignment", {}, kind).json()
    assert plan["sheets"] == 9
    (standing,) = client.get(f"{here}/conflicts").json()["items"]
    assert client.post(f"{here}/conflicts/{standing['id']}/withdrawal", {"reason": "No."}, kind).status_code == 204
    assert client.post(f"{here}/judges/{number}/departure", {"reason": "Ill."}, kind).json()["left"] is True
    assert client.post(f"{here}/rounds/screening-hk/assignment", {}, kind).json()["added"] > 0
    assert client.post(f"{here}/rounds/screening-hk/closing", {"reason": "Early."}, kind).status_code == 403
    for stranger in (person, make_person()):
        other = signed_in(stranger)
        assert other.get(f"{here}/judges").status_code == 404
        assert other.post(f"{here}/rounds/screening-hk/closing", {"reason": "Early."}, kind).status_code == 404


def test_a_reopened_sheet_says_why_without_naming_the_team(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    sign(sheet)
    reason = f"{sheet.entry.team.name} complained."
    scoring.confirm_reopening(judged.second, scoring.propose_reopening(judged.organiser, sheet, reason))
    shown = signed_in(sheet.judge.user).get(page_of(sheet)).content.decode()
    assert "▮▮▮ complained." in shown
    assert sheet.entry.team.name not in shown
