"""Mail to many: who is meant by each audience, what a letter says of each of them, how far a campaign is.

What a letter to judges may say knows no team and no entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import override

from dataferry.messages import MissingError
from dataferry.server import letters, people
from dataferry.server.challenge.letter_words import TONGUES, in_own, in_tongues, site_address
from dataferry.server.challenge.models import (
    Division,
    Edition,
    EligibilityCheck,
    Entry,
    Judge,
    MailCampaign,
    Mentorship,
    Phase,
    ScoreSheet,
    TeamMember,
)
from dataferry.server.challenge.queries.judges import TO_SIGN
from dataferry.server.challenge.queries.mentoring import standing
from dataferry.server.challenge.queries.sessions import FINALISTS
from dataferry.server.challenge.states import CheckState, EntryState, RoundState
from dataferry.server.display.words import city_name, day
from dataferry.server.letters.recipients import languages_of
from dataferry.server.people.queries import display_names

HANDED_IN = tuple(state for state in EntryState if state not in (EntryState.DRAFT, EntryState.WITHDRAWN))
LONGEST_VALUE = 300
"""Signs of a value that a letter is filled with."""
TO_TEAMS = ("leaders", "members", "without_entry", "incomplete", "finalists", "reserves", "not_chosen")
TO_JUDGES = ("judges", "judges_overdue")
AUDIENCES = (*TO_TEAMS, *TO_JUDGES, "mentors")
FIELDS: Mapping[str, frozenset[str]] = {
    "teams": frozenset({"name", "edition", "city", "team", "entry", "deadline", "link"}),
    "judges": frozenset({"name", "edition", "city", "sheets", "link"}),
    "mentors": frozenset({"name", "edition", "city", "team", "link"}),
}


def kind_of(audience: str) -> str:
    """Teams, judges or mentors: what a letter to them may say."""
    if audience in TO_JUDGES:
        return "judges"
    return "mentors" if audience == "mentors" else "teams"


# --- whom


def addressees(edition: Edition, division: Division | None, audience: str) -> list[int]:
    """The people of an audience, each once, in the order of their numbers; those without an account are left out."""
    rows = _audiences()[audience](edition, division)
    return sorted(set(rows.values_list("user" if audience != "mentors" else "mentor", flat=True)) - {None})


def _members(edition: Edition, division: Division | None) -> QuerySet[TeamMember]:
    rows = TeamMember.objects.filter(
        team__edition=edition, left_at=None, team__withdrawn_at=None, user__is_active=True
    ).order_by()
    return rows if division is None else rows.filter(team__division=division)


def _in_states(*states: EntryState) -> Callable[[Edition, Division | None], QuerySet[Any]]:
    return lambda edition, division: _members(edition, division).filter(team__entry__state__in=states)


def _without_entry(edition: Edition, division: Division | None) -> QuerySet[Any]:
    done = Entry.objects.filter(edition=edition, state__in=HANDED_IN).values("team")
    return _members(edition, division).exclude(team__in=done)


def _incomplete(edition: Edition, division: Division | None) -> QuerySet[Any]:
    """Members who owe an answer themselves, and leaders of teams that owe one as a team."""
    owed = EligibilityCheck.objects.filter(
        team__edition=edition, dropped_at=None, state__in=(CheckState.OPEN, CheckState.QUERIED)
    )
    own = Q(pk__in=owed.exclude(member=None).values("member"))
    of_team = Q(is_leader=True, team__in=owed.filter(member=None).values("team"))
    return _members(edition, division).filter(own | of_team)


def _judges(edition: Edition, division: Division | None) -> QuerySet[Any]:
    rows = Judge.objects.filter(edition=edition, dropped_at=None, user__is_active=True).order_by()
    return rows if division is None else rows.filter(city=division.city)


def _overdue(edition: Edition, division: Division | None) -> QuerySet[Any]:
    return _judges(edition, division).filter(pk__in=_unsigned(edition).values("judge"))


def _unsigned(edition: Edition) -> QuerySet[ScoreSheet]:
    rows = ScoreSheet.objects.filter(round__edition=edition, round__state=RoundState.OPEN, calibration=False)
    return rows.filter(state__in=TO_SIGN).order_by()


def _mentors(edition: Edition, division: Division | None) -> QuerySet[Any]:
    rows = Mentorship.objects.filter(
        standing(), team__edition=edition, team__withdrawn_at=None, mentor__is_active=True
    ).order_by()
    return rows if division is None else rows.filter(team__division=division)


def _audiences() -> Mapping[str, Callable[[Edition, Division | None], QuerySet[Any]]]:
    return {
        "leaders": lambda edition, division: _members(edition, division).filter(is_leader=True),
        "members": _members,
        "without_entry": _without_entry,
        "incomplete": _incomplete,
        "finalists": _in_states(*FINALISTS),
        "reserves": _in_states(EntryState.RESERVE),
        "not_chosen": _in_states(EntryState.REJECTED),
        "judges": _judges,
        "judges_overdue": _overdue,
        "mentors": _mentors,
    }


# --- what is said of them


def letter_values(campaign: MailCampaign, ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The values of the placeholders for each person, in the language that their letter will have.

    The number of questions to the database does not grow with the people.
    """
    wanted = languages_of(ids)
    template = template_of(campaign)
    tongues = {pk: letters.chosen_language(template, wanted.get(pk, "")) for pk in ids}
    return _values(campaign, ids, tongues)


