"""The life of an entry, from its first line to the day it is out or through."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.results import replace_finalist
from dataferry.server.challenge.calendar import phase_of, require_phase, steady_now
from dataferry.server.challenge.models import Artefact, Division, Edition, Entry, Submission, Team
from dataferry.server.challenge.queries.entries import data_use_document, standing_artefacts
from dataferry.server.challenge.states import CheckState, EditionState, EntryState, Life, move
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.web.problems import ConflictError

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What codes are made of: nothing that is read as something else."""
CODE_LENGTH = 6
MOST_TITLE = 200
MOST_SUMMARY = 5_000
MOST_REASON = 5_000
CHANGEABLE = (EntryState.DRAFT, EntryState.SUBMITTED)
LANGUAGES = ("en", "zh-Hant", "zh-Hans")


def reference(entry: Entry) -> str:
    """How the journal names an entry."""
    return f"entry:{entry.edition.slug}/{entry.code}"


def start_entry(user: Any, team: Team, subcategory: str) -> Entry:
    """Begin the one entry of a team, in a sub-category of the edition.

    Raises:
        RefusedError: not of this team; the edition takes no entries now; the submission phase is over.
        InputError: `server.challenge.no_such_subcategory`. ConflictError: `server.challenge.entry_there`.
    """
    people.require(user, "challenge.start_entry", team)
    _require_open(team.edition)
    require_phase_not_over(team.edition, team.division)
    _check_subcategory(team.edition, subcategory)
    now = clock.now()
    try:
        with transaction.atomic():
            if Team.objects.select_for_update().get(pk=team.pk).withdrawn_at is not None:
                raise RefusedError("server.challenge.team_withdrawn")
            entry = Entry.objects.create(
                edition=team.edition,
                team=team,
                division=team.division,
                code=_free_code(team.edition),
                subcategory=subcategory,
                started_at=now,
                changed_at=now,
            )
            payload = {"division": team.division.code, "subcategory": subcategory}
            journal.append(people.actor(user), "challenge.entry_started", reference(entry), payload)
    except IntegrityError:
        raise ConflictError("server.challenge.entry_there") from None
    return entry


def _require_open(edition: Edition) -> None:
    if edition.state != EditionState.OPEN:
        raise RefusedError("server.challenge.edition_not_open", state=edition.state)


def require_phase_not_over(edition: Edition, division: Division) -> None:
    """Writing may begin before the submission phase opens, but ends with it."""
    phase = phase_of(edition, "submission", division)
    if phase is None or steady_now(edition) >= phase.closes_at:
        require_phase(edition, "submission", division, steady_now(edition))


def _check_subcategory(edition: Edition, subcategory: str) -> None:
    known = [code for theme in edition.file.themes.values() for code in theme.subcategories]
    if subcategory not in known:
        raise InputError("server.challenge.no_such_subcategory", given=subcategory[:60], allowed=", ".join(known))


def _free_code(edition: Edition) -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not Entry.objects.filter(edition=edition, code=code).exists():
            return code


def change_entry(user: Any, entry: Entry, revision: int, **fields: Any) -> Entry:
    """Save what a team has written: title and summary per language, sub-category, language of the entry.

    Raises:
        ConflictError: `server.challenge.entry_changed`, another save came first.
        RefusedError: it is locked, or the submission phase is over. InputError: a text is too long.
    """
    people.require(user, "challenge.change_entry", entry)
    if fields.get("subcategory"):
        _check_subcategory(entry.edition, fields["subcategory"])
    texts = {
        name: _texts(name, fields[name], most)
        for name, most in (("title", MOST_TITLE), ("summary", MOST_SUMMARY))
        if name in fields
    }
    with transaction.atomic():
        locked = changeable(entry)
        if locked.revision != revision:
            raise ConflictError("server.challenge.entry_changed", revision=locked.revision)
        for name, value in {**texts, **{k: fields[k] for k in ("subcategory", "language") if fields.get(k)}}.items():
            setattr(locked, name, value)
        _touch(locked)
    return locked


def changeable(entry: Entry) -> Entry:
    """The entry, locked in the database, if its team may still change it.

    Raises:
        RefusedError: `server.challenge.entry_locked`, or the phase is over.
    """
    locked = Entry.objects.select_for_update().select_related("edition", "division", "team").get(pk=entry.pk)
    if locked.state not in CHANGEABLE:
        raise RefusedError("server.challenge.entry_locked", entry=locked.code)
    _require_open(locked.edition)
    require_phase_not_over(locked.edition, locked.division)
    return locked


