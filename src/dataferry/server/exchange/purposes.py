"""What data may be used for. Scenarios, policies and orders name purposes of this list and no others."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.messages import InputError


class Purpose(models.TextChoices):
    RESEARCH = "research", _("Research and statistics")
    TEACHING = "teaching", _("Teaching")
    PUBLIC_SERVICE = "public-service", _("Public services and planning")
    INTERNAL = "internal-analysis", _("Analysis inside the buyer's own organisation")
    PRODUCT = "product-development", _("Development of the buyer's own products")
    COMMERCIAL = "commercial-service", _("A commercial service for others, without handing on the data")


def checked_purposes(codes: Iterable[str]) -> list[str]:
    """The codes in the order of the list, each once.

    Raises:
        InputError: none, or one that is not in the list.
    """
    given = list(codes)
    unknown = [code for code in given if code not in Purpose.values]
    if unknown or not given:
        raise InputError(
            "server.exchange.unknown_purpose",
            field="purposes",
            purpose=", ".join(str(code)[:40] for code in unknown) or "-",
            allowed=", ".join(Purpose.values),
        )
    return [code for code in Purpose.values if code in given]