def values_in(campaign: MailCampaign, person: int, language: str) -> dict[str, str]:
    """The same for one person, in one language: for a preview."""
    return _values(campaign, [person], {person: language})[person]


def template_of(campaign: MailCampaign) -> letters.Template:
    return letters.Template(subject=campaign.subject, body=campaign.body)


def _values(campaign: MailCampaign, ids: Collection[int], tongues: Mapping[int, str]) -> dict[int, dict[str, str]]:
    facts = {"teams": _of_teams, "judges": _of_judges, "mentors": _of_mentors}[kind_of(campaign.audience)](
        campaign, ids
    )
    spoken_names = _names(ids, set(tongues.values()))
    titles = in_tongues(lambda: in_own(campaign.edition.document.get("title")))
    values = {}
    for pk in ids:
        tongue = tongues[pk]
        told = {key: (value[tongue] if isinstance(value, dict) else value) for key, value in facts[pk].items()}
        values[pk] = {"name": spoken_names[tongue][pk], "edition": titles[tongue], **told}
    return values


def _names(ids: Collection[int], tongues: Collection[str]) -> dict[str, Mapping[int, str]]:
    """Names by language: only those who chose none are called differently."""
    found: dict[str, Mapping[int, str]] = {}
    for tongue in sorted(tongues):
        with override(TONGUES[tongue]):
            found[tongue] = {pk: _one_line(name) for pk, name in display_names(ids).items()}
    return found


