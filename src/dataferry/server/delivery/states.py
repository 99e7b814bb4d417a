"""The life of an entitlement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.journal.lives import Life, register


class EntitlementState(models.TextChoices):
    GRANTED = "granted", _("Granted")
    SUSPENDED = "suspended", _("Suspended")
    REVOKED = "revoked", _("Revoked")
    ENDED = "ended", _("Ended")


_S = EntitlementState
ENTITLEMENT = register(
    Life(
        "entitlement",
        "delivery.Entitlement",
        first=frozenset({_S.GRANTED}),
        transitions={
            _S.GRANTED: frozenset({_S.SUSPENDED, _S.REVOKED, _S.ENDED}),
            _S.SUSPENDED: frozenset({_S.GRANTED, _S.REVOKED, _S.ENDED}),
            _S.REVOKED: frozenset(),
            _S.ENDED: frozenset(),
        },
    )
)
