"""The life of a result: computed from the journal, provisional, sealed, published. A correction is a new revision."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import result_letters
from dataferry.server.challenge.models import Award, Deliberation, Edition, Entry, Result, Round
from dataferry.server.challenge.queries import appeals
from dataferry.server.challenge.queries.results import orders_of, quota_of, reference, sealed_final, sealed_result
from dataferry.server.challenge.results.computing import ComputedResult, compute
from dataferry.server.challenge.results.placing import shortlist
from dataferry.server.challenge.results.replaying import ACTS, Replay, replay, season_of, sheets_against_events
from dataferry.server.challenge.states import EntryState, Life, ResultState, RoundState, move
from dataferry.server.web.api import ConflictError

LONGEST_REASON = 5_000
GONE = (EntryState.WITHDRAWN, EntryState.DISQUALIFIED)


def compute_result(user: Any, round_: Round, reason: str = "") -> Result:
    """Compute the next revision of a round's result from what the journal holds.

    The computation runs before the transaction; if an act of this edition came in between, it is refused.

    Raises:
        RefusedError: the round is not closed; a score row is not the one that was signed; what `judging` refuses.
        ConflictError: `server.challenge.changed_meanwhile`.
    """
    people.require(user, "challenge.organise", round_)
    if round_.state != RoundState.CLOSED:
        raise RefusedError("server.challenge.round_not_closed", round=round_.code)
    computed, last = _compute_from_journal(round_)
    with transaction.atomic():
        locked = Round.objects.select_for_update().select_related("edition").get(pk=round_.pk)
        if any(_concerns(event, locked.edition) for event in journal.events(acts=ACTS, after=last)):
            raise ConflictError("server.challenge.changed_meanwhile", edition=locked.edition.slug)
        newest = Result.objects.filter(round=locked).order_by("-revision").first()
        result = Result.objects.create(
            round=locked,
            revision=1 if newest is None else newest.revision + 1,
            document=computed.text,
            digest=computed.digest,
            inputs_digest=computed.inputs_digest,
            reason=_checked_reason(reason, needed=newest is not None),
            computed_by=user,
            computed_at=clock.now(),
        )
        _entries_are_scored(locked)
        _record_awards(result)
        payload = {"digest": computed.digest, "inputs": computed.inputs_digest}
        journal.append(people.actor(user), "challenge.result_computed", reference(result), payload)
    return result


def _compute_from_journal(round_: Round) -> tuple[ComputedResult, int]:
    """The result as the journal gives it, and the number of the last event that was read."""
    events = list(journal.events(acts=ACTS))
    season = season_of(round_.edition)
    for stated in season.computed(events):
        season.keep(stated.round, stated.revision, _stored_document(round_.edition, stated.round, stated.revision))
    differing = list(sheets_against_events(round_.edition, season))
    if differing:
        raise RefusedError(
            "server.challenge.scores_changed", place=str(differing[0].data["place"]), count=len(differing)
        )
    return compute(season.inputs(round_.code)), events[-1].sequence if events else 0


def _stored_document(edition: Edition, code: str, revision: int) -> dict[str, Any]:
    row = Result.objects.filter(round__edition=edition, round__code=code, revision=revision).first()
    return json.loads(row.document) if row else {"inputs": {"rules": {}}, "outcome": {}}


def _concerns(event: Any, edition: Edition) -> bool:
    named = event.object.partition(":")[2].partition("/")[0]
    return edition.slug in (named, event.payload.get("edition"))


def _checked_reason(reason: str, *, needed: bool) -> str:
    text = reason.strip()
    if needed and not text:
        raise InputError("server.challenge.reason_missing")
    if len(text) > LONGEST_REASON:
        raise InputError("server.challenge.reason_too_long", most=LONGEST_REASON)
    return text


def _entries_are_scored(round_: Round) -> None:
    """What was judged in this round is scored (screening) or presented (final)."""
    before, after = (
        (EntryState.ELIGIBLE, EntryState.SCORED)
        if round_.stage == "screening"
        else (EntryState.SHORTLISTED, EntryState.PRESENTED)
    )
    # PostgreSQL locks no rows of a DISTINCT: the entries are found first, then locked in their order.
    judged = set(Entry.objects.filter(sheets__round=round_, state=before).values_list("pk", flat=True))
    for entry in Entry.objects.select_for_update().filter(pk__in=judged).order_by("pk"):
        move(Life.ENTRY, entry, after)


def _record_awards(result: Result) -> None:
    """The awards that the document gives, as rows."""
    given = json.loads(result.document)["outcome"].get("awards", [])
    entries = {entry.code: entry for entry in Entry.objects.filter(edition=result.round.edition)}
    for award in given:
        Award.objects.create(
            result=result,
            code=award["code"],
            kind=award["kind"],
            place=award["place"],
            entry=entries.get(award["entry"]),
        )


def decide_tie(user: Any, round_: Round, entries: Sequence[Entry], reason: str) -> Deliberation:
    """The chair orders entries that the rules leave tied, best first, and says why.

    Raises:
        RefusedError: `server.challenge.no_such_tie` where the newest result does not leave exactly these tied.
        InputError: `server.challenge.reason_missing`.
    """
    people.require(user, "challenge.organise", round_)
    text = _checked_reason(reason, needed=True)
    codes = [entry.code for entry in entries]
    if any(entry.edition_id != round_.edition_id for entry in entries):
        raise RefusedError("server.challenge.no_such_tie", entries=", ".join(codes))
    with transaction.atomic():
        newest = Result.objects.select_for_update().filter(round=round_).order_by("-revision").first()
        open_ties = json.loads(newest.document)["outcome"]["unresolved"] if newest else []
        if sorted(codes) not in open_ties or newest is None or newest.state != ResultState.COMPUTED:
            raise RefusedError("server.challenge.no_such_tie", entries=", ".join(codes))
        decision = Deliberation.objects.create(
            result_round=round_, kind="tie", entries=codes, reason=text, signed_by=user, signed_at=clock.now()
        )
        _append_for_round(user, "challenge.tie_decided", round_, {"entries": codes})
    return decision


def name_award(user: Any, round_: Round, award: str, entry: Entry, reason: str) -> Deliberation:
    """The jury names the winner of a special award. The next revision of the result carries it.

    Raises:
        RefusedError: `server.challenge.no_such_award`, or the entry is not in the final.
    """
    people.require(user, "challenge.organise", round_)
    text = _checked_reason(reason, needed=True)
    codes = [str(each["code"]) for each in round_.rules.get("awards", []) if each["kind"] == "special"]
    if award not in codes:
        raise RefusedError("server.challenge.no_such_award", award=award, allowed=", ".join(codes) or "-")
    if not entry.sheets.filter(round=round_).exists() or entry.state in GONE:
        raise RefusedError("server.challenge.entry_not_in_round", entry=entry.code, round=round_.code)
    with transaction.atomic():
        decision = Deliberation.objects.create(
            result_round=round_,
            kind="award",
            entries=[entry.code],
            award=award,
            reason=text,
            signed_by=user,
            signed_at=clock.now(),
        )
        payload = {"award": award, "entry": entry.code}
        _append_for_round(user, "challenge.award_decided", round_, payload)
    return decision


def _append_for_round(user: Any, act: str, round_: Round, payload: dict[str, Any]) -> None:
    journal.append(people.actor(user), act, f"round:{round_.edition.slug}/{round_.code}", payload)


def publish_provisional(user: Any, result: Result) -> Result:
    """Show a computed result to everybody as provisional. Older revisions of the round are superseded.

    Raises:
        RefusedError: `server.challenge.tie_open` while a tie at a line is open; it is not the newest revision; a
            forbidden move.
    """
    people.require(user, "challenge.organise", result.round)
    with transaction.atomic():
        locked = _locked(result)
        _require_newest(locked)
        ties = json.loads(locked.document)["outcome"]["unresolved"]
        unranked = json.loads(locked.document)["outcome"]["unranked"]
        if unranked:
            raise RefusedError("server.challenge.entries_unranked", entries=", ".join(unranked))
        if ties:
            raise RefusedError("server.challenge.tie_open", entries="; ".join(", ".join(tie) for tie in ties))
        _supersede(locked, ResultState.COMPUTED, ResultState.PROVISIONAL)
        locked.provisional_at = clock.now()
        move(Life.RESULT, locked, ResultState.PROVISIONAL, "provisional_at")
        _append_for_result(user, "challenge.result_provisional", locked)
        result_letters.post_provisional(locked)
    return locked


def _supersede(newer: Result, *states: str) -> None:
    """Older revisions of the round in these states give way; they stay readable."""
    for older in Result.objects.select_for_update().filter(round=newer.round, state__in=states).exclude(pk=newer.pk):
        move(Life.RESULT, older, ResultState.SUPERSEDED)


def seal_result(user: Any, result: Result) -> Result:
    """Make a provisional result final: appeals decided, every stage recomputed to the same bytes, then signed.

    Raises:
        RefusedError: `server.challenge.appeals_open`, `server.challenge.appeal_window_open`,
            `server.challenge.appeal_uncorrected`, `server.challenge.replay_failed` (with what differs), a forbidden
            move.
    """
    people.require(user, "challenge.organise", result.round)
    _require_appeals_over(result)
    replayed = replay_edition(result.round.edition)
    if not replayed.holds:
        first = replayed.findings[0]
        raise RefusedError(
            "server.challenge.replay_failed", place=str(first.data["place"]), count=len(replayed.findings)
        )
    with transaction.atomic():
        locked = _locked(result)
        _require_newest(locked)
        _require_appeals_over(locked)
        _supersede(locked, ResultState.SEALED, ResultState.PUBLISHED)
        locked.sealed_at = clock.now()
        locked.seal = _signature(locked)
        move(Life.RESULT, locked, ResultState.SEALED, "sealed_at", "seal")
        _append_for_result(user, "challenge.result_sealed", locked)
        _honour(locked)
    return locked


def _signature(result: Result) -> dict[str, str]:
    """The house's signature over the digest: who holds the public key can check the document without the house."""
    key = journal.signing_key()
    signed = key.sign(result.digest.encode())
    public = journal.public_pem(key.public_key()).decode()
    return {"algorithm": "Ed25519", "signature": base64.b64encode(signed).decode(), "public_key": public}


