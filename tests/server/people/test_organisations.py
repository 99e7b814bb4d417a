"""Organisations are joined by consent, always have a manager, and are verified by administrators only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import people
from dataferry.server.journal.models import Event
from dataferry.server.people import actions
from dataferry.server.people.models import Invitation, Membership, Organisation
from dataferry.server.web.problems import ConflictError
from server.persons import make_person

pytestmark = pytest.mark.django_db

NAME = {"en": "Harbour Office", "zh-Hant": "海港處"}
PAGE = "https://ferry.example/en/account/organisations/"


@pytest.fixture
def office(member: Any) -> Organisation:
    return actions.create_organisation(member, NAME, "harbour-office", "hong-kong")


def test_who_was_invited_joins_by_saying_so(
    office: Organisation, member: Any, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite(member, office.slug, "New@Example.org", page=PAGE)
    letter = mailoutbox[0]
    assert letter.to == ["new@example.org"]
    assert PAGE in letter.body
    assert "Harbour Office" in letter.subject
    stranger, unproven = make_person("stranger@example.org"), make_person("new@example.org", verified=False)
    invitation = Invitation.objects.get()
    with pytest.raises(MissingError):
        actions.accept_invitation(stranger, invitation.pk)
    with pytest.raises(RefusedError):
        actions.accept_invitation(unproven, invitation.pk)
    unproven.emailaddress_set.update(verified=True)
    people.predicates.forget(unproven)
    actions.accept_invitation(unproven, invitation.pk)
    assert Membership.objects.get(user=unproven).is_manager is False
    assert not Invitation.objects.exists()
    with pytest.raises(MissingError):
        actions.accept_invitation(unproven, invitation.pk)


def test_there_is_always_a_manager(office: Organisation, member: Any) -> None:
    other = make_person()
    Membership.objects.create(organisation=office, user=other)
    for act in (
        lambda: actions.leave_organisation(member, office.slug),
        lambda: actions.remove_member(member, office.slug, member.pk),
        lambda: actions.set_manager(member, office.slug, member.pk, False),
    ):
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.code == "server.people.last_manager"
    actions.set_manager(member, office.slug, other.pk, True)
    actions.leave_organisation(member, office.slug)
    with pytest.raises(RefusedError):
        actions.leave_organisation(other, office.slug)
    actions.close_organisation(other, office.slug)
    assert not Organisation.objects.exists()


def test_a_plain_member_manages_nothing_and_a_stranger_sees_nothing(office: Organisation, member: Any) -> None:
    plain, stranger = make_person(), make_person()
    Membership.objects.create(organisation=office, user=plain)
    for person, error in ((plain, RefusedError), (stranger, MissingError)):
        with pytest.raises(error):
            actions.invite(person, office.slug, "x@example.org", page=PAGE)
        with pytest.raises(error):
            actions.remove_member(person, office.slug, member.pk)
        with pytest.raises(error):
            actions.set_manager(person, office.slug, person.pk, True)
        with pytest.raises(error):
            actions.change_organisation(person, office.slug, NAME, "")
        with pytest.raises(error):
            actions.close_organisation(person, office.slug)
    assert Membership.objects.count() == 2
    assert not Invitation.objects.exists()


def test_only_administrators_verify_and_a_new_name_must_be_verified_again(
    office: Organisation, member: Any, administrator: Any
) -> None:
    with pytest.raises(RefusedError):
        actions.verify_organisation(member, office.slug, True)
    with pytest.raises(RefusedError):
        actions.verify_organisation(make_person("", "administrator", city="shanghai"), office.slug, True)
    actions.verify_organisation(administrator, office.slug, True)
    actions.verify_organisation(administrator, office.slug, True)
    assert actions.change_organisation(member, office.slug, NAME, "hong-kong").verified
    assert not actions.change_organisation(member, office.slug, {"en": "Police"}, "hong-kong").verified
    assert [event.act for event in Event.objects.order_by("sequence")] == [
        "people.organisation_verified",
        "people.organisation_unverified",
    ]
    assert all(event.object == f"organisation:{office.pk}" for event in Event.objects.all())


@pytest.mark.parametrize(
    ("name", "slug", "city"),
    [
        ({}, "fine", ""),
        ({"en": "   "}, "fine", ""),
        ({"en": "two\nlines"}, "fine", ""),
        ({"en": "evil\u202egnp"}, "fine", ""),
        ({"en": "x" * 121}, "fine", ""),
        (NAME, "Not a slug", ""),
        (NAME, "../../etc", ""),
        (NAME, "-start", ""),
        (NAME, "", ""),
        (NAME, "x" * 61, ""),
        (NAME, "fine", "atlantis"),
    ],
)
def test_what_is_no_organisation(member: Any, name: Any, slug: str, city: str) -> None:
    with pytest.raises(InputError):
        actions.create_organisation(member, name, slug, city)
    assert not Organisation.objects.exists()


def test_a_short_name_is_taken_once(office: Organisation) -> None:
    with pytest.raises(ConflictError):
        actions.create_organisation(make_person(), NAME, office.slug)
    assert Membership.objects.count() == 1


def test_the_list_for_programs_shows_what_the_caller_may_see(office: Organisation, administrator: Any) -> None:
    for number in range(3):
        founded = actions.create_organisation(make_person(), {"en": f"Body {number}"}, f"body-{number}")
        actions.verify_organisation(administrator, founded.slug, True)
    _token, secret = actions.issue_token(office.memberships.get().user, "x", ["read"], 1)

    def slugs(**headers: Any) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = Client().get(f"/api/v1/organisations?limit=2{cursor}", **headers).json()
            found += [item["slug"] for item in page["items"]]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    public = ["body-0", "body-1", "body-2"]
    assert slugs() == public
    assert slugs(HTTP_AUTHORIZATION=f"Bearer {secret}") == [*public, office.slug]


def test_an_organisation_lives_from_its_founding_to_its_end_on_its_pages(
    member: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """A person in a browser founds, invites, promotes, renames, and closes; another joins, manages and leaves."""
    home = "/en/account/organisations/"
    office = f"{home}harbour-office/"
    mine, other = Client(), make_person("kai@example.org")
    mine.force_login(member)
    theirs = Client()
    theirs.force_login(other)
    found = {"name_en": "Harbour Office", "slug": "harbour-office", "city": "hong-kong"}
    assert mine.post(home, {**found, "slug": "no slug!"}).status_code == 422
    assert mine.post(home, found).headers["Location"] == office
    assert mine.post(home, found).status_code == 422, "the name is taken"
    assert theirs.get(office).status_code == 404

    def do(client: Client, act: str, **more: Any) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return int(client.post(office, {"do": act, **more}).status_code)

    assert do(mine, "invite", email="not an address") == 422
    assert do(mine, "invite", email="gone@example.org") == 302
    assert do(mine, "withdraw", number=Invitation.objects.get().pk) == 302
    assert not Invitation.objects.exists()
    assert do(mine, "invite", email=other.email) == 302
    invitation = Invitation.objects.get()
    assert theirs.post(f"/en/account/invitations/{invitation.pk}/", {"do": "decline"}).status_code == 302
    assert not Invitation.objects.exists()
    assert do(mine, "invite", email=other.email) == 302
    joined = theirs.post(f"/en/account/invitations/{Invitation.objects.get().pk}/", {"do": "accept"})
    assert joined.headers["Location"] == office

    assert do(theirs, "change", name_en="Mine", city="shanghai") in {403, 422}
    assert do(mine, "promote", number=other.pk) == 302
    assert do(theirs, "change", name_en="Ferry Office", city="shanghai") == 302
    changed = Organisation.objects.get()
    assert (changed.name["en"], changed.city) == ("Ferry Office", "shanghai")
    assert do(mine, "demote", number=other.pk) == 302
    assert not Membership.objects.get(user=other).is_manager
    assert do(mine, "nonsense") == 404
    # The last manager stays: the page says why, and nothing changed.
    assert "manage" in mine.post(office, {"do": "leave"}, follow=True).content.decode()
    assert Membership.objects.filter(user=member).exists()
    assert do(theirs, "leave") == 302
    assert theirs.get(office).status_code == 404
    assert do(mine, "close") == 302
    assert mine.get(office).status_code == 404
    assert not Organisation.objects.exists()
