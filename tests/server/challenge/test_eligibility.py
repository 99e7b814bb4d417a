"""Promise: who may take part is asked once, decided by the answer or by a person, with a reason the team reads; papers
are encrypted, every reading is recorded, and on their day they are gone for good."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataferry.messages import InputError, LimitError, MissingError, RefusedError, UnavailableError
from dataferry.server import journal
from dataferry.server.challenge import papers_store
from dataferry.server.challenge.actions import eligibility as actions
from dataferry.server.challenge.actions import teams as team_actions
from dataferry.server.challenge.models import EligibilityCheck, IdentityPaper, Team
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.people import Role
from dataferry.server.people.actions import create_organisation, delete_account
from dataferry.server.people.personal_data import export_all
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import make_edition
from server.persons import make_person

PDF = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"


@pytest.fixture(autouse=True)
def _effects_of_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are wiped and destroyed when a transaction is certain; here each is at once."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())


@pytest.fixture
def person(edition: Any) -> Any:
    return make_person()


@pytest.fixture
def team(edition: Any, person: Any) -> Team:
    hk = edition.divisions.get(code="hk")
    return team_actions.register_team(person, edition, hk, name="Harbour Watch", kind="individual")


def check_of(team: Team, rule: str) -> EligibilityCheck:
    return team.checks.get(rule=rule, dropped_at=None)


def handed(tmp_path: Path, content: bytes = PDF) -> Any:
    path = tmp_path / f"{os.urandom(4).hex()}.part"
    path.write_bytes(content)
    return SimpleNamespace(path=path)


def say(team: Team, person: Any, rule: str, said: str) -> EligibilityCheck:
    return actions.declare(person, check_of(team, rule), {"said": said})


@pytest.mark.parametrize(
    ("rule", "said", "state"),
    [
        ("minimum-age", "yes", "passed"),
        ("minimum-age", "no", "failed"),
        ("organisers-and-relatives", "no", "passed"),
        ("organisers-and-relatives", "yes", "failed"),
        ("residence", "mainland", "declared"),
        ("residence", "macao", "failed"),
        ("residence", "elsewhere", "failed"),
        ("declaration:truth", "yes", "passed"),
    ],
)
def test_an_answer_that_decides_the_rule_decides_it(team: Team, person: Any, rule: str, said: str, state: str) -> None:
    row = say(team, person, rule, said)
    assert row.state == state
    assert bool(row.reason_code) is (state == "failed")
    assert row.decided_by is None
    assert row.answer == {"said": said}, "no birth date, no number of a paper"


def test_a_company_registered_elsewhere_fails(edition: Any) -> None:
    person = make_person()
    company = create_organisation(person, {"en": "Synthetic Ferries"}, "synthetic-ferries")
    hk = edition.divisions.get(code="hk")
    team = team_actions.register_team(person, edition, hk, name="Ferries", kind="corporate", organisation=company)
    assert say(team, person, "company-registered", "elsewhere").reason_code == "server.challenge.eligibility_company"


def test_a_known_organiser_who_denies_it_fails(edition: Any) -> None:
    person = make_person("insider@example.org", Role.ORGANISER, city="shanghai")
    hk = edition.divisions.get(code="hk")
    team = team_actions.register_team(person, edition, hk, name="Insiders", kind="individual")
    row = say(team, person, "organisers-and-relatives", "no")
    assert (row.state, row.reason_code) == ("failed", "server.challenge.eligibility_organiser")


@pytest.mark.parametrize("answer", [{}, {"said": ""}, {"said": "perhaps"}, {"said": ["yes"]}, {"yes": True}])
def test_what_is_no_answer_is_refused(team: Team, person: Any, answer: Any) -> None:
    with pytest.raises(InputError):
        actions.declare(person, check_of(team, "minimum-age"), answer)
    assert check_of(team, "minimum-age").state == "open"


def test_nobody_answers_for_somebody_else(team: Team, person: Any, organiser: Any) -> None:
    second = make_person()
    team_actions.answer_invitation(second, team_actions.invite(person, team, second.email), True)
    own = team.checks.get(rule="minimum-age", member__user=second)
    for who in (person, organiser, make_person()):
        with pytest.raises(RefusedError):
            actions.declare(who, own, {"said": "yes"})
    with pytest.raises(RefusedError, match="leader"):
        actions.declare(second, check_of(team, "declaration:truth"), {"said": "yes"})
    assert actions.declare(second, own, {"said": "yes"}).state == "passed"


def test_a_question_a_reply_and_a_decision(team: Team, person: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    row = say(team, person, "residence", "mainland")
    for refused in (sh_organiser, person):
        with pytest.raises(RefusedError):
            actions.decide_check(refused, row, "passed", "")
    for outcome, reason in (
        ("queried", " "),
        ("failed", ""),
        ("open", "x"),
        ("failed", "x" * 2001),
        ("failed", "\x00"),
    ):
        with pytest.raises(InputError):
            actions.decide_check(hk_organiser, row, outcome, reason)
    actions.decide_check(hk_organiser, row, "queried", "Which city is it?")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("queried", "Which city is it?")
    actions.declare(person, row, {"said": "hong-kong"}, "I moved in May.")
    assert (row.state, row.answer, row.reason) == ("declared", {"said": "hong-kong"}, ""), "a person looks again"
    actions.decide_check(hk_organiser, row, "passed", "")
    assert [(step.by_team, step.words) for step in row.steps.all()] == [
        (True, ""),
        (False, "Which city is it?"),
        (True, "I moved in May."),
        (False, ""),
    ]
    with pytest.raises(RefusedError, match="decided"):
        actions.declare(person, row, {"said": "macao"})


def test_a_decision_about_what_has_changed_is_refused(team: Team, person: Any, hk_organiser: Any) -> None:
    row = say(team, person, "residence", "mainland")
    stale = EligibilityCheck.objects.get(pk=row.pk)
    actions.decide_check(hk_organiser, row, "failed", "Not a resident.")
    with pytest.raises(ConflictError):
        actions.decide_check(hk_organiser, stale, "passed", "")
    # An organiser corrects themselves, seeing what stands.
    row.refresh_from_db()
    assert actions.decide_check(hk_organiser, row, "passed", "On appeal.").state == "passed"


def test_nobody_decides_about_a_team_of_theirs(edition: Any) -> None:
    insider = make_person("insider@example.org", Role.ORGANISER)
    hk = edition.divisions.get(code="hk")
    team = team_actions.register_team(insider, edition, hk, name="Insiders", kind="individual")
    row = say(team, insider, "residence", "mainland")
    with pytest.raises(RefusedError, match="somebody else"):
        actions.decide_check(insider, row, "passed", "")


def test_rules_that_are_not_known_are_not_asked(edition: Any) -> None:
    quiet = make_edition(
        "quiet-2026",
        changes={
            "minimum_age: {applies: true, check: declared, years: 18,": "minimum_age: {",
            "residence: {applies: true,": "residence: {applies: false,",
            "organisers_and_relatives_barred: {applies: true, check: declared}": "organisers_and_relatives_barred: {}",
        },
    )
    person = make_person()
    hk = quiet.divisions.get(code="hk")
    team = team_actions.register_team(person, quiet, hk, name="Quiet", kind="individual")
    assert set(team.checks.values_list("rule", flat=True)) == {"identity", "declaration:truth"}


def test_identity_papers_asked_from_a_later_phase_come_with_it(edition: Any, clock: Any) -> None:
    later = make_edition("later-2026", changes={"asked_from: registration": "asked_from: coaching"})
    hk = later.divisions.get(code="hk")
    team = team_actions.register_team(make_person(), later, hk, name="Later", kind="individual")
    assert not team.checks.filter(rule="identity").exists()
    assert actions.ask_all() == 0
    clock.during("coaching")
    assert actions.ask_all() == 1
    assert actions.ask_all() == 0


# Papers


@pytest.mark.parametrize(("content", "kind"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")])
def test_a_paper_is_encrypted_read_and_recorded(
    team: Team, person: Any, hk_organiser: Any, tmp_path: Path, content: bytes, kind: str
) -> None:
    plain = handed(tmp_path, content)
    paper = actions.hand_in_paper(person, check_of(team, "identity"), plain)
    assert (paper.media_type, check_of(team, "identity").state) == (kind, "documented")
    assert not plain.path.exists(), "the plain file is gone"
    [file] = papers_store.folder().iterdir()
    assert content[:8] not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert actions.read_paper(hk_organiser, paper) == content
    [event] = journal.selected(acts=["challenge.paper_read"])
    assert (event.actor, event.object) == (f"person:{hk_organiser.pk}", f"paper:{paper.pk}")


def test_only_organisers_of_the_city_read_and_never_their_own(
    team: Team, person: Any, sh_organiser: Any, tmp_path: Path
) -> None:
    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    for who in (person, sh_organiser, make_person()):
        with pytest.raises(RefusedError):
            actions.read_paper(who, paper)
    assert not journal.selected(acts=["challenge.paper_read"]).exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", InputError),
        (b"PK\x03\x04 a ZIP called paper.pdf", InputError),
        (b"%PDF-1.4 cut short", InputError),
        (b"<svg onload=alert(1)>", InputError),
        (PDF + bytes(10 * 1024 * 1024) + PDF, LimitError),
    ],
)
def test_what_is_no_paper_leaves_nothing(
    team: Team, person: Any, tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path, content))
    assert not IdentityPaper.objects.exists()
    assert list(papers_store.folder().iterdir()) == []
    assert check_of(team, "identity").state == "open"


def test_a_single_changed_bit_is_found_and_told(team: Team, person: Any, hk_organiser: Any, tmp_path: Path) -> None:
    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    [file] = papers_store.folder().iterdir()
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    with pytest.raises(InputError, match="not what was handed in"):
        actions.read_paper(hk_organiser, paper)
    paper.refresh_from_db()
    assert paper.damaged_at is not None
    assert journal.selected(acts=["challenge.paper_damaged"]).count() == 1
    assert actions.destroy_due_papers()["damaged"] == 0, "told once"


def test_one_papers_bytes_cannot_stand_in_for_anothers(
    team: Team, person: Any, hk_organiser: Any, tmp_path: Path
) -> None:
    first = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    say(team, person, "residence", "mainland")
    second = actions.hand_in_paper(person, check_of(team, "residence"), handed(tmp_path, PNG))
    for field in ("place", "wrapped_key", "digest"):
        setattr(second, field, getattr(first, field))
    second.save()
    with pytest.raises(InputError, match="not what was handed in"):
        actions.read_paper(hk_organiser, second)


def test_the_daily_look_finds_a_file_that_is_gone(team: Team, person: Any, hk_organiser: Any, tmp_path: Path) -> None:
    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    next(papers_store.folder().iterdir()).unlink()
    assert actions.destroy_due_papers() == {"destroyed": 0, "strays": 0, "damaged": 1}
    with pytest.raises(UnavailableError, match="not here"):
        actions.read_paper(hk_organiser, paper)


def test_another_house_key_opens_nothing(
    team: Team, person: Any, hk_organiser: Any, tmp_path: Path, settings: Any
) -> None:
    import base64

    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    settings.PAPERS_KEY = base64.b64encode(bytes(32)).decode()
    with pytest.raises(UnavailableError, match="another house key"):
        actions.read_paper(hk_organiser, paper)


def test_papers_are_destroyed_on_their_day_with_a_receipt(
    team: Team, person: Any, hk_organiser: Any, tmp_path: Path, clock: Any
) -> None:
    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    digest = paper.digest
    # 30 days after the appeals phase, as the edition says.
    assert paper.destroy_at.isoformat() == "2026-09-21T16:00:00+00:00"
    clock.set("2026-09-21T23:59:59+08:00")
    assert actions.destroy_due_papers()["destroyed"] == 0
    clock.advance(seconds=1)
    with pytest.raises(MissingError):
        actions.read_paper(hk_organiser, paper)
    assert actions.destroy_due_papers()["destroyed"] == 1
    paper.refresh_from_db()
    assert (bytes(paper.wrapped_key), paper.place, paper.key_id, paper.destroyed_because) == (b"", "", "", "due")
    assert list(papers_store.folder().iterdir()) == []
    [event] = journal.selected(acts=["challenge.paper_destroyed"])
    assert event.payload["digest"] == f"sha256:{digest}"
    # The clock jumps back: what is gone stays gone.
    clock.during("registration")
    with pytest.raises(MissingError):
        actions.read_paper(hk_organiser, paper)
    assert actions.destroy_due_papers()["destroyed"] == 0


def test_a_file_that_no_row_speaks_of_is_destroyed(team: Team, person: Any, tmp_path: Path) -> None:
    paper = actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    stray = papers_store.keep(99, "image/png", PNG)
    file = papers_store.folder() / f"{stray.place}.enc"
    assert actions.destroy_due_papers()["strays"] == 0, "it may be on its way"
    os.utime(file, (0, 0))
    os.utime(papers_store.folder() / f"{paper.place}.enc", (0, 0))
    assert actions.destroy_due_papers()["strays"] == 1
    assert [each.name for each in papers_store.folder().iterdir()] == [f"{paper.place}.enc"]


def test_replaced_taken_back_left_and_withdrawn_papers_are_destroyed(team: Team, person: Any, tmp_path: Path) -> None:
    second = make_person()
    team_actions.answer_invitation(second, team_actions.invite(person, team, second.email), True)
    own = team.checks.get(rule="identity", member__user=person)
    theirs = team.checks.get(rule="identity", member__user=second)
    actions.hand_in_paper(person, own, handed(tmp_path))
    actions.hand_in_paper(person, own, handed(tmp_path))
    back = actions.hand_in_paper(second, theirs, handed(tmp_path))
    actions.destroy_paper(second, back, "taken_back")
    with pytest.raises(MissingError):
        actions.destroy_paper(second, back, "taken_back")
    actions.hand_in_paper(second, theirs, handed(tmp_path))
    team_actions.leave_team(second, team)
    team_actions.withdraw_team(person, team)
    because = IdentityPaper.objects.order_by("pk").values_list("destroyed_because", flat=True)
    assert list(because) == ["replaced", "team_withdrawn", "taken_back", "left"]
    assert list(papers_store.folder().iterdir()) == []


def test_the_end_of_an_account_destroys_its_papers_and_words(
    team: Team, person: Any, hk_organiser: Any, tmp_path: Path
) -> None:
    second = make_person()
    team_actions.answer_invitation(second, team_actions.invite(person, team, second.email), True)
    check = team.checks.get(rule="residence", member__user=second)
    actions.declare(second, check, {"said": "mainland"})
    actions.hand_in_paper(second, check, handed(tmp_path))
    actions.decide_check(hk_organiser, check, "queried", "Whose paper is it?")
    actions.declare(second, check, {}, "It is mine.")
    exported = export_all(second)["rooms"]["challenge-teams"]
    assert [each["words"] for row in exported["eligibility_checks"] for each in row["said"] if each["words"]] == [
        "Whose paper is it?",
        "It is mine.",
    ]
    delete_account(second)
    check.refresh_from_db()
    assert (check.answer, check.reason, check.member.user) == ({}, "", None)
    assert set(check.steps.values_list("words", flat=True)) == {""}
    assert IdentityPaper.objects.get().destroyed_because == "account_ended"


def test_no_paper_and_no_key_of_theirs_in_a_backup(team: Team, person: Any, tmp_path: Path, home: Path) -> None:
    from dataferry.server.portal.backup.making import home_files

    actions.hand_in_paper(person, check_of(team, "identity"), handed(tmp_path))
    (home / "kept.txt").write_text("kept")
    for with_keys in (True, False):
        names = {name for _path, name in home_files(with_keys)}
        assert "kept.txt" in names
        assert not [name for name in names if "papers" in name]


def test_the_house_key_is_for_its_owner_only(home: Path) -> None:
    first = papers_store.house_key()
    assert papers_store.house_key() == first
    file = home / "keys" / "papers.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(RefusedError, match="chmod 600"):
        papers_store.house_key()


def test_the_standing_of_a_team_is_its_worst_check(team: Team, person: Any) -> None:
    assert queries.team_standings([team])[team.pk].word == "open"
    say(team, person, "minimum-age", "no")
    standing = queries.team_standings([team])[team.pk]
    assert (standing.word, standing.failed, standing.open) == ("failed", 1, 4)
