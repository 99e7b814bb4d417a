"""The judge's desk as values for its pages: groups of sheets, lines of a rubric, what stands and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import DataferryError
from dataferry.server.challenge.models import Judge, Reopening, Round, ScoreSheet
from dataferry.server.challenge.queries import blind, panels
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.challenge.redaction import redacted
from dataferry.server.challenge.states import RoundState, SheetState
from dataferry.server.display.languages import page_language

DONE = (SheetState.SIGNED, SheetState.LOCKED)


@dataclass(frozen=True)
class Line:
    """One criterion on the desk."""

    code: str
    title: Mapping[str, str]
    points: tuple[Mapping[str, str], ...]
    weight: str
    lowest: str
    highest: str
    step: str
    floor: str
    bonus: bool
    value: str
    saved: str
    below: bool
    error: str


@dataclass(frozen=True)
class Standing:
    """Where a sheet stands: its total once every criterion is scored, and what is missing or under its floor."""

    total: str
    so_far: str
    missing: tuple[str, ...]
    below: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Row:
    """A sheet in the list of a desk."""

    pk: int
    position: int
    code: str
    title: Mapping[str, str]
    state: str
    word: str
    total: str


@dataclass(frozen=True)
class Group:
    """One round on a desk."""

    edition: Mapping[str, str]
    title: str
    slug: str
    code: str
    calibration: bool
    state: str
    closes: datetime | None
    rows: tuple[Row, ...]
    signed: int
    following: int | None
    ballots: int


@dataclass(frozen=True)
class Panel:
    """A judge's seat: what they still have to say before entries may come."""

    pk: int
    edition: Mapping[str, str]
    city: str
    confirmed: bool
    declared: bool
    groups: tuple[Group, ...]


def groups(user: Any) -> list[Panel] | None:
    """The panels of a person with their rounds; None for somebody who is on none."""
    seats = list(judge_queries.own_judges(user).prefetch_related("rounds__division"))
    if not seats:
        return None
    sheets = list(queries.own_sheets(user))
    titles = blind.headlines(sheets)
    return [_panel(seat, [sheet for sheet in sheets if sheet.judge_id == seat.pk], titles) for seat in seats]


def _panel(seat: Judge, sheets: list[ScoreSheet], titles: Mapping[int, Mapping[str, str]]) -> Panel:
    by_round: dict[tuple[int, bool], list[ScoreSheet]] = {}
    for sheet in sheets:
        by_round.setdefault((sheet.round_id, sheet.calibration), []).append(sheet)
    voting = {each.pk: each for each in seat.rounds.all() if each.state == RoundState.CLOSED}
    found = [_group(seat, own[0].round, own, titles) for own in by_round.values()]
    named = {group.code for group in found}
    found += [_group(seat, each, [], titles) for each in voting.values() if each.code not in named]
    return Panel(
        seat.pk,
        seat.edition.file.title.to_json(),
        seat.city,
        seat.confirmed_at is not None,
        seat.declared_at is not None,
        tuple(each for each in found if each.rows or each.ballots),
    )


def _group(seat: Judge, round_: Round, sheets: list[ScoreSheet], titles: Mapping[int, Mapping[str, str]]) -> Group:
    rows = tuple(_row(sheet, titles[sheet.pk]) for sheet in sheets)
    todo = [row.pk for row in rows if row.state in judge_queries.TO_SIGN]
    rubric_open = bool(sheets) and sheets[0].calibration
    voted = panels.ballots_of(round_, seat) if round_.state == RoundState.CLOSED else set()
    return Group(
        edition=seat.edition.file.title.to_json(),
        title=round_title(round_),
        slug=seat.edition.slug,
        code=round_.code,
        calibration=rubric_open,
        state=round_.state,
        closes=queries.deadline(round_),
        rows=rows,
        signed=sum(row.state in DONE for row in rows),
        following=todo[0] if todo else None,
        ballots=len(panels.open_pairs(round_) - voted),
    )


def _row(sheet: ScoreSheet, title: Mapping[str, str]) -> Row:
    total = standing(sheet).total if sheet.scores else ""
    word = str(SheetState(sheet.state).label)
    return Row(sheet.pk, sheet.position, sheet.entry.code, title, sheet.state, word, total)


def round_title(round_: Round) -> str:
    """What a round is called on pages: its title in the edition's file, or its code."""
    rules = round_.edition.file.rounds.get(round_.code)
    return rules.title.text(page_language()) if rules is not None and rules.title else round_.code


