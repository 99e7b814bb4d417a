"""Promise: teams come and go by the rules of their edition, to the second, and one person is in one team."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal
from dataferry.server.challenge.actions import teams as actions
from dataferry.server.challenge.models import Edition, Team, TeamMember
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.people.actions import create_organisation, delete_account
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import make_edition, make_entry, make_team
from server.persons import make_person

CLOSES = "2026-06-01T00:00:00+08:00"


def register(edition: Any, person: Any, name: str = "Harbour Watch", division: str = "hk", **more: Any) -> Team:
    chosen = edition.divisions.get(code=division)
    return actions.register_team(person, edition, chosen, name=name, kind=more.pop("kind", "individual"), **more)


def join(team: Team, leader: Any, person: Any) -> TeamMember:
    member = actions.answer_invitation(person, actions.invite(leader, team, person.email), True)
    assert member is not None
    return member


def acts(team: Team) -> list[str]:
    return [event.act.removeprefix("challenge.") for event in journal.selected(objects=[f"team:{team.pk}"])]


def test_a_team_is_registered_led_and_asked(edition: Any) -> None:
    person = make_person()
    team = register(edition, person)
    assert (team.number, team.members.get().is_leader, team.members.get().user) == (1, True, person)
    assert sorted(team.checks.values_list("rule", flat=True)) == [
        "declaration:truth",
        "identity",
        "minimum-age",
        "organisers-and-relatives",
        "residence",
    ]
    assert acts(team) == ["team_registered"]


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        ("2026-04-13T09:59:59+08:00", "server.challenge.too_early"),
        ("2026-04-13T10:00:00+08:00", ""),
        ("2026-05-31T15:59:59.999999+00:00", ""),
        (CLOSES, "server.challenge.too_late"),
        ("2026-06-01T00:00:00.000001+08:00", "server.challenge.too_late"),
    ],
)
def test_registration_ends_at_its_instant_and_that_instant_is_late(
    edition: Any, clock: Any, instant: str, code: str
) -> None:
    clock.set(instant)
    if not code:
        register(edition, make_person())
        return
    with pytest.raises(RefusedError) as refused:
        register(edition, make_person())
    assert refused.value.code == code
    if code.endswith("late"):
        assert "Asia/Hong_Kong" in refused.value.text()
        assert "2026-06-01 00:00:00" in refused.value.text()


def test_a_clock_that_jumps_back_reopens_nothing(edition: Any, clock: Any) -> None:
    clock.set("2026-05-31T23:59:59+08:00")
    team = register(edition, make_person())
    clock.advance(days=-20)
    second = register(edition, make_person(), "Second")
    assert second.registered_at >= team.registered_at
    leader, other = team.members.get().user, make_person()
    member = join(team, leader, other)
    assert member.joined_at >= team.registered_at
    clock.during("before")
    actions.leave_team(other, team)
    member.refresh_from_db()
    assert member.left_at >= member.joined_at
    # What was frozen stays frozen, whatever the clock says.
    clock.during("final")
    actions.freeze_teams(None, team.division)
    clock.during("before")
    with pytest.raises(RefusedError, match="frozen"):
        actions.invite(leader, team, "late@example.org")


@pytest.mark.parametrize("state", ["drafted", "closed", "screening", "final", "archived"])
def test_an_edition_in_another_state_takes_no_team(edition: Any, state: str) -> None:
    Edition.objects.filter(pk=edition.pk).update(state=state)
    edition.refresh_from_db()
    with pytest.raises((RefusedError, MissingError)):
        register(edition, make_person())
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    "like_it",
    ["Harbour  Watch", "HARBOUR WATCH", "Ｈarbour Ｗatch", "Harbour-Watch", "Hárbour Watch", "harbour\u00a0watch"],
)
def test_a_name_that_only_looks_different_is_taken(edition: Any, like_it: str) -> None:
    register(edition, make_person(), "Harbour Watch")
    with pytest.raises(ConflictError) as taken:
        register(edition, make_person(), like_it)
    assert taken.value.code == "server.challenge.team_name_taken"
    assert "Harbour Watch" not in taken.value.text(), "whose name it is stays untold"


def test_traditional_and_simplified_are_the_same_name_and_a_withdrawn_one_is_free(edition: Any) -> None:
    first = make_person()
    team = register(edition, first, "臺灣海峽數據隊")
    with pytest.raises(ConflictError):
        register(edition, make_person(), "台湾海峡数据队", "sh")
    actions.withdraw_team(first, team)
    assert register(edition, make_person(), "台湾海峡数据队", "sh").number == 2


@pytest.mark.parametrize("name", ["🚢🚢", "فريق الميناء", "צוות הנמל", "👨‍👩‍👧 Ferry", "C++", "ﷺ" * 100])
def test_emoji_and_right_to_left_names_stand(edition: Any, name: str) -> None:
    assert Team.objects.get(pk=register(edition, make_person(), name).pk).name == name


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "", "   ", "\u3164", "\u2800", "a\u202eb", "a\nb", "a\x00b", "\ud800", "\u200d"]
)
def test_names_that_cannot_be_shown_are_refused(edition: Any, name: str) -> None:
    with pytest.raises(InputError) as refused:
        register(edition, make_person(), name)
    assert refused.value.data["field"] == "name"


def test_a_corporate_team_names_an_organisation_of_its_own(edition: Any) -> None:
    person, stranger = make_person(), make_person()
    company = create_organisation(person, {"en": "Synthetic Ferries"}, "synthetic-ferries")
    for kind, organisation in (("corporate", None), ("individual", company), ("guild", None)):
        with pytest.raises(InputError):
            register(edition, person, kind=kind, organisation=organisation)
    with pytest.raises(InputError, match="do not belong"):
        register(edition, stranger, kind="corporate", organisation=company)
    team = register(edition, person, kind="corporate", organisation=company)
    company_check = team.checks.get(rule="company-registered")
    # A team that changes its kind is no longer asked about the company; one that becomes corporate again is asked anew.
    actions.change_team(person, team, name="Harbour Watch", kind="individual")
    company_check.refresh_from_db()
    assert company_check.dropped_at is not None
    actions.change_team(person, team, name="Harbour Watch", kind="corporate", organisation=company)
    assert team.checks.get(rule="company-registered", dropped_at=None).pk != company_check.pk


def test_a_team_changes_until_registration_closes(edition: Any, clock: Any) -> None:
    person = make_person()
    team = register(edition, person)
    other = register(edition, make_person(), "Other")
    with pytest.raises(ConflictError):
        actions.change_team(person, team, name="OTHER", kind="individual")
    with pytest.raises(RefusedError):
        actions.change_team(person, other, name="Mine", kind="individual")
    clock.set(CLOSES)
    with pytest.raises(RefusedError):
        actions.change_team(person, team, name="Late", kind="individual")


def test_any_verified_address_accepts_and_no_other(edition: Any, django_capture_on_commit_callbacks: Any) -> None:
    from allauth.account.models import EmailAddress

    leader, person, stranger = make_person(), make_person("main@example.org"), make_person()
    team = register(edition, leader)
    EmailAddress.objects.create(user=person, email="Second@Example.org", verified=True)
    EmailAddress.objects.create(user=stranger, email="third@example.org", verified=False)
    with django_capture_on_commit_callbacks(execute=True):
        invitation = actions.invite(leader, team, " SECOND@example.org ")
    assert actions.invite(leader, team, "second@example.org").pk == invitation.pk, "one open invitation per address"
    assert list(queries.own_invitations(person)) == [invitation]
    with pytest.raises(MissingError):
        actions.answer_invitation(stranger, invitation, True)
    unconfirmed = actions.invite(leader, team, "third@example.org")
    with pytest.raises(MissingError):
        actions.answer_invitation(stranger, unconfirmed, True)
    assert list(queries.own_invitations(stranger)) == []
    member = actions.answer_invitation(person, invitation, True)
    assert member is not None
    assert member.user == person
    with pytest.raises(ConflictError, match="in the team already"):
        actions.invite(leader, team, "main@example.org")


def test_the_letter_speaks_three_languages(
    edition: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    leader = make_person()
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite(leader, register(edition, leader), "friend@example.org")
    [letter] = mail.outbox
    assert letter.to == ["friend@example.org"]
    assert all(title in letter.body for title in edition.document["title"].values())
    assert leader.email not in letter.body


def test_an_invitation_ends_at_its_instant(edition: Any, clock: Any) -> None:
    leader, person = make_person(), make_person()
    team = register(edition, leader)
    invitation = actions.invite(leader, team, person.email)
    clock.set(invitation.until)
    with pytest.raises(RefusedError, match="run out"):
        actions.answer_invitation(person, invitation, True)
    invitation.refresh_from_db()
    assert invitation.state == "sent"
    again = actions.invite(leader, team, person.email)
    assert again.pk == invitation.pk
    assert again.until > invitation.until
    assert actions.answer_invitation(person, again, True) is not None
    with pytest.raises(RefusedError, match="cannot become"):
        actions.answer_invitation(person, again, True)


def test_a_full_team_takes_nobody(edition: Any) -> None:
    leader = make_person()
    team = register(edition, leader)
    for _ in range(3):
        join(team, leader, make_person())
    fifth = make_person()
    invitation = actions.invite(leader, team, fifth.email)
    with pytest.raises(RefusedError, match="full"):
        actions.answer_invitation(fifth, invitation, True)


def test_one_person_one_team_where_the_edition_says_so(edition: Any) -> None:
    person, leader = make_person(), make_person()
    register(edition, person)
    with pytest.raises(ConflictError, match="another team"):
        register(edition, person, "Second")
    team = register(edition, leader, "Third")
    invitation = actions.invite(leader, team, person.email)
    with pytest.raises(ConflictError, match="another team"):
        actions.answer_invitation(person, invitation, True)
    invitation.refresh_from_db()
    assert invitation.state == "sent"
    free = make_edition(
        "free-2026", changes={"one_team_per_person: {applies: true}": "one_team_per_person: {applies: false}"}
    )
    assert [register(free, person).number, register(free, person, "Second").number] == [1, 2]


def test_leaving_removing_and_leading(edition: Any) -> None:
    leader, second, third = (make_person() for _ in range(3))
    team = register(edition, leader)
    member, other = join(team, leader, second), join(team, leader, third)
    for refused in (
        lambda: actions.remove_member(second, team, other),
        lambda: actions.leave_team(leader, team),
        lambda: actions.remove_member(leader, team, team.members.get(user=leader)),
        lambda: actions.invite(second, team, "x@example.org"),
        lambda: actions.withdraw_team(second, team),
    ):
        with pytest.raises(RefusedError):
            refused()
    actions.remove_member(leader, team, other)
    with pytest.raises(MissingError):
        actions.hand_over_lead(leader, team, other)
    actions.hand_over_lead(leader, team, member)
    actions.leave_team(leader, team)
    assert [row.user for row in queries.members_of(team)] == [second]
    assert team.checks.filter(dropped_at=None, member__user__in=[leader, third]).count() == 0
    with pytest.raises(RefusedError):
        actions.leave_team(leader, team)


def test_after_the_freeze_nobody_comes_or_goes(edition: Any, clock: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    leader, second, late = (make_person() for _ in range(3))
    team = register(edition, leader)
    member = join(team, leader, second)
    clock.set("2026-07-21T23:59:59+08:00")
    invitation = actions.invite(leader, team, late.email)
    assert invitation.until.isoformat() == "2026-07-21T16:00:00+00:00", "no invitation outlives the freeze"
    clock.advance(seconds=1)
    for refused in (
        lambda: actions.remove_member(leader, team, member),
        lambda: actions.leave_team(second, team),
        lambda: actions.answer_invitation(late, invitation, True),
        lambda: actions.invite(leader, team, "x@example.org"),
    ):
        with pytest.raises(RefusedError, match=r"frozen since 2026-07-22 00:00:00 \(Asia/Hong_Kong\)"):
            refused()
    with pytest.raises(RefusedError):
        actions.freeze_teams(sh_organiser, team.division)
    assert actions.freeze_teams(hk_organiser, team.division) == 1
    assert actions.freeze_teams(hk_organiser, team.division) == 0
    invitation.refresh_from_db()
    assert invitation.state == "taken_back"
    actions.hand_over_lead(leader, team, member)
    assert team.members.filter(left_at=None).count() == 2


def test_the_calendar_freezes_teams_by_itself(edition: Any, clock: Any) -> None:
    from dataferry.server.challenge.actions.freezing import freeze_due_teams

    team = register(edition, make_person())
    assert freeze_due_teams() == 0
    clock.during("coaching")
    assert freeze_due_teams() == 1
    team.refresh_from_db()
    assert team.frozen_at == clock.at
    assert journal.selected(acts=["challenge.teams_frozen"]).get().actor == "system"


def test_a_leader_who_ends_their_account_is_followed_by_the_next(edition: Any, clock: Any) -> None:
    leader, second = make_person(), make_person()
    team = register(edition, leader)
    join(team, leader, second)
    pending = actions.invite(leader, team, "friend@example.org")
    clock.during("coaching")
    actions.freeze_teams(None, team.division)
    delete_account(leader)
    team.refresh_from_db()
    heir = team.members.get(left_at=None)
    assert (heir.user, heir.is_leader, team.withdrawn_at) == (second, True, None)
    assert queries.lost_after_freeze(team) == 1, "a frozen team is never silently another team"
    assert acts(team)[-2:] == ["member_account_ended", "lead_handed_over"]
    pending.refresh_from_db()
    assert pending.invited_by is None
    assert not TeamMember.objects.filter(user=leader).exists()


def test_a_lone_leader_who_ends_their_account_withdraws_team_and_entry(edition: Any) -> None:
    leader = make_person()
    team = register(edition, leader)
    entry = make_entry(team, state="submitted")
    invited = actions.invite(leader, team, "friend@example.org")
    delete_account(leader)
    for row in (team, entry, invited):
        row.refresh_from_db()
    assert team.withdrawn_at is not None
    assert (entry.state, invited.state) == ("withdrawn", "taken_back")


def test_who_withdraws_is_free_for_another_team_and_still_sees_the_first(edition: Any) -> None:
    leader, second = make_person(), make_person()
    team = register(edition, leader)
    join(team, leader, second)
    actions.withdraw_team(leader, team)
    with pytest.raises(RefusedError, match="withdrawn"):
        actions.withdraw_team(leader, team)
    assert register(edition, second, "Next").number == 2
    assert queries.team_of(leader, team.pk).withdrawn_at is not None


def test_a_judge_takes_no_part(edition: Any) -> None:
    from dataferry.server.challenge.models import Judge

    judge, leader = make_person(), make_person()
    Judge.objects.create(edition=edition, user=judge, city="hong-kong", appointed_at=edition.created_at)
    with pytest.raises(RefusedError, match="judge"):
        register(edition, judge)
    invitation = actions.invite(leader, register(edition, leader), judge.email)
    with pytest.raises(RefusedError, match="judge"):
        actions.answer_invitation(judge, invitation, True)


def test_what_others_see(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team = make_team(edition, "hk", people=2)
    assert queries.team_of(team.people[1], team.pk) == team
    assert queries.team_of(hk_organiser, team.pk) == team
    for stranger in (sh_organiser, make_person()):
        with pytest.raises(MissingError):
            queries.team_of(stranger, team.pk)
