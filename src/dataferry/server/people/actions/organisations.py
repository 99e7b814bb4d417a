"""Organisations: founding, inviting, joining, leaving, verifying, closing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal
from dataferry.server.people.letters import send_invitation
from dataferry.server.people.models import Invitation, Membership, Organisation
from dataferry.server.people.permissions import actor, require
from dataferry.server.people.predicates import forget
from dataferry.server.people.queries import open_invitations, organisation_of
from dataferry.server.people.roles import City
from dataferry.server.people.texts import names
from dataferry.server.web.problems import ConflictError

LONGEST_NAME = 120
LONGEST_SLUG = 60
MOST_FOUNDED = 20
MOST_INVITATIONS = 100


def create_organisation(user: User, name: Mapping[str, Any], slug: str, city: str = "") -> Organisation:
    """Found an organisation; the founder is its first manager. It is not verified yet.

    Raises:
        InputError: no name, a slug that is no slug, an unknown city.
        ConflictError: the slug is taken.
        RefusedError: an unverified e-mail address, or too many organisations founded already.
    """
    require(user, "people.create_organisation")
    texts = names(name, "name", LONGEST_NAME)
    _check_slug(slug)
    _check_city(city)
    if Membership.objects.filter(user=user, is_manager=True).count() >= MOST_FOUNDED:
        raise RefusedError("server.people.too_many_organisations", most=MOST_FOUNDED)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(slug=slug, name=texts, city=city)
            Membership.objects.create(organisation=organisation, user=user, is_manager=True)
    except IntegrityError as error:
        raise ConflictError("server.people.slug_taken", name=slug) from error
    forget(user)
    return organisation


def _check_slug(slug: str) -> None:
    if not slug or len(slug) > LONGEST_SLUG or slug != slugify(slug) or slug.startswith(("-", "_")):
        raise InputError("server.people.bad_slug", longest=LONGEST_SLUG)


def _check_city(city: str) -> None:
    if city and city not in City.values:
        raise InputError("server.people.not_offered", field="city", value=city)


def _managed(user: User, slug: str) -> Organisation:
    organisation = organisation_of(user, slug)
    require(user, "people.manage_organisation", organisation)
    return organisation


def change_organisation(user: User, slug: str, name: Mapping[str, Any], city: str) -> Organisation:
    """Correct name and city. A verified organisation is verified under its name: a new name needs a new look."""
    organisation = _managed(user, slug)
    texts = names(name, "name", LONGEST_NAME)
    _check_city(city)
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
        lost = organisation.verified and (texts, city) != (organisation.name, organisation.city)
        organisation.name, organisation.city = texts, city
        organisation.verified = organisation.verified and not lost
        organisation.save()
        if lost:
            _journal_verified(user, organisation)
    return organisation


def invite(user: User, slug: str, email: str, *, page: str, is_manager: bool = False) -> None:
    """Ask an address to join; the answer tells nothing about whether it has an account.

    Args:
        page: full address of the page where invitations are answered, for the letter.

    Raises:
        MissingError, RefusedError: the person may not see or not manage the organisation.
        InputError: this is no e-mail address.
        RefusedError: too many open invitations.
    """
    organisation = _managed(user, slug)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InputError("server.people.bad_email") from error
    if organisation.memberships.filter(
        user__emailaddress__email__iexact=email, user__emailaddress__verified=True
    ).exists():
        raise ConflictError("server.people.member_already")
    with transaction.atomic():
        if organisation.invitations.count() >= MOST_INVITATIONS:
            raise RefusedError("server.people.too_many_invitations", most=MOST_INVITATIONS)
        _invitation, new = Invitation.objects.update_or_create(
            organisation=organisation, email=email, defaults={"is_manager": is_manager, "invited_by": user}
        )
        if new:
            transaction.on_commit(lambda: send_invitation(organisation, email, page))


def withdraw_invitation(user: User, slug: str, invitation_id: int) -> None:
    """Take an invitation back."""
    organisation = _managed(user, slug)
    if not organisation.invitations.filter(pk=invitation_id).delete()[0]:
        raise MissingError("server.people.no_invitation")


def accept_invitation(user: User, invitation_id: int) -> Organisation:
    """Join. Only who has verified the invited address can.

    Raises:
        MissingError: no such invitation to this person.
    """
    require(user, "people.create_organisation")
    with transaction.atomic():
        invitation = open_invitations(user).select_for_update(of=("self",)).filter(pk=invitation_id).first()
        if invitation is None:
            raise MissingError("server.people.no_invitation")
        membership, new = Membership.objects.get_or_create(
            organisation=invitation.organisation, user=user, defaults={"is_manager": invitation.is_manager}
        )
        if not new and invitation.is_manager and not membership.is_manager:
            membership.is_manager = True
            membership.save(update_fields=["is_manager"])
        invitation.delete()
    forget(user)
    return invitation.organisation


def decline_invitation(user: User, invitation_id: int) -> None:
    """Say no: the invitation is gone."""
    if not open_invitations(user).filter(pk=invitation_id).delete()[0]:
        raise MissingError("server.people.no_invitation")


def leave_organisation(user: User, slug: str) -> None:
    """Stop being a member.

    Raises:
        RefusedError: nobody would be left to manage it.
    """
    organisation = organisation_of(user, slug)
    with transaction.atomic():
        _end_membership(organisation, user.pk)
    forget(user)


def remove_member(user: User, slug: str, person_id: int) -> None:
    """End somebody's membership."""
    organisation = _managed(user, slug)
    with transaction.atomic():
        _end_membership(organisation, person_id)
    forget(user)