def _touch(entry: Entry) -> None:
    entry.revision += 1
    entry.changed_at = clock.now()
    entry.save(update_fields=["title", "summary", "subcategory", "language", "release", "revision", "changed_at"])


def touch(entry: Entry) -> None:
    """Count a change of what belongs to the entry (files, data use) as a change of the entry."""
    _touch(entry)


def _texts(name: str, given: Mapping[str, str], most: int) -> dict[str, str]:
    texts: dict[str, str] = {}
    for language, text in given.items():
        if language not in LANGUAGES:
            raise InputError("server.challenge.no_such_language", field=name, given=str(language)[:20])
        words = "".join(c for c in str(text) if c in "\n\t" or c.isprintable()).strip()
        if len(words) > most:
            raise InputError("server.challenge.text_too_long", field=name, most=most, found=len(words))
        if words:
            texts[language] = words
    return texts


def submit(user: Any, entry: Entry) -> Submission:
    """Hand the entry in as it stands: a version that is never changed, with the second it arrived.

    Handing in again before the deadline makes the next version; the last one counts. A file that is still being
    inspected does not hold the team up: what the inspection finds is decided by the organiser.

    Raises:
        RefusedError: too early, too late, incomplete (with everything that is missing), a file was refused.
    """
    people.require(user, "challenge.submit_entry", entry)
    with transaction.atomic():
        locked = changeable(entry)
        at = steady_now(locked.edition)
        require_phase(locked.edition, "submission", locked.division, at)
        _require_complete(locked)
        number = locked.submissions.count() + 1
        document = submission_document(locked)
        stated = f"sha256:{digest(canonical(document))}"
        submission = Submission.objects.create(
            entry=locked, number=number, document=document, digest=stated, submitted_by=user, submitted_at=at
        )
        move(Life.ENTRY, locked, EntryState.SUBMITTED)
        payload = {
            "division": locked.division.code,
            "subcategory": locked.subcategory,
            "number": number,
            "digest": stated,
        }
        journal.append(people.actor(user), "challenge.entry_submitted", reference(locked), payload)
    return submission


def submission_document(entry: Entry) -> dict[str, Any]:
    """What is handed in, as plain values."""
    return {
        "format": "dataferry-submission/1",
        "code": entry.code,
        "division": entry.division.code,
        "subcategory": entry.subcategory,
        "language": entry.language,
        "title": entry.title,
        "summary": entry.summary,
        "artefacts": [
            {
                "artefact": each.pk,
                "role": each.role,
                "language": each.language,
                "file_name": each.file_name,
                "bytes": each.bytes,
                "sha256": each.sha256,
            }
            for each in standing_artefacts(entry)
        ],
        "data_use": data_use_document(entry),
        "release": str(entry.release) if entry.release else None,
    }


def missing_parts(entry: Entry) -> list[tuple[str, str]]:
    """What an entry lacks to be handed in: (what, which), nothing when it is complete."""
    artefacts = list(standing_artefacts(entry))
    missing = [] if entry.title else [("title", "")]
    missing += [] if entry.summary else [("summary", "")]
    for role, demand in entry.edition.file.deliverables.items():
        of_role = [each for each in artefacts if each.role == role]
        if demand.required and demand.phase == "submission" and not of_role:
            missing.append(("file", role))
        missing += [("refused", role) for each in of_role if is_refused(each)]
    return missing


def is_refused(artefact: Artefact) -> bool:
    """Whether the inspection refused the file."""
    return any(finding["severity"] == "refuse" for finding in artefact.findings)


def _require_complete(entry: Entry) -> None:
    missing = missing_parts(entry)
    if missing:
        parts = ", ".join(f"{what} {which}".strip() for what, which in missing)
        raise RefusedError("server.challenge.entry_incomplete", entry=entry.code, parts=parts)


def lock_entries(user: Any, division: Division) -> list[Entry]:
    """After the deadline: what was handed in is locked. Drafts stay drafts, they never entered.

    Raises:
        RefusedError: `server.challenge.deadline_ahead`.
    """
    people.require(user, "challenge.organise", division)
    phase = phase_of(division.edition, "submission", division)
    if phase is None or clock.now() < phase.closes_at:
        raise RefusedError("server.challenge.deadline_ahead", division=division.code)
    with transaction.atomic():
        entries = list(Entry.objects.select_for_update().filter(division=division, state=EntryState.SUBMITTED))
        for entry in entries:
            move(Life.ENTRY, entry, EntryState.LOCKED)
            journal.append(people.actor(user), "challenge.entry_locked", reference(entry), {})
    return entries