def _honour(result: Result) -> None:
    """Entries of the final that hold an award are awarded; those that lost it in this revision are not any more."""
    holders = set(result.awards.exclude(entry=None).values_list("entry", flat=True))
    entries = Entry.objects.select_for_update().filter(
        edition=result.round.edition, state__in=(EntryState.PRESENTED, EntryState.AWARDED)
    )
    for entry in entries if result.round.stage == "final" else ():
        after = EntryState.AWARDED if entry.pk in holders else EntryState.PRESENTED
        if entry.state != after:
            move(Life.ENTRY, entry, after)


def publish_result(user: Any, result: Result) -> Result:
    """Publish a sealed result.

    Raises:
        RefusedError: it is not sealed.
    """
    people.require(user, "challenge.organise", result.round)
    with transaction.atomic():
        locked = _locked(result)
        locked.published_at = clock.now()
        move(Life.RESULT, locked, ResultState.PUBLISHED, "published_at")
        _append_for_result(user, "challenge.result_published", locked)
        result_letters.post_awards(locked)
    return locked


def replay_edition(edition: Edition) -> Replay:
    """Recompute every stage of an edition from the journal; see `results.replaying`."""
    return replay(edition, journal.events(acts=ACTS))


def apply_shortlist(user: Any, edition: Edition) -> dict[str, list[str]]:
    """Move the entries of every division to finalist, reserve or not chosen, as the sealed results say.

    Returns:
        the finalists by division.

    Raises:
        RefusedError: `server.challenge.result_not_sealed` while a division's result is not sealed;
            `server.challenge.final_began` once the final is open: who takes part in it is fixed then.
    """
    people.require(user, "challenge.organise", edition)
    chosen: dict[str, list[str]] = {}
    with transaction.atomic():
        Edition.objects.select_for_update().get(pk=edition.pk)
        if Round.objects.filter(edition=edition, stage="final").exclude(state=RoundState.PLANNED).exists():
            raise RefusedError("server.challenge.final_began", edition=edition.slug)
        for round_ in Round.objects.filter(edition=edition, stage="screening"):
            result = sealed_result(round_)
            if result is None:
                raise RefusedError("server.challenge.result_not_sealed", round=round_.code)
            for division, order in orders_of(result).items():
                chosen[division] = _place(edition, division, order, quota_of(result, division))
                payload = {"division": division, "finalists": len(chosen[division]), "digest": result.digest}
                journal.append(people.actor(user), "challenge.shortlist_applied", f"edition:{edition.slug}", payload)
                result_letters.post_shortlist(edition, result, division, chosen[division])
    return chosen


