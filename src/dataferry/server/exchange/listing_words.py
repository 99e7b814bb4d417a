"""Codes of the two registers in words of the page's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.server.exchange.models import PaperKind, PlanKind
from dataferry.server.exchange.models.listings import DeliveryLevel
from dataferry.server.exchange.models.registrations import SourceKind


def board_word(code: str) -> str:
    """A sector board."""
    return {
        "transport": _("Transport"),
        "energy": _("Energy"),
        "environment": _("Environment and weather"),
        "commerce": _("Commerce and trade"),
        "finance": _("Finance"),
        "health": _("Health"),
        "culture": _("Culture and tourism"),
        "planning": _("City planning"),
        "other": _("Other"),
    }.get(code, code)


def industry_word(code: str) -> str:
    """A section of GB/T 4754-2017."""
    named = {
        "A": _("Agriculture, forestry, animal husbandry and fishery"),
        "B": _("Mining"),
        "C": _("Manufacturing"),
        "D": _("Electricity, heat, gas and water"),
        "E": _("Construction"),
        "F": _("Wholesale and retail"),
        "G": _("Transport, storage and post"),
        "H": _("Lodging and catering"),
        "I": _("Information, software and IT services"),
        "J": _("Financial services"),
        "K": _("Real estate"),
        "L": _("Leasing and business services"),
        "M": _("Scientific research and technical services"),
        "N": _("Water, environment and public facilities"),
        "O": _("Resident services and repair"),
        "P": _("Education"),
        "Q": _("Health and social work"),
        "R": _("Culture, sports and entertainment"),
        "S": _("Public administration and social organisations"),
        "T": _("International organisations"),
    }
    return f"{code} · {named[code]}" if code in named else code


def kind_word(code: str) -> str:
    return {"dataset": _("Data set"), "api": _("Service (API)")}.get(code, code)


def level_word(code: str) -> str:
    return str(dict(DeliveryLevel.choices).get(code, code))


def source_word(code: str) -> str:
    return str(dict(SourceKind.choices).get(code, code))


def price_word(code: str) -> str:
    return str(dict(PlanKind.choices).get(code, code))


def mode_word(code: str) -> str:
    """A way of delivery."""
    return {
        "files": _("Download of files"),
        "share": _("Delta Sharing"),
        "rows": _("Rows by request"),
        "api": _("Answers of a service"),
    }.get(code, code)


def right_word(code: str) -> str:
    return {
        "holding": _("Right to hold the data"),
        "use": _("Right to process and use the data"),
        "operation": _("Right to operate the data product"),
    }.get(code, code)


def ground_word(code: str) -> str:
    """What an objection rests on."""
    return {
        "ownership": _("The data is mine or my organisation's"),
        "source": _("Its source is not what is stated"),
        "personal": _("It contains personal data"),
        "secrets": _("It contains secrets"),
        "accuracy": _("What is stated of it is wrong"),
        "other": _("Something else"),
    }.get(code, code)


def licence_class_word(code: str) -> str:
    return {
        "open": _("Open terms"),
        "share-alike": _("Share alike"),
        "conditional": _("On conditions"),
        "unknown": _("Terms not all known"),
    }.get(code, code)


def counted_word(value: Mapping[str, Any]) -> str:
    """A frequency or period: every 2 weeks, once, without limit."""
    count, unit = int(value.get("count") or 1), str(value.get("unit"))
    if unit == "hour":
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    if unit == "day":
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if unit == "week":
        return ngettext("%(count)d week", "%(count)d weeks", count) % {"count": count}
    if unit == "month":
        return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
    if unit == "quarter":
        return ngettext("%(count)d quarter", "%(count)d quarters", count) % {"count": count}
    if unit == "year":
        return ngettext("%(count)d year", "%(count)d years", count) % {"count": count}
    return {
        "once": _("once, not updated"),
        "irregular": _("at no fixed time"),
        "unlimited": _("without limit of time"),
    }.get(unit, unit)


def frequency_word(value: Mapping[str, Any]) -> str:
    """How often a product is brought up to date."""
    if value.get("unit") in ("once", "irregular"):
        return counted_word(value)
    return _("every %(period)s") % {"period": counted_word(value)}


def piece_word(kind: str) -> str:
    """A piece of evidence."""
    machine = {
        "licence": _("Machine's finding: licences"),
        "privacy": _("Machine's finding: privacy"),
        "border": _("Machine's finding: border"),
        "quality": _("Machine's finding: quality"),
        "lineage": _("Machine's finding: lineage"),
    }
    if kind.startswith("machine-"):
        return machine.get(kind.removeprefix("machine-"), kind)
    if kind.startswith("paper-"):
        code = kind.removeprefix("paper-")
        return str(dict(PaperKind.choices).get(code, code))
    return {
        "registration": _("Registration of a product"),
        "compliance": _("Compliance assessment"),
        "release": _("Files of the release"),
        "quality": _("Quality evidence"),
        "undertaking": _("Legal undertaking"),
    }.get(kind, kind)


def field_word(code: str) -> str:
    """A field of the sheet that people write."""
    return {
        "title": _("Product name"),
        "content": _("Content"),
        "keywords": _("Keywords"),
        "purpose": _("Purpose of use"),
        "buyers": _("Requirements for buyers"),
        "rules": _("Rules of use"),
        "limits": _("Other limits"),
        "inputs": _("Input fields"),
        "scenario": _("A scenario"),
        "undertaking": _("The signed undertaking"),
    }.get(code, code)


def because_word(code: str) -> str:
    """Why a listing was suspended, where the house did it itself; people's own words as they are."""
    return {
        "clearance-ended": _("Its compliance clearance has ended."),
        "supplier-suspended": _("Its supplier is not active."),
        "registration-expired": _("Its registration has expired."),
    }.get(code, code)
