"""The life of a score sheet on a judge's desk: opened, saved, signed, recused, reopened by two officials.

Every signed revision is kept for ever, and the journal holds the same scores: a result is computed from there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.conflicts import reason_of
from dataferry.server.challenge.models import Reopening, Round, ScoreSheet, SheetRevision
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.challenge.states import Life, RoundState, SheetState, move
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.web.api import ConflictError

if TYPE_CHECKING:
    from dataferry.judging import Criterion

LONGEST_COMMENT = 10_000
SAVABLE = (SheetState.ASSIGNED, SheetState.OPENED, SheetState.SAVED, SheetState.REOPENED)
_NUMBER = re.compile(r"-?\d{1,7}(\.\d{1,6})?", re.ASCII)


def open_sheet(user: Any, sheet: ScoreSheet) -> ScoreSheet:
    """The judge looks at an entry for the first time. Opened again, nothing changes.

    Raises:
        RefusedError: not the judge's own, a conflict was found meanwhile, the round is not open.
    """
    people.require(user, "challenge.score_sheet", sheet)
    if sheet.state != SheetState.ASSIGNED:
        return sheet
    with transaction.atomic():
        row = _own(user, sheet)
        if row.state == SheetState.ASSIGNED:
            _require_scoring(row)
            move(Life.SHEET, row, SheetState.OPENED)
    return row


def save_sheet(
    user: Any,
    sheet: ScoreSheet,
    revision: int,
    scores: Mapping[str, Any],
    comment_team: str = "",
    comment_panel: str = "",
) -> ScoreSheet:
    """Keep a judge's work, if nobody saved the sheet since `revision`. Scores may be incomplete, never off the scale.

    Args:
        scores: criterion to a decimal number as text; an empty text is no score yet. Full-width digits are read.

    Raises:
        ConflictError: `server.challenge.sheet_changed`, with the two revisions. InputError: a score off the scale.
        RefusedError: the sheet is signed, withdrawn, or its round not open.
    """
    people.require(user, "challenge.score_sheet", sheet)
    values = read_scores(sheet.round, scores)
    comments = [_comment("comment_team", comment_team), _comment("comment_panel", comment_panel)]
    with transaction.atomic():
        row = _own(user, sheet)
        if row.state not in SAVABLE:
            raise RefusedError("server.challenge.sheet_closed", state=row.state)
        _require_scoring(row)
        _require_revision(row, revision)
        if [row.scores, row.comment_team, row.comment_panel] == [values, *comments]:
            return row
        row.scores, (row.comment_team, row.comment_panel) = values, comments
        row.revision += 1
        row.saved_at = clock.now()
        if row.state == SheetState.ASSIGNED:
            move(Life.SHEET, row, SheetState.OPENED)
        after = SheetState.REOPENED if row.state == SheetState.REOPENED else SheetState.SAVED
        move(Life.SHEET, row, after, "scores", "comment_team", "comment_panel", "revision", "saved_at")
    return row


def read_scores(round_: Round, scores: Mapping[str, Any]) -> dict[str, str]:
    """Scores in their one way of writing, each on its criterion's scale. Empty ones are left out.

    Raises:
        InputError: an unknown criterion, no plain decimal number, off the scale or its steps; `field` names it.
    """
    criteria = {criterion.code: criterion for criterion in queries.rubric_of(round_).criteria}
    found = {}
    for code, given in scores.items():
        text = unicodedata.normalize("NFKC", given if isinstance(given, str) else str(given)).strip()
        if code not in criteria:
            raise InputError("server.challenge.no_such_criterion", field=str(code)[:60])
        if given is None or not text:
            continue
        if isinstance(given, bool | float) or not _NUMBER.fullmatch(text):
            raise InputError("server.challenge.score_unreadable", field=code, value=text[:40])
        fault = criteria[code].fault(Decimal(text))
        if fault is not None:
            lowest, highest, step = _scale(criteria[code])
            raise InputError(
                "server.challenge.score_off_scale", field=code, value=text, lowest=lowest, highest=highest, step=step
            )
        found[code] = written(Decimal(text))
    return {code: found[code] for code in criteria if code in found}


def written(value: Decimal) -> str:
    """A number written one way only: no exponent, no zeros at the end, no negative zero."""
    return format(value.normalize() + 0, "f")


def _scale(criterion: Criterion) -> tuple[str, str, str]:
    return written(criterion.lowest), written(criterion.highest), written(criterion.step)


def _comment(field: str, text: str) -> str:
    kept = text.replace("\r\n", "\n").strip()
    if len(kept) > LONGEST_COMMENT:
        raise InputError("server.challenge.comment_long", field=field, most=LONGEST_COMMENT)
    if "\x00" in kept or any(0xD800 <= ord(letter) <= 0xDFFF for letter in kept):
        raise InputError("server.web.control_characters", field=field)
    return kept


def sign_sheet(user: Any, sheet: ScoreSheet, revision: int | None = None) -> SheetRevision:
    """Sign a sheet as it was saved last: from here only two officials together can open it again.

    Args:
        revision: the one that the judge has seen; refused when another was saved since.

    Raises:
        InputError: `server.challenge.scores_missing`, with the criteria. ConflictError: saved meanwhile.
        RefusedError: nothing was saved; a forbidden move; the round is not open.
    """
    people.require(user, "challenge.score_sheet", sheet)
    with transaction.atomic():
        row = _own(user, sheet)
        if row.state in (SheetState.SIGNED, SheetState.LOCKED):
            raise ConflictError("server.challenge.signed_already")
        _require_scoring(row)
        if revision is not None:
            _require_revision(row, revision)
        _require_complete(row)
        signed = _keep_revision(row)
        row.signed_at = signed.signed_at
        move(Life.SHEET, row, SheetState.SIGNED, "signed_at")
        if row.round.state == RoundState.CLOSED:
            # Reopened after the round was closed: the lock that was lifted for it falls again.
            move(Life.SHEET, row, SheetState.LOCKED)
        _append_signed(user, row, signed)
    return signed


def _require_complete(sheet: ScoreSheet) -> None:
    rubric = queries.rubric_of(sheet.round)
    read_scores(sheet.round, sheet.scores)
    missing = [each.code for each in rubric.criteria if not each.bonus and each.code not in sheet.scores]
    if missing:
        raise InputError("server.challenge.scores_missing", criteria=", ".join(missing), missing=missing)


def _keep_revision(sheet: ScoreSheet) -> SheetRevision:
    """The signed revision, numbered on, with the digest of all that was signed."""
    last = sheet.revisions.order_by("-number").first()
    number = 1 if last is None else last.number + 1
    told = {
        **queries.places(sheet),
        "sheet": sheet.pk,
        "revision": number,
        "scores": dict(sheet.scores),
        "comment_team": sheet.comment_team,
        "comment_panel": sheet.comment_panel,
    }
    return SheetRevision.objects.create(
        sheet=sheet,
        number=number,
        scores=dict(sheet.scores),
        comment_team=sheet.comment_team,
        comment_panel=sheet.comment_panel,
        digest=f"sha256:{digest(canonical(told))}",
        signed_at=clock.now(),
    )


def _append_signed(user: Any, sheet: ScoreSheet, signed: SheetRevision) -> None:
    payload = {
        **queries.places(sheet),
        "revision": signed.number,
        # Pairs, not a map: codes of criteria are not keys that the journal would allow.
        "scores": [list(pair) for pair in sorted(signed.scores.items())],
        "digest": signed.digest,
    }
    if sheet.calibration:
        journal.append(people.actor(user), "challenge.calibration_signed", f"sheet:{sheet.pk}", payload)
    else:
        journal.append(people.actor(user), "challenge.sheet_signed", f"sheet:{sheet.pk}", payload)


def recuse(user: Any, sheet: ScoreSheet, reason: str) -> ScoreSheet:
    """The judge may not or will not judge an entry, and says why. The round is then reassigned.

    Raises:
        RefusedError: a locked sheet; the round is not open. InputError: no reason.
    """
    people.require(user, "challenge.score_sheet", sheet)
    text = reason_of(reason)
    with transaction.atomic():
        row = _own(user, sheet)
        _require_scoring(row)
        row.recused_because = text
        move(Life.SHEET, row, SheetState.RECUSED, "recused_because")
        journal.append(people.actor(user), "challenge.sheet_recused", f"sheet:{row.pk}", queries.places(row))
    return row


def propose_reopening(user: Any, sheet: ScoreSheet, reason: str) -> Reopening:
    """The first official: this signed sheet should be opened again, for this reason.

    Raises:
        RefusedError: the official is the judge; the sheet is not signed. ConflictError: proposed already.
    """
    people.require(user, "challenge.reopen_sheet", sheet.round)
    text = reason_of(reason)
    with transaction.atomic():
        row = _of_another(user, sheet)
        if row.state not in (SheetState.SIGNED, SheetState.LOCKED):
            raise RefusedError("server.challenge.sheet_not_signed", state=row.state)
        if row.reopenings.filter(confirmed_at=None).exists():
            raise ConflictError("server.challenge.reopening_there")
        reopening = Reopening.objects.create(sheet=row, reason=text, proposed_by=user, proposed_at=clock.now())
        payload = queries.places(row) | {"reopening": reopening.pk}
        journal.append(people.actor(user), "challenge.reopening_proposed", f"sheet:{row.pk}", payload)
    return reopening


def confirm_reopening(user: Any, reopening: Reopening) -> ScoreSheet:
    """The second official agrees: the sheet is open again for its judge, and counts only when signed anew.

    Raises:
        RefusedError: the same official, or the judge; confirmed already; the sheet was withdrawn meanwhile.
    """
    people.require(user, "challenge.reopen_sheet", reopening.sheet.round)
    with transaction.atomic():
        row = _of_another(user, reopening.sheet)
        asked = Reopening.objects.select_for_update().get(pk=reopening.pk)
        if asked.confirmed_at is not None:
            raise ConflictError("server.challenge.reopening_done")
        if asked.proposed_by_id == user.pk:
            raise RefusedError("server.challenge.same_official")
        asked.confirmed_by, asked.confirmed_at = user, clock.now()
        asked.save(update_fields=["confirmed_by", "confirmed_at"])
        if row.state == SheetState.SIGNED:
            move(Life.SHEET, row, SheetState.LOCKED)
        row.revision += 1
        move(Life.SHEET, row, SheetState.REOPENED, "revision")
        payload = queries.places(row) | {"reopening": asked.pk}
        journal.append(people.actor(user), "challenge.sheet_reopened", f"sheet:{row.pk}", payload)
    return row


def _of_another(user: Any, sheet: ScoreSheet) -> ScoreSheet:
    row = queries.locked_sheet(sheet.pk)
    if row.judge.user_id == user.pk:
        raise RefusedError("server.challenge.own_judge")
    return row


def _own(user: Any, sheet: ScoreSheet) -> ScoreSheet:
    """The sheet's row, locked, if it still is this judge's and no conflict stands in between."""
    row = queries.locked_sheet(sheet.pk)
    people.require(user, "challenge.score_sheet", row)
    if row.state != SheetState.WITHDRAWN and judge_queries.in_conflict(row.judge, row.entry.team_id):
        raise RefusedError("server.challenge.sheet_in_conflict")
    return row


def _require_scoring(sheet: ScoreSheet) -> None:
    """Scores are given while the round is open; samples before it; reopened sheets also after it."""
    state = sheet.round.state
    fits = state == RoundState.PLANNED if sheet.calibration else state == RoundState.OPEN
    if not fits and not (sheet.state == SheetState.REOPENED and state == RoundState.CLOSED):
        raise RefusedError("server.challenge.round_not_open", round=sheet.round.code, state=state)


def _require_revision(sheet: ScoreSheet, revision: int) -> None:
    if sheet.revision != revision:
        raise ConflictError("server.challenge.sheet_changed", yours=revision, theirs=sheet.revision)
