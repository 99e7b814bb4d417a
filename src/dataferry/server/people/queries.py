"""What this room tells about people, organisations, roles and tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server.people.models import ApiToken, Invitation, Membership, Organisation, Profile, RoleGrant
from dataferry.server.people.permissions import can
from dataferry.server.people.predicates import organisations_of
from dataferry.server.people.roles import Role

Person = User | AnonymousUser


def display_name(user: Any) -> str:
    """What other people see of a person: the name they chose, never the e-mail address."""
    profile = getattr(user, "profile", None)
    return _shown(profile.display_name if profile is not None else None, user.pk)


def display_names(ids: Iterable[int]) -> Mapping[int, str]:
    """The same for many people at once, in one query; deleted accounts are named as such."""
    wanted = set(ids)
    chosen = dict(Profile.objects.filter(user_id__in=wanted).values_list("user_id", "display_name"))
    return {pk: _shown(chosen.get(pk), pk) for pk in wanted}


def _shown(name: str | None, pk: int) -> str:
    if name is None:
        return _("Deleted account %(number)s") % {"number": pk}
    return name or _("Member %(number)s") % {"number": pk}


def organisation_of(user: Person, slug: str) -> Organisation:
    """The organisation, for those who may see its inside.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None or not can(user, "people.see_organisation", organisation):
        raise MissingError("server.people.no_organisation", name=slug)
    return organisation


def own_organisations(user: Person) -> QuerySet[Membership]:
    """Memberships of a person, with their organisations and how many belong to each."""
    return (
        Membership.objects.filter(user_id=user.pk or 0)
        .select_related("organisation")
        .annotate(members=Count("organisation__memberships"))
        .order_by("organisation__slug")
    )


def visible_organisations(user: Person) -> QuerySet[Organisation]:
    """Verified organisations are public; a person's own are seen by them; administrators see all."""
    if can(user, "people.verify_organisation"):
        return Organisation.objects.all()
    return Organisation.objects.filter(Q(verified=True) | Q(pk__in=organisations_of(user)))


def verified_addresses(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def open_invitations(user: User) -> QuerySet[Invitation]:
    """Invitations to any address that this person has shown to be theirs."""
    addresses = [address.lower() for address in verified_addresses(user)]
    return Invitation.objects.filter(email__in=addresses).select_related("organisation")


def current_roles(user: Person, at: datetime | None = None) -> QuerySet[RoleGrant]:
    at = at or timezone.now()
    return RoleGrant.objects.filter(Q(until__isnull=True) | Q(until__gt=at), user_id=user.pk or 0)


def own_tokens(user: Person) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user_id=user.pk or 0)


def administrators(besides: int = 0) -> int:
    """How many people can still give roles in both cities."""
    now = timezone.now()
    granted = Q(role_grants__role=Role.ADMINISTRATOR, role_grants__city="") & (
        Q(role_grants__until__isnull=True) | Q(role_grants__until__gt=now)
    )
    able = Q(is_superuser=True) | (granted & Q(emailaddress__verified=True))
    return User.objects.filter(able, is_active=True).exclude(pk=besides).distinct().count()


def usable_tokens(user: Person) -> QuerySet[ApiToken]:
    return own_tokens(user).filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Managers first, then by when they joined; with their profiles."""
    return organisation.memberships.select_related("user__profile").order_by("-is_manager", "joined_at", "pk")


def all_grants(words: str = "") -> QuerySet[RoleGrant]:
    """Every role that is given, also those that have ended, of people whose address or name has the words."""
    grants = RoleGrant.objects.select_related("user__profile", "granted_by__profile").order_by("-granted_at", "-pk")
    words = words.replace("\x00", "").strip()[:200]
    if words:
        grants = grants.filter(Q(user__email__icontains=words) | Q(user__profile__display_name__icontains=words))
    return grants


def all_organisations() -> QuerySet[Organisation]:
    return Organisation.objects.annotate(members=Count("memberships")).order_by("verified", "-created_at", "-pk")