def _place(edition: Edition, division: str, order: Sequence[str], quota: int) -> list[str]:
    entries = {
        entry.code: entry
        for entry in Entry.objects.select_for_update().filter(edition=edition, division__code=division)
    }
    gone = {code for code, entry in entries.items() if entry.state in GONE}
    lists = shortlist(order, quota, gone)
    for codes, after in ((lists.finalists, EntryState.SHORTLISTED), (lists.reserves, EntryState.RESERVE)):
        for code in codes:
            if entries[code].state != after:
                move(Life.ENTRY, entries[code], after)
    return list(lists.finalists)


def replace_finalist(user: Any, entry: Entry) -> Entry | None:
    """After a finalist has gone: the first reserve of the same division moves up, while the final is not closed.

    Called inside the transaction of the act that made the entry go. Returns who moved up, if anybody could.
    """
    edition = entry.edition
    if Round.objects.filter(edition=edition, stage="final", state=RoundState.CLOSED).exists():
        return None
    for round_ in Round.objects.filter(edition=edition, stage="screening"):
        result = sealed_result(round_)
        order = orders_of(result).get(entry.division.code) if result else None
        if result is None or order is None:
            continue
        standing = {e.code: e for e in Entry.objects.select_for_update().filter(edition=edition, code__in=order)}
        gone = {code for code, each in standing.items() if each.state in GONE}
        for code in shortlist(order, quota_of(result, entry.division.code), gone).finalists:
            if standing[code].state == EntryState.RESERVE:
                move(Life.ENTRY, standing[code], EntryState.SHORTLISTED)
                payload = {"division": entry.division.code, "out": entry.code, "new": code}
                journal.append(people.actor(user), "challenge.finalist_replaced", f"edition:{edition.slug}", payload)
                result_letters.post_moved_up(standing[code], entry)
                return standing[code]
    return None


