"""Checks and deadlines in words: what a page or the API shows of a team's eligibility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import say as say_message
from dataferry.server.challenge import clock
from dataferry.server.challenge import eligibility_rules as rules
from dataferry.server.challenge.edition_file import EditionFile
from dataferry.server.challenge.models import Division, EligibilityCheck
from dataferry.server.challenge.states import CheckState
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import city_name, day, moment, spoken
from dataferry.server.people.queries import display_name

CHIPS = {
    CheckState.OPEN: "attention",
    CheckState.QUERIED: "attention",
    CheckState.DECLARED: "unknown",
    CheckState.DOCUMENTED: "unknown",
    CheckState.PASSED: "clear",
    CheckState.FAILED: "blocked",
}


@dataclass(frozen=True)
class Deadline:
    """An instant in the division's zone, in the visitor's where that differs, and how long it is until then."""

    instant: datetime
    there: str
    here: str
    left: str
    is_over: bool


def deadline(instant: datetime, division: Division) -> Deadline:
    local = instant.astimezone(ZoneInfo(division.time_zone))
    there = _("%(day)s, %(time)s in %(city)s") % {
        "day": day(local),
        "time": f"{local:%H:%M}",
        "city": city_name(division.city),
    }
    same = timezone.localtime(instant).utcoffset() == local.utcoffset()
    now = clock.now()
    return Deadline(instant, there, "" if same else moment(instant), time_left(instant, now), now >= instant)


def time_left(instant: datetime, now: datetime) -> str:
    """How long until then, in the largest unit that says enough; empty when it is over."""
    minutes = int((instant - now).total_seconds() // 60)
    if instant <= now:
        return ""
    if minutes >= 2 * 24 * 60:
        count = minutes // (24 * 60)
        return ngettext("%(count)d day left", "%(count)d days left", count) % {"count": count}
    if minutes >= 120:
        count = minutes // 60
        return ngettext("%(count)d hour left", "%(count)d hours left", count) % {"count": count}
    return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {"count": minutes}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class ShownCheck:
    """A check with its words. `chip` is one of the four states that the site draws."""

    row: EligibilityCheck
    title: str
    help: str
    form: str
    choices: tuple[Choice, ...]
    answered: str
    state_word: str
    chip: str
    whom: str
    reason: str
    papers: tuple[Any, ...]
    steps: tuple[Any, ...]
    needs_paper: bool
    is_mine: bool
    is_open: bool


def shown_check(check: EligibilityCheck, file: EditionFile, user: Any, *, leads: bool) -> ShownCheck:
    """Everything that a page shows of a check, to a member or an organiser."""
    asked = rules.asked_rule(file, check.rule, check.team.kind)
    state = CheckState(check.state)
    said = check.answer.get("said", "")
    form = asked.form if asked is not None else "paper"
    options = _options(form)
    of_person = check.member is not None
    mine = check.member.user_id == user.pk if check.member is not None else leads
    papers = tuple(check.papers.all())
    return ShownCheck(
        row=check,
        title=title_of(check, file),
        help=_help(check, file),
        form=form,
        choices=tuple(Choice(value, label, value == said) for value, label in options.items()),
        answered=options.get(said, ""),
        state_word=str(state.label),
        chip=CHIPS[state],
        whom=display_name(check.member.user) if of_person and check.member and check.member.user else "",
        reason=check.reason or (say_message(check.reason_code, {}, page_language()) if check.reason_code else ""),
        papers=papers,
        steps=tuple(step for step in check.steps.all() if step.words),
        needs_paper=check.kind == "documented" and not any(paper.destroyed_at is None for paper in papers),
        is_mine=mine and check.dropped_at is None,
        is_open=state in (CheckState.OPEN, CheckState.QUERIED, CheckState.DECLARED, CheckState.DOCUMENTED),
    )


def _options(form: str) -> Mapping[str, str]:
    if form == "yes-no":
        return {"yes": _("Yes"), "no": _("No")}
    if form == "place":
        return {
            "hong-kong": _("Hong Kong"),
            "mainland": _("Mainland China"),
            "macao": _("Macao"),
            "elsewhere": _("Somewhere else"),
        }
    return {"yes": _("Yes, we confirm this")} if form == "confirm" else {}


def title_of(check: EligibilityCheck, file: EditionFile) -> str:
    """The question itself."""
    if check.rule == rules.MINIMUM_AGE and file.eligibility.minimum_age is not None:
        years = file.eligibility.minimum_age.years
        on = rules.age_day(file, check.team.division.code)
        if on is not None:
            return _("Will you be %(years)s or older on %(day)s?") % {"years": years, "day": day(on)}
        return _("Are you %(years)s or older?") % {"years": years}
    if check.rule.startswith(rules.DECLARATION):
        found = file.eligibility.declarations.get(check.rule.removeprefix(rules.DECLARATION))
        return spoken(found.words.to_json(), page_language()).text if found is not None else rule_word(check.rule)
    return {
        rules.RESIDENCE: _("Where do you live?"),
        rules.COMPANY: _("Where is the organisation registered?"),
        rules.BARRED: _("Do you organise this edition, or does a close relative of yours?"),
        rules.IDENTITY: _("Show who you are"),
    }.get(check.rule, check.rule)


def rule_word(rule: str) -> str:
    """A rule in a word or two, for lists."""
    if rule.startswith(rules.DECLARATION):
        return _("Declaration “%(code)s”") % {"code": rule.removeprefix(rules.DECLARATION)}
    return {
        rules.MINIMUM_AGE: _("Age"),
        rules.RESIDENCE: _("Residence"),
        rules.COMPANY: _("Registration of the organisation"),
        rules.BARRED: _("Organisers and relatives"),
        rules.IDENTITY: _("Identity paper"),
    }.get(rule, rule)


def _help(check: EligibilityCheck, file: EditionFile) -> str:
    among = {rules.RESIDENCE: file.eligibility.residence, rules.COMPANY: file.eligibility.company_registered}
    rule = among.get(check.rule)
    if check.rule == rules.MINIMUM_AGE:
        return _("We keep only your yes or no; your date of birth is not asked for.")
    if check.rule == rules.IDENTITY:
        return _("A passport, identity card or residence permit, as a PDF, JPEG or PNG file.")
    if rule is not None and rule.among:
        places = _options("place")
        return _("This edition is open to: %(places)s.") % {"places": ", ".join(places[one] for one in rule.among)}
    return ""


def because_word(because: str) -> str:
    """Why a paper was destroyed."""
    return {
        "due": _("its day had come"),
        "decided": _("the check was decided"),
        "replaced": _("another paper took its place"),
        "taken_back": _("its owner took it back"),
        "left": _("its owner left the team"),
        "account_ended": _("its owner ended the account"),
        "team_withdrawn": _("the team was withdrawn"),
        "company_changed": _("the team acts for another organisation, or none"),
        "missing": _("its file was lost"),
    }.get(because, because)
