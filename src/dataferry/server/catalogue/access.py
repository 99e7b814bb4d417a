"""Access to a dataset that is not public, given to people for a while by a room above, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from dataferry.server.catalogue.models import Dataset, DatasetAccess


def lend(dataset: Dataset, people: Iterable[User], about: str, until: datetime) -> None:
    """These people, and nobody else on this account (`about`), may open the dataset until the instant.

    Inside the caller's transaction, which journals why.
    """
    keys = {user.pk for user in people}
    DatasetAccess.objects.filter(dataset=dataset, about=about).exclude(user__in=keys).delete()
    for key in sorted(keys):
        DatasetAccess.objects.update_or_create(dataset=dataset, user_id=key, about=about, defaults={"until": until})


def take_back(dataset: Dataset, about: str) -> int:
    """Nobody opens the dataset on this account any more. Returns how many could."""
    return DatasetAccess.objects.filter(dataset=dataset, about=about).delete()[0]


def forget_expired() -> int:
    """Remove what is over: it gives no access already."""
    return DatasetAccess.objects.filter(until__lte=timezone.now()).delete()[0]