def rubric_lines(
    sheet: ScoreSheet, typed: Mapping[str, Any] | None = None, error: DataferryError | None = None
) -> list[Line]:
    """The criteria of a sheet with what is written in them: as saved, or as typed where that was refused."""
    file = sheet.round.edition.file
    named = file.rubrics.get(str((queries.standing_rules(sheet.round)["rubric"] or {}).get("code")))
    words = named.criteria if named is not None else {}
    values = typed["scores"] if typed else sheet.scores
    below = standing(sheet).below
    wrong = str(error.data.get("field", "")) if error is not None else ""
    return [
        Line(
            code=each.code,
            title=_title(words, each.code),
            points=tuple(point.title.to_json() for point in words[each.code].points.values())
            if each.code in words
            else (),
            weight=_text(each.weight),
            lowest=_text(each.lowest),
            highest=_text(each.highest),
            step=_text(each.step),
            floor="" if each.floor is None else _text(each.floor * each.highest),
            bonus=each.bonus,
            value=str(values.get(each.code, "")),
            saved=str(sheet.scores.get(each.code, "")),
            below=each.code in below,
            error=error.text() if error is not None and wrong == each.code else "",
        )
        for each in queries.rubric_of(sheet.round).criteria
    ]


def _title(criteria: Mapping[str, Any], code: str) -> Mapping[str, str]:
    """A criterion's title in the edition's file; its code where it has none."""
    known = criteria.get(code)
    return known.title.to_json() if known is not None and known.title else {"en": code}


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize() + 0, "f")


def standing(sheet: ScoreSheet) -> Standing:
    """Where the saved scores of a sheet stand, exactly."""
    rubric = queries.rubric_of(sheet.round)
    values = {code: Decimal(text) for code, text in sheet.scores.items()}
    missing = tuple(each.code for each in rubric.criteria if not each.bonus and each.code not in values)
    full = {each.code: values.get(each.code, each.lowest) for each in rubric.criteria}
    known = not rubric.findings()
    so_far = _text(rubric.total(full)) if known else ""
    return Standing("" if missing else so_far, so_far, missing, tuple(rubric.below_floor(values)))


def as_saved(sheet: ScoreSheet) -> dict[str, Any]:
    """A sheet as the desk's script keeps it."""
    return {
        "revision": sheet.revision,
        "state": sheet.state,
        "scores": dict(sheet.scores),
        "comment_team": sheet.comment_team,
        "comment_panel": sheet.comment_panel,
    }


def places(user: Any, sheet: ScoreSheet) -> dict[str, Any]:
    """Where a sheet lies among the judge's own of its round: before, after, and the next that is to be done."""
    own = queries.own_sheets(user).filter(round=sheet.round_id, calibration=sheet.calibration)
    listed = list(own.values_list("pk", "state"))
    numbers = [pk for pk, _state in listed]
    at = numbers.index(sheet.pk) if sheet.pk in numbers else 0
    todo = [pk for pk, state in (*listed[at + 1 :], *listed[:at]) if state in judge_queries.TO_SIGN]
    return {
        "number": at + 1,
        "count": len(numbers),
        "before": numbers[at - 1] if at > 0 else None,
        "next": numbers[at + 1] if at + 1 < len(numbers) else None,
        "todo": todo[0] if todo else None,
    }


def reopening_of(sheet: ScoreSheet) -> str:
    """Why two officials opened the sheet again, without what would name the team; nothing when they did not."""
    if sheet.state != SheetState.REOPENED:
        return ""
    last = Reopening.objects.filter(sheet=sheet, confirmed_at__isnull=False).first()
    if last is None:
        return ""
    names = blind.identities(sheet.entry.team) if queries.is_anonymous(sheet.round) else []
    return redacted(last.reason, names)


def script_words() -> dict[str, str]:
    """What the desk's script says, in the page's language."""
    return {
        "saving": _("Saving…"),
        "saved": _("Saved at {time}"),
        "offline": _("No connection. What you write is kept on this device and sent when the connection is back."),
        "restored": _("What you wrote without a connection is back, and is being sent."),
        "waiting": _("Not sent yet; trying again."),
        "signin": _("You are signed out. What you wrote is kept on this device: sign in in another tab, then save."),
        "stay": _("No connection: this page stays open so that nothing is lost."),
        "incomplete": _("{count} criteria without a score"),
        "wrong": _("Not a score on this scale: {lowest} to {highest}, in steps of {step}"),
        "mine": _("Yours, in this window"),
        "theirs": _("Saved meanwhile in another window"),
        "keep_mine": _("Keep mine"),
        "take_theirs": _("Take the other"),
        "changed": _("This sheet was saved in another window meanwhile. Nothing is lost: choose one."),
        "nothing": _("no score"),
    }
