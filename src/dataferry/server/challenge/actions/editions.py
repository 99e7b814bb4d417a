"""Editions: written, answered for, announced, amended in public, moved through their life."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.edition_moves import require_ready
from dataferry.server.challenge.actions.edition_rows import require_rounds_untouched, write_rows
from dataferry.server.challenge.amendment_document import amendment_document, sign
from dataferry.server.challenge.edition_file import Change, EditionFile, read_edition
from dataferry.server.challenge.edition_file.tree import digest_of
from dataferry.server.challenge.models import Acceptance, Edition, EditionVersion
from dataferry.server.challenge.queries import editions as queries
from dataferry.server.challenge.states import EditionState, Life, check_move, move
from dataferry.server.web.api import ConflictError

RESERVED_SLUGS = frozenset({"new"})
LONGEST_REASON = 4000


def reference(edition: Edition) -> str:
    """How the journal names an edition."""
    return f"edition:{edition.slug}"


def create_edition(user: Any, text: str) -> Edition:
    """Begin an edition from the text of its file. It is a draft that only organisers see.

    Raises:
        EditionFileError: the text cannot be used; every problem with its line.
        ConflictError: `server.challenge.edition_there`, the name is taken.
    """
    people.require(user, "challenge.create_edition")
    file = read_edition(text)
    if file.slug in RESERVED_SLUGS:
        raise ConflictError("server.challenge.edition_there", edition=file.slug)
    now = clock.now()
    try:
        with transaction.atomic():
            edition = Edition.objects.create(
                slug=file.slug,
                document=file.document(),
                digest=file.digest(),
                synthetic=file.synthetic,
                created_by=user,
                created_at=now,
            )
            _keep_version(user, edition, file, text)
            write_rows(edition, file)
            payload = {"digest": file.digest(), "preset": file.preset or "none"}
            journal.append(people.actor(user), "challenge.edition_created", reference(edition), payload)
    except IntegrityError:
        raise ConflictError("server.challenge.edition_there", edition=file.slug) from None
    return edition


def change_edition(user: Any, edition: Edition, text: str, version: int) -> Edition:
    """Write a draft edition anew.

    Args:
        version: the version that the person saw.

    Raises:
        EditionFileError: the text cannot be used. ConflictError: somebody else saved first.
        RefusedError: `server.challenge.edition_announced`: from then on it is amended.
    """
    people.require(user, "challenge.change_edition", edition)
    file = read_edition(text)
    with transaction.atomic():
        row = _locked(edition, version)
        if row.is_locked:
            raise RefusedError("server.challenge.edition_announced", edition=row.slug)
        _require_same_slug(row, file)
        if text == queries.newest_version(row).source:
            return row
        changes = row.file.changes_to(file)
        _renew(row, file)
        _keep_version(user, row, file, text, changes)
        write_rows(row, file)
        payload = {"version": row.version, "digest": row.digest, "changes": len(changes)}
        journal.append(people.actor(user), "challenge.edition_changed", reference(row), payload)
    return row


def accept_unverified(user: Any, edition: Edition, paths: Sequence[str]) -> list[str]:
    """Answer for values that nobody has verified. An acceptance ends when its value changes.

    Args:
        paths: of values that are unverified now; others are refused.

    Returns:
        the paths that were not accepted before.

    Raises:
        InputError: `server.challenge.nothing_to_accept`, a path is not among the unverified.
    """
    people.require(user, "challenge.organise", edition)
    with transaction.atomic():
        row = Edition.objects.select_for_update().get(pk=edition.pk)
        file = row.file
        unverified = set(file.unverified())
        strange = [path for path in paths if path not in unverified]
        if strange or not paths:
            raise InputError("server.challenge.nothing_to_accept", field=strange[0][:200] if strange else "-")
        before = queries.accepted_paths(row, file)
        new = sorted(set(paths) - before)
        for path in new:
            Acceptance.objects.create(
                edition=row, path=path, value_digest=file.value_digest(path), accepted_by=user, accepted_at=clock.now()
            )
        if new:
            values = file.values()
            payload = {"values": len(new), "digest": digest_of({path: values[path] for path in new})}
            journal.append(people.actor(user), "challenge.values_accepted", reference(row), payload)
    return new


def announce(user: Any, edition: Edition) -> Edition:
    """Make a draft public. Rubrics, methods, tie-breaks and quotas are locked from here.

    Raises:
        RefusedError: `server.challenge.edition_not_ready`, with `problems`: what must be filled in first.
    """
    people.require(user, "challenge.organise", edition)
    with transaction.atomic():
        row = Edition.objects.select_for_update().get(pk=edition.pk)
        check_move(Life.EDITION, row.state, EditionState.ANNOUNCED)
        file = row.file
        problems = queries.announcing_problems(file)
        if problems:
            raise RefusedError(
                "server.challenge.edition_not_ready",
                edition=row.slug,
                count=len(problems),
                problems=[problem.to_json() for problem in problems],
            )
        row.announced_at = clock.now()
        move(Life.EDITION, row, EditionState.ANNOUNCED, "announced_at")
        payload = {"version": row.version, "digest": row.digest, "locked": file.locked_digest()}
        journal.append(people.actor(user), "challenge.edition_announced", reference(row), payload)
    return row


def amend(user: Any, edition: Edition, text: str, reason: str, version: int) -> EditionVersion:
    """Change an announced edition: a public amendment, signed by the site, with the reason that everybody reads.

    Args:
        version: the version that the person saw.

    Raises:
        EditionFileError: the text cannot be used. ConflictError: somebody else amended first.
        InputError: no reason, or one that is too long.
        RefusedError: not announced, over, nothing changed, or a round that has begun would be judged by other rules.
    """
    people.require(user, "challenge.organise", edition)
    file, why = read_edition(text), _reason(reason)
    with transaction.atomic():
        row = _locked(edition, version)
        changes = _amendable(row, file)
        previous = row.digest
        _renew(row, file)
        made = _keep_version(user, row, file, text, changes, reason=why)
        write_rows(row, file)
        signed = sign(amendment_document(made, previous))
        locked = sum(change.locked for change in changes)
        payload = {
            "version": made.number,
            "digest": made.digest,
            "previous": previous,
            "reason": f"sha256:{hashlib.sha256(why.encode()).hexdigest()}",
            "changes": len(changes),
            "locked": locked,
            **signed,
        }
        journal.append(people.actor(user), "challenge.edition_amended", reference(row), payload)
    return made


def _amendable(edition: Edition, file: EditionFile) -> list[Change]:
    """What the new file changes, if it may."""
    if edition.state in (EditionState.DRAFTED, EditionState.FINAL, EditionState.NOMINATED, EditionState.ARCHIVED):
        raise RefusedError("server.challenge.edition_not_amendable", edition=edition.slug, state=edition.state)
    _require_same_slug(edition, file)
    before = edition.file
    changes = before.changes_to(file)
    if not changes:
        raise RefusedError("server.challenge.edition_unchanged", edition=edition.slug)
    if file.synthetic != before.synthetic:
        raise RefusedError("server.challenge.edition_synthetic_stays", edition=edition.slug)
    require_rounds_untouched(edition, before, changes)
    return changes


def move_edition(user: Any, edition: Edition, state: str) -> Edition:
    """Move an edition on in its life, when what the step stands on is there.

    Raises:
        RefusedError: `server.challenge.no_such_move`, or what is missing for it.
    """
    people.require(user, "challenge.organise", edition)
    if state == EditionState.ANNOUNCED:
        return announce(user, edition)
    if state not in EditionState.values:
        raise InputError("server.challenge.no_such_state", field="state", value=state[:40])
    with transaction.atomic():
        row = Edition.objects.select_for_update().get(pk=edition.pk)
        check_move(Life.EDITION, row.state, state)
        require_ready(row, EditionState(state))
        before = row.state
        move(Life.EDITION, row, state)
        payload = {"before": str(before), "after": str(state), "digest": row.digest}
        journal.append(people.actor(user), "challenge.edition_moved", reference(row), payload)
    return row


def _locked(edition: Edition, version: int) -> Edition:
    row = Edition.objects.select_for_update().get(pk=edition.pk)
    if row.version != version:
        raise ConflictError("server.challenge.edition_saved_meanwhile", edition=row.slug, version=row.version)
    return row


def _require_same_slug(edition: Edition, file: EditionFile) -> None:
    if file.slug != edition.slug:
        raise RefusedError("server.challenge.edition_slug_stays", edition=edition.slug, given=file.slug)


def _renew(edition: Edition, file: EditionFile) -> None:
    edition.document, edition.digest, edition.synthetic = file.document(), file.digest(), file.synthetic
    edition.version += 1
    edition.save(update_fields=["document", "digest", "synthetic", "version"])


def _keep_version(
    user: Any, edition: Edition, file: EditionFile, text: str, changes: Sequence[Change] = (), reason: str = ""
) -> EditionVersion:
    return EditionVersion.objects.create(
        edition=edition,
        number=edition.version,
        source=text,
        document=file.document(),
        digest=file.digest(),
        amendment=bool(reason),
        reason=reason,
        changes=[change.to_json() for change in changes],
        made_by=user,
        made_at=clock.now(),
    )


def _reason(reason: str) -> str:
    text = reason.replace("\r\n", "\n").strip()
    if not text:
        raise InputError("server.challenge.reason_missing", field="reason")
    if len(text) > LONGEST_REASON:
        raise InputError("server.challenge.reason_too_long", field="reason", most=LONGEST_REASON)
    if "\x00" in text:
        raise InputError("server.web.control_characters")
    return text