def _append_for_result(user: Any, act: str, result: Result) -> None:
    journal.append(people.actor(user), act, reference(result), {"digest": result.digest})


def _locked(result: Result) -> Result:
    return Result.objects.select_for_update().select_related("round__edition").get(pk=result.pk)


def _require_newest(result: Result) -> None:
    newest = Result.objects.filter(round=result.round).order_by("-revision").values_list("revision", flat=True)[0]
    if newest != result.revision:
        raise RefusedError("server.challenge.newer_revision", revision=result.revision, newest=newest)


def _require_appeals_over(result: Result) -> None:
    """Appeals of the whole round count: one that was filed against an older revision is not lost with it."""
    waiting = appeals.unanswered(result)
    if waiting:
        raise RefusedError("server.challenge.appeals_open", count=waiting)
    if appeals.uncorrected(result):
        raise RefusedError("server.challenge.appeal_uncorrected", revision=result.revision)
    if result.round.stage != "final":
        return
    windows = (appeals.window_of(result, each) for each in result.round.edition.divisions.all())
    ends = [window.closes for window in windows if window is not None and window.closes is not None]
    if ends and max(ends) > clock.now():
        raise RefusedError("server.challenge.appeal_window_open", until=max(ends).isoformat())


__all__ = [
    "GONE",
    "apply_shortlist",
    "compute_result",
    "decide_tie",
    "name_award",
    "orders_of",
    "publish_provisional",
    "publish_result",
    "quota_of",
    "reference",
    "replace_finalist",
    "replay_edition",
    "seal_result",
    "sealed_final",
    "sealed_result",
]
