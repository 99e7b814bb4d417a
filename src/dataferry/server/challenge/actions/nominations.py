"""Nominations for the national contest: chosen by rule, consented by the team, packaged, sent, answered."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock, store
from dataferry.server.challenge.actions.result_letters import post_nomination
from dataferry.server.challenge.data_evidence import verdict
from dataferry.server.challenge.models import Artefact, Edition, Entry, Nomination, Round, Submission
from dataferry.server.challenge.queries.entries import data_use_document
from dataferry.server.challenge.queries.results import IN_THE_FINAL, sealed_result
from dataferry.server.challenge.states import EditionState, EntryState, Life, NominationState, check_move, move

MOST_ANSWER = 5_000
OLDEST = (1980, 1, 1, 0, 0, 0)
"""The instant in every package's table of contents: the same package has the same bytes."""


def select(user: Any, edition: Edition, entries: list[Entry] | None = None) -> list[Nomination]:
    """Nominate entries, each in the national track of its sub-category.

    Args:
        entries: those that the organisers chose, where the edition leaves it to them (`who: chosen`).

    Raises:
        RefusedError: no final result yet; the edition nominates nobody; an entry was not in the final.
    """
    people.require(user, "challenge.organise", edition)
    rule = edition.file.nomination
    if not rule.applies:
        raise RefusedError("server.challenge.no_nomination", edition=edition.slug)
    with transaction.atomic():
        locked = Edition.objects.select_for_update().get(pk=edition.pk)
        if locked.state not in (EditionState.FINAL, EditionState.NOMINATED):
            raise RefusedError("server.challenge.result_not_final", edition=edition.slug)
        chosen = _chosen(locked, rule.who, entries)
        made = []
        for entry in chosen:
            track = locked.file.track_of(entry.subcategory) or ""
            nomination, new = Nomination.objects.get_or_create(
                entry=entry, defaults={"edition": locked, "track": track, "selected_at": clock.now()}
            )
            if new:
                _tell(user, "challenge.nomination_selected", nomination, {"entry": entry.code, "track": track})
                post_nomination(nomination)
                made.append(nomination)
    return made


def _chosen(edition: Edition, who: str | None, entries: list[Entry] | None) -> list[Entry]:
    in_final = Entry.objects.filter(edition=edition, state__in=(EntryState.PRESENTED, EntryState.AWARDED))
    if entries is not None:
        may = set(in_final.values_list("pk", flat=True))
        wrong = {entry.code for entry in entries if entry.pk not in may}
        if wrong:
            raise RefusedError("server.challenge.not_in_final", entries=", ".join(sorted(wrong)))
        return entries
    if who == "awarded":
        return list(in_final.filter(state=EntryState.AWARDED))
    if who == "finalists":
        return list(in_final)
    raise InputError("server.challenge.name_the_nominees")


def consent(user: Any, nomination: Nomination, agrees: bool) -> Nomination:
    """The team's leader agrees to be nominated, or declines."""
    people.require(user, "challenge.answer_nomination", nomination)
    with transaction.atomic():
        locked = _locked(nomination)
        locked.consented_at = clock.now() if agrees else None
        after = NominationState.CONSENTED if agrees else NominationState.DECLINED
        move(Life.NOMINATION, locked, after, "consented_at")
        act = {
            NominationState.CONSENTED: "challenge.nomination_consented",
            NominationState.DECLINED: "challenge.nomination_declined",
        }[after]
        _tell(user, act, locked, {})
    return locked


def package(user: Any, nomination: Nomination) -> Nomination:
    """Put the package together: the submission with its files, data use, result and track, in one ZIP.

    Raises:
        RefusedError: the team has not consented; `server.challenge.track_missing`.
    """
    people.require(user, "challenge.organise", nomination)
    # The track may have been added by an amendment after the entry was chosen.
    nomination.track = nomination.track or nomination.edition.file.track_of(nomination.entry.subcategory) or ""
    if not nomination.track:
        raise RefusedError("server.challenge.track_missing", entry=nomination.entry.code)
    if nomination.entry.state not in IN_THE_FINAL:
        raise RefusedError("server.challenge.not_in_final", entries=nomination.entry.code)
    check_move(Life.NOMINATION, nomination.state, NominationState.PACKAGED)
    body = package_bytes(nomination)
    place = _keep(body)
    with transaction.atomic():
        locked = _locked(nomination)
        locked.track = nomination.track
        locked.package, locked.package_digest = place, f"sha256:{place.rpartition('/')[2]}"
        move(Life.NOMINATION, locked, NominationState.PACKAGED, "track", "package", "package_digest")
        _tell(user, "challenge.nomination_packaged", locked, {"digest": locked.package_digest})
    return locked


