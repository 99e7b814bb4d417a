"""Who may get a letter, at which address, in which language."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from allauth.account.models import EmailAddress

from dataferry.server.people.models import Profile


def languages_of(ids: Collection[int]) -> Mapping[int, str]:
    """The language each person chose, empty where they chose none. Whoever is not in it has left or was shut out."""
    rows = Profile.objects.filter(user_id__in=ids, user__is_active=True)
    return dict(rows.values_list("user_id", "language"))


def address_of(user_id: int) -> str | None:
    """The verified address, the primary one first; None where the person may get no letter (now)."""
    rows = EmailAddress.objects.filter(
        user_id=user_id, verified=True, user__is_active=True, user__profile__isnull=False
    ).order_by("-primary", "pk")
    return rows.values_list("email", flat=True).first()
