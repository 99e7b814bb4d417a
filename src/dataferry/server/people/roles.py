"""The roles that a person can be given, per city. Visitor and member are no grants: they follow from signing in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may be given to do. A person may hold several, each in one city or in both."""

    DATA_HOLDER = "data-holder", _("Data holder")
    TEAM_MEMBER = "team-member", _("Team member")
    JUDGE = "judge", _("Judge")
    ORGANISER = "organiser", _("Organiser")
    ASSESSOR = "assessor", _("Assessor")
    COMPLIANCE_OFFICER = "compliance-officer", _("Compliance officer")
    EXCHANGE_OPERATOR = "exchange-operator", _("Exchange operator")
    ADMINISTRATOR = "administrator", _("Administrator")


class City(models.TextChoices):
    """The two cities. An empty value stands for both, or for none stated."""

    HONG_KONG = "hong-kong", _("Hong Kong")
    SHANGHAI = "shanghai", _("Shanghai")


class Scope(models.TextChoices):
    """What an API token may be used for. Each includes the ones before it."""

    READ = "read", _("Read")
    WRITE = "write", _("Write")
    PUBLISH = "publish", _("Publish")