def package_bytes(nomination: Nomination) -> bytes:
    """The package: `nomination.json` beside the files as they were handed in. The same nomination, the same bytes."""
    entry = nomination.entry
    submission = Submission.objects.filter(entry=entry).order_by("-number").first()
    final = Round.objects.filter(edition=entry.edition, stage="final").first()
    result = sealed_result(final) if final else None
    document = {
        "format": "dataferry-nomination/1",
        "edition": entry.edition.slug,
        "track": nomination.track,
        "entry": entry.code,
        "team": entry.team.name,
        "submission": submission.document if submission else None,
        "data_use": data_use_document(entry),
        "data_verdict": verdict(entry),
        "awards": sorted(entry.awards.filter(result=result).values_list("code", flat=True)) if result else [],
        "result": result.digest if result else None,
    }
    files = {"nomination.json": json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode()}
    for given in submission.document["artefacts"] if submission else []:
        artefact = Artefact.objects.get(pk=given["artefact"])
        suffix = artefact.file_name.rpartition(".")[2][:8].lower() or "bin"
        files[f"{artefact.role}-{artefact.pk}.{suffix}"] = store.path_of(artefact.place).read_bytes()
    return _zip(files)


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, OLDEST), files[name])
    return out.getvalue()


def _keep(body: bytes) -> str:
    sha256 = hashlib.sha256(body).hexdigest()
    part = store.folder() / f"{sha256}.part"
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.write_bytes(body)
    return store.keep(part, sha256)


def send(user: Any, nomination: Nomination) -> Nomination:
    """Record that the package went to the national contest.

    Raises:
        RefusedError: `server.challenge.track_missing`; it is not packaged.
    """
    people.require(user, "challenge.organise", nomination)
    with transaction.atomic():
        locked = _locked(nomination)
        if not locked.track:
            raise RefusedError("server.challenge.track_missing", entry=locked.entry.code)
        locked.sent_at = clock.now()
        move(Life.NOMINATION, locked, NominationState.SENT, "sent_at")
        if locked.entry.state != EntryState.NOMINATED:
            move(Life.ENTRY, Entry.objects.select_for_update().get(pk=locked.entry_id), EntryState.NOMINATED)
        payload = {"digest": locked.package_digest, "track": locked.track}
        _tell(user, "challenge.nomination_sent", locked, payload)
    return locked


def answer(user: Any, nomination: Nomination, *, accepted: bool, words: str = "") -> Nomination:
    """What the national contest answered: accepted, or returned for a better package."""
    people.require(user, "challenge.organise", nomination)
    if len(words) > MOST_ANSWER:
        raise InputError("server.challenge.reason_too_long", most=MOST_ANSWER)
    after = NominationState.ACCEPTED if accepted else NominationState.RETURNED
    with transaction.atomic():
        locked = _locked(nomination)
        locked.answer = words.strip()
        move(Life.NOMINATION, locked, after, "answer")
        act = {
            NominationState.ACCEPTED: "challenge.nomination_accepted",
            NominationState.RETURNED: "challenge.nomination_returned",
        }[after]
        _tell(user, act, locked, {})
    return locked


def _locked(nomination: Nomination) -> Nomination:
    return Nomination.objects.select_for_update().select_related("entry__edition", "entry__team").get(pk=nomination.pk)


def _tell(user: Any, act: str, nomination: Nomination, payload: dict[str, Any]) -> None:
    journal.append(people.actor(user), act, f"nomination:{nomination.pk}", payload)