def decide_entry(user: Any, entry: Entry, outcome: str, reason: str = "") -> Entry:
    """An organiser of the division's city says whether an entry takes part, or asks the team.

    Args:
        outcome: `eligible`, `ineligible` or `queried`.

    Raises:
        RefusedError: `server.challenge.checks_open` while a check of the team has not passed; a forbidden move.
        InputError: `server.challenge.reason_missing` unless it is eligible.
    """
    people.require(user, "challenge.decide_eligibility", entry)
    after = {each.value: each for each in (EntryState.ELIGIBLE, EntryState.INELIGIBLE, EntryState.QUERIED)}.get(outcome)
    if after is None:
        raise InputError("server.challenge.no_such_outcome", given=outcome[:40])
    text = _reason(reason, needed=after != EntryState.ELIGIBLE)
    with transaction.atomic():
        locked = _locked(entry)
        if after == EntryState.ELIGIBLE:
            _require_checks_passed(locked)
        locked.state_reason = text
        move(Life.ENTRY, locked, after, "state_reason")
        journal.append(people.actor(user), "challenge.entry_decided", reference(locked), {"outcome": outcome})
    return locked


def _require_checks_passed(entry: Entry) -> None:
    waiting = entry.team.checks.filter(dropped_at=None).exclude(state=CheckState.PASSED)
    rules = sorted(set(waiting.values_list("rule", flat=True)))
    if rules:
        raise RefusedError("server.challenge.checks_open", entry=entry.code, rules=", ".join(rules))


def _reason(reason: str, *, needed: bool) -> str:
    text = reason.strip()
    if needed and not text:
        raise InputError("server.challenge.reason_missing")
    if len(text) > MOST_REASON:
        raise InputError("server.challenge.reason_too_long", most=MOST_REASON)
    return text


def _locked(entry: Entry) -> Entry:
    return Entry.objects.select_for_update().select_related("edition", "division", "team").get(pk=entry.pk)


def withdraw_entry(user: Any, entry: Entry) -> Entry:
    """The team's leader takes the entry out. A finalist's place goes to the first reserve of the same division.

    Raises:
        RefusedError: the final result stands; a forbidden move.
    """
    people.require(user, "challenge.withdraw_entry", entry)
    return _take_out(user, entry, EntryState.WITHDRAWN, "challenge.entry_withdrawn", "")


def disqualify(user: Any, entry: Entry, reason: str) -> Entry:
    """An organiser of the division's city takes an entry out, with a reason that the team reads.

    Raises:
        InputError: `server.challenge.reason_missing`. RefusedError: the final result stands; a forbidden move.
    """
    people.require(user, "challenge.decide_eligibility", entry)
    text = _reason(reason, needed=True)
    return _take_out(user, entry, EntryState.DISQUALIFIED, "challenge.entry_disqualified", text)


def _take_out(user: Any, entry: Entry, after: EntryState, act: str, reason: str) -> Entry:
    with transaction.atomic():
        locked = _locked(entry)
        if locked.edition.state in (EditionState.FINAL, EditionState.NOMINATED, EditionState.ARCHIVED):
            raise RefusedError("server.challenge.result_is_final", edition=locked.edition.slug)
        was_finalist = locked.state == EntryState.SHORTLISTED
        locked.state_reason = reason
        move(Life.ENTRY, locked, after, "state_reason")
        journal.append(people.actor(user), act, reference(locked), {})
        if was_finalist:
            replace_finalist(user, locked)
    return locked


def reinstate(user: Any, entry: Entry, to: EntryState) -> Entry:
    """After an upheld appeal: a disqualified or ineligible entry stands again where it stood. Called by `appeals`.

    Raises:
        RefusedError: a forbidden move.
    """
    people.require(user, "challenge.decide_appeal", entry)
    with transaction.atomic():
        locked = _locked(entry)
        locked.state_reason = ""
        move(Life.ENTRY, locked, to, "state_reason")
        journal.append(people.actor(user), "challenge.entry_reinstated", reference(locked), {"state": str(to)})
    return locked


__all__ = [
    "change_entry",
    "decide_entry",
    "disqualify",
    "lock_entries",
    "reinstate",
    "start_entry",
    "submit",
    "withdraw_entry",
]