def _one_line(text: str) -> str:
    """A name that somebody typed, fit for a subject."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"


def _link(page: str) -> dict[str, str]:
    return in_tongues(lambda: site_address() + reverse(page))


def _of_teams(campaign: MailCampaign, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    rows = _audiences()[campaign.audience](campaign.edition, campaign.division).filter(user__in=ids)
    if campaign.confirmed_at is not None:
        # The addressees are fixed: somebody who has answered meanwhile still gets their letter.
        rows = _members(campaign.edition, campaign.division).filter(user__in=ids)
    teams: dict[int, list[Any]] = defaultdict(list)
    for row in rows.select_related("team__division", "team__entry").order_by("team__number"):
        teams[row.user_id].append(row.team)
    deadlines = _deadlines(campaign.edition)
    link = _link("challenge-mine")
    return {pk: {**_said_of_teams(teams.get(pk, []), deadlines), "link": link} for pk in ids}


def _said_of_teams(teams: Sequence[Any], deadlines: Mapping[int, Any]) -> dict[str, Any]:
    codes = [team.entry.code for team in teams if hasattr(team, "entry")]
    divisions = list({team.division_id: team.division for team in teams}.values())
    return {
        "team": _one_line(", ".join(team.name for team in teams)) or "–",
        "entry": ", ".join(codes) or "–",
        "city": in_tongues(lambda: ", ".join(city_name(each.city) for each in divisions) or "–"),
        "deadline": in_tongues(lambda: "; ".join(_told(deadlines.get(each.pk), each) for each in divisions) or "–"),
    }


def _deadlines(edition: Edition) -> dict[int, Any]:
    """The end of the submission phase of each division."""
    phases = list(Phase.objects.filter(edition=edition, kind="submission"))
    found = {}
    for division in Division.objects.filter(edition=edition):
        own = [each for each in phases if each.division_id == division.pk]
        fits = own or [each for each in phases if each.division_id is None]
        found[division.pk] = max((each.closes_at for each in fits), default=None)
    return found


def _told(at: Any, division: Division) -> str:
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(division.time_zone))
    return f"{day(local)}, {local:%H:%M} ({city_name(division.city)})"


def _of_judges(campaign: MailCampaign, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    panels: dict[int, list[str]] = defaultdict(list)
    for user, city in Judge.objects.filter(edition=campaign.edition, user__in=ids).values_list("user", "city"):
        panels[user or 0].append(city)
    counted = _unsigned(campaign.edition).filter(judge__user__in=ids).values("judge__user").annotate(count=Count("pk"))
    sheets = {row["judge__user"]: row["count"] for row in counted}
    link = _link("challenge-desk")
    return {pk: {"city": _cities(panels.get(pk, [])), "sheets": str(sheets.get(pk, 0)), "link": link} for pk in ids}


def _cities(cities: Sequence[str]) -> dict[str, str]:
    """Names of cities, each once, in each language."""
    return in_tongues(lambda: ", ".join(city_name(city) for city in dict.fromkeys(cities)) or "–")


def _of_mentors(campaign: MailCampaign, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    teams: dict[int, list[Any]] = defaultdict(list)
    rows = _mentors(campaign.edition, campaign.division).filter(mentor__in=ids)
    for row in rows.select_related("team__division").order_by("team__number"):
        teams[row.mentor_id].append(row.team)
    link = _link("challenge-mentoring")
    return {
        pk: {
            "team": _one_line(", ".join(team.name for team in teams.get(pk, []))) or "–",
            "city": _cities([team.city for team in teams.get(pk, [])]),
            "link": link,
        }
        for pk in ids
    }


# --- campaigns


def campaigns_for(user: Any, edition: Edition) -> QuerySet[MailCampaign]:
    """The campaigns that this organiser may read: those of their divisions, and those of all where they run all."""
    divisions = [each.pk for each in edition.divisions.all() if people.can(user, "challenge.organise", each)]
    wanted = Q(division__in=divisions)
    if people.can(user, "challenge.organise", edition):
        wanted |= Q(division=None)
    return MailCampaign.objects.filter(wanted, edition=edition).select_related("edition", "division", "written_by")


def campaign_of(user: Any, edition: Edition, number: int) -> MailCampaign:
    """
    Raises:
        MissingError: `server.challenge.no_campaign`, there is none, or not for this person.
    """
    row = campaigns_for(user, edition).filter(pk=number).first()
    if row is None:
        raise MissingError("server.challenge.no_campaign", campaign=number)
    return row


def post_key(campaign: MailCampaign) -> str:
    """What the campaign is called in the post, for ever."""
    return f"challenge.campaign:{campaign.pk}"


def post_counts(campaigns: Sequence[MailCampaign]) -> dict[int, letters.Counts]:
    """The letters of each campaign by state, in two questions."""
    keys = {post_key(each): each.pk for each in campaigns}
    posted = list(letters.Campaign.objects.filter(key__in=list(keys)).defer("subject", "body"))
    counted = letters.campaign_counts(posted)
    found = {keys[each.key]: counted[each.pk] for each in posted}
    return {each.pk: found.get(each.pk, letters.Counts()) for each in campaigns}
