"""The life of a data merchant: applied for, verified by the exchange, active, and what may end that."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.journal.lives import Life, register


class MerchantState(models.TextChoices):
    APPLIED = "applied", _("Applied")
    RETURNED = "returned", _("Returned for completion")
    VERIFIED = "verified", _("Verified")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    REFUSED = "refused", _("Refused")
    LEFT = "left", _("Left the market")


class ClassState(models.TextChoices):
    ASKED = "asked", _("Asked for, not yet decided")
    GRANTED = "granted", _("Class granted")
    REFUSED = "refused", _("Not granted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


_S, _C = MerchantState, ClassState
MERCHANT = register(
    Life(
        "merchant",
        "merchants.Merchant",
        first=frozenset({_S.APPLIED}),
        transitions={
            _S.APPLIED: frozenset({_S.RETURNED, _S.VERIFIED, _S.REFUSED, _S.LEFT}),
            _S.RETURNED: frozenset({_S.APPLIED, _S.LEFT}),
            # Verified says who they are; active, that they have signed the rules of the market.
            _S.VERIFIED: frozenset({_S.ACTIVE, _S.LEFT}),
            _S.ACTIVE: frozenset({_S.SUSPENDED, _S.LEFT}),
            _S.SUSPENDED: frozenset({_S.ACTIVE, _S.LEFT}),
            _S.REFUSED: frozenset({_S.APPLIED}),
            # Who left may come back, as an applicant: checked and signed for anew.
            _S.LEFT: frozenset({_S.APPLIED}),
        },
    )
)
CLASSES = register(
    Life(
        "class_application",
        "merchants.ClassApplication",
        first=frozenset({_C.ASKED}),
        transitions={
            _C.ASKED: frozenset({_C.GRANTED, _C.REFUSED, _C.WITHDRAWN}),
            _C.GRANTED: frozenset(),
            _C.REFUSED: frozenset(),
            _C.WITHDRAWN: frozenset(),
        },
    )
)
