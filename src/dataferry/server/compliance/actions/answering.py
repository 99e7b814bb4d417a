"""What the supplier says to each item, and the files that stand for it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people, uploads
from dataferry.server.compliance.actions.case_guards import locked, locked_item, require_state, text_of
from dataferry.server.compliance.models import CaseItem, ComplianceCase, ItemEvidence
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CaseState
from dataferry.server.journal import clock
from dataferry.server.web.problems import ConflictError

PURPOSE = "compliance.evidence"
MOST_BYTES = 50 * 1024 * 1024
MOST_FILES_AN_ITEM = 20
WITH_SUPPLIER = (CaseState.OPENED, CaseState.EVIDENCE_REQUESTED)
UNFOUND = (ItemState.OPEN, ItemState.EVIDENCED)


def store() -> uploads.KeptFiles:
    """Where the files of evidence lie."""
    return uploads.KeptFiles("compliance")


def answer_item(user: Any, item: CaseItem, statement: str, revision: int) -> CaseItem:
    """Say something to an item. When evidence was asked for, only to the items that were named.

    Raises:
        ConflictError: `server.compliance.item_changed`, somebody wrote since `revision`.
        InputError: a text that is too long. RefusedError: the case is not with the supplier; `item_is_found`.
    """
    people.require(user, "compliance.answer_case", item)
    text = text_of(statement, "statement", needed=False)
    with transaction.atomic():
        case, row = _writable(item)
        if row.revision != revision:
            raise ConflictError("server.compliance.item_changed", item=row.code, revision=row.revision)
        row.statement, row.answered_by, row.answered_at = text, user, clock.now()
        row.revision += 1
        answered = text or row.evidence.exists() or _machine_is_clear(case, row)
        row.state = ItemState.EVIDENCED if answered else ItemState.OPEN
        row.save(update_fields=["statement", "answered_by", "answered_at", "revision", "state"])
        payload = {"item": row.code, "digest": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}
        journal.append(people.actor(user), "compliance.item_answered", case.reference, payload)
    return row


def _writable(item: CaseItem) -> tuple[ComplianceCase, CaseItem]:
    case = locked(item.case)
    require_state(case, *WITH_SUPPLIER)
    row = locked_item(item)
    if row.state not in UNFOUND:
        raise RefusedError("server.compliance.item_is_found", item=row.code)
    return case, row


def _machine_is_clear(case: ComplianceCase, row: CaseItem) -> bool:
    from dataferry.server.compliance.actions.gathering import newest_of
    from dataferry.server.compliance.checklist import checklist

    item = checklist().item(row.code)
    found = newest_of(case).get(item.by) if item is not None else None
    return found is not None and found.state == "clear"


def add_evidence(
    user: Any, item: CaseItem, taken: uploads.Handed, replaces: ItemEvidence | None = None
) -> ItemEvidence:
    """Put a file to an item. A file that replaces another does not remove it: both stay in the case.

    Raises:
        InputError: the file is none of the kinds that are read. RefusedError: too large, too many; the case is not with
            the supplier; `server.compliance.not_to_replace`, that file is replaced already or of another item.
    """
    people.require(user, "compliance.answer_case", item)
    media_type = uploads.media_type_of(taken.path, uploads.EVIDENCE)
    if taken.bytes > MOST_BYTES:
        raise RefusedError("server.compliance.evidence_too_large", most=MOST_BYTES // 1024 // 1024)
    with transaction.atomic():
        case, row = _writable(item)
        if row.evidence.count() >= MOST_FILES_AN_ITEM:
            raise RefusedError("server.compliance.too_much_evidence", most=MOST_FILES_AN_ITEM)
        if replaces is not None and (replaces.item_id != row.pk or replaces.replaced_by.exists()):
            raise RefusedError("server.compliance.not_to_replace", item=row.code)
        kept = ItemEvidence.objects.create(
            item=row,
            file_name=taken.name[:200],
            media_type=media_type,
            bytes=taken.bytes,
            sha256=taken.sha256,
            place=store().keep(taken.path, taken.sha256),
            replaces=replaces,
            added_by=user,
            added_at=clock.now(),
        )
        row.state = ItemState.EVIDENCED
        row.save(update_fields=["state"])
        payload = {"item": row.code, "evidence": kept.pk, "digest": f"sha256:{taken.sha256}"}
        journal.append(people.actor(user), "compliance.evidence_added", case.reference, payload)
    return kept
