"""Every account has a profile, however it was made: by sign-up, by `dataferry up`, at Django's desk."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models.signals import post_save

from dataferry.server.people.models import Profile


def _make_profile(sender: type[User], instance: User, created: bool, raw: bool = False, **_more: Any) -> None:
    if created and not raw:
        Profile.objects.get_or_create(user=instance)


def follow_users() -> None:
    post_save.connect(_make_profile, sender=User, dispatch_uid="people.profile")
