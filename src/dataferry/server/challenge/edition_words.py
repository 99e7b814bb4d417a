"""The codes of an edition's file in the words of a page."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dataferry.server.display import words


def kind_word(kind: str) -> str:
    """A kind of phase."""
    return {
        "kickoff": _("Kick-off"),
        "registration": _("Registration"),
        "training": _("Training"),
        "submission": _("Handing in"),
        "eligibility": _("Eligibility check"),
        "screening": _("Screening"),
        "shortlist": _("Shortlist"),
        "coaching": _("Coaching"),
        "final": _("Final"),
        "appeals": _("Appeals"),
        "nomination": _("Nomination"),
        "showcase": _("Showcase"),
    }.get(kind, kind)


def mark_word(mark: str) -> str:
    """How well a value is founded."""
    return {
        "seen": _("seen in the source"),
        "measured": _("measured"),
        "inferred": _("inferred, not seen"),
        "house": _("Dataferry’s proposal"),
        "stand-in": _("stand-in for a trial"),
        "organiser": _("decided by the organisers"),
        "unknown": _("not known"),
    }.get(mark, mark)


def method_word(method: str) -> str:
    return {
        "raw-mean": _("mean of the marks as given"),
        "z-score": _("mean of each judge’s standardised marks"),
        "calibrated": _("marks calibrated for each judge’s strictness"),
        "panel-means": _("mean of the panels’ means, each city counting the same"),
        "calibrated-panel-means": _("calibrated marks, then the mean of the panels’ means"),
    }.get(method, method)


def tie_word(tie: str) -> str:
    if tie.startswith("criterion:"):
        return _("the higher mark in “%(criterion)s”") % {"criterion": tie.partition(":")[2]}
    return {"pairwise": _("a round of comparisons"), "chair": _("the chair, with a reason")}.get(tie, tie)


def tongue_word(code: str) -> str:
    """A written or spoken language."""
    return {
        "en": _("English"),
        "zh": _("Chinese, either script"),
        "zh-Hant": _("Traditional Chinese"),
        "zh-Hans": _("Simplified Chinese"),
        "cmn": _("Putonghua"),
        "yue": _("Cantonese"),
    }.get(code, code)


def place_word(code: str) -> str:
    return {"hong-kong": _("Hong Kong"), "mainland": _("the Mainland"), "macao": _("Macao")}.get(code, code)


def hidden_word(code: str) -> str:
    """A field that judges do not see."""
    return {
        "team": _("team name"),
        "members": _("members"),
        "organisation": _("organisation"),
        "contact": _("contacts"),
        "mentor": _("mentors"),
        "logo": _("logos"),
        "division": _("division"),
        "file-names": _("file names"),
        "video-title": _("video title"),
    }.get(code, code)


def ground_word(code: str) -> str:
    """A ground of appeal."""
    return {"procedure": _("procedure"), "eligibility": _("eligibility"), "arithmetic": _("arithmetic")}.get(code, code)


def listed(items: list[str]) -> str:
    return _(", ").join(items)


def zone_word(name: str) -> str:
    """A time zone as people call it."""
    return {"Asia/Hong_Kong": _("Hong Kong time"), "Asia/Shanghai": _("Shanghai time")}.get(name, name)


def local_moment(instant: datetime, zone: ZoneInfo, *, ends: bool = False) -> str:
    """An instant in a zone: `30 Jun 2026, 18:00`. The end of a day is its 24:00; seconds are told where there are any.

    Args:
        ends: the instant ends something, so that midnight belongs to the day before.
    """
    local = instant.astimezone(zone)
    if ends and not (local.hour or local.minute or local.second):
        return _("%(day)s, %(time)s") % {"day": words.day(local.date() - timedelta(days=1)), "time": "24:00"}
    time = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return _("%(day)s, %(time)s") % {"day": words.day(local.date()), "time": time}
