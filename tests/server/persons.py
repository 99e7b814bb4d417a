"""People for tests: made as sign-up, verification and an administrator would leave them."""

from __future__ import annotations

import itertools
from typing import Any

PASSWORD = "a ferry at 7 in the morning"
_numbers = itertools.count(1)


def make_person(email: str = "", *roles: str, verified: bool = True, city: str = "", **fields: Any) -> Any:
    """A member with a verified address, holding `roles` in `city` (empty: both). The password is `PASSWORD`."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    from dataferry.server.people.models import RoleGrant

    email = email or f"person{next(_numbers)}@example.org"
    user = User.objects.create_user(f"person-{email}", email=email, password=PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, city=city)
    return user