def set_manager(user: User, slug: str, person_id: int, is_manager: bool) -> None:
    """Make a member a manager, or a manager a plain member."""
    organisation = _managed(user, slug)
    with transaction.atomic():
        membership = _locked_membership(organisation, person_id)
        if not is_manager:
            _refuse_last_manager(organisation, person_id)
        membership.is_manager = is_manager
        membership.save(update_fields=["is_manager"])
    forget(user)


def _locked_membership(organisation: Organisation, person_id: int) -> Membership:
    """The membership, with all of the organisation held: two managers cannot both go at the same time."""
    rows = {row.user_id: row for row in organisation.memberships.select_for_update().order_by("pk")}
    if person_id not in rows:
        raise MissingError("server.people.no_membership")
    return rows[person_id]


def _refuse_last_manager(organisation: Organisation, person_id: int) -> None:
    others = organisation.memberships.filter(is_manager=True).exclude(user_id=person_id)
    if not others.exists():
        raise RefusedError("server.people.last_manager", name=organisation.slug)


def _end_membership(organisation: Organisation, person_id: int) -> None:
    membership = _locked_membership(organisation, person_id)
    if membership.is_manager:
        _refuse_last_manager(organisation, person_id)
    membership.delete()


def close_organisation(user: User, slug: str) -> None:
    """End an organisation that nothing belongs to any more.

    Raises:
        RefusedError: it has other members, or datasets or other things belong to it.
    """
    organisation = _managed(user, slug)
    try:
        with transaction.atomic():
            membership = _locked_membership(organisation, user.pk)
            if organisation.memberships.exclude(pk=membership.pk).exists():
                raise RefusedError("server.people.has_members", name=slug)
            number = organisation.pk
            organisation.delete()
            journal.append(actor(user), "people.organisation_closed", f"organisation:{number}", {})
    except ProtectedError as error:
        raise RefusedError("server.people.in_use", name=slug) from error
    forget(user)


def verify_organisation(user: User, slug: str, verified: bool) -> Organisation:
    """Say that an organisation is who it says it is, or no longer so.

    Raises:
        RefusedError: only administrators (of its city) may.
    """
    require(user, "people.see_roles")
    organisation = organisation_of(user, slug)
    require(user, "people.verify_organisation", organisation)
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
        if organisation.verified != verified:
            organisation.verified = verified
            organisation.save(update_fields=["verified"])
            _journal_verified(user, organisation)
    return organisation


def _journal_verified(user: User, organisation: Organisation) -> None:
    act = "people.organisation_verified" if organisation.verified else "people.organisation_unverified"
    journal.append(actor(user), act, f"organisation:{organisation.pk}", {})
