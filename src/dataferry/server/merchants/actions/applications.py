"""The application of an organisation to trade: written, completed with papers, changed, handed in again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people, uploads
from dataferry.server.journal import clock
from dataferry.server.merchants.actions.classes import open_application
from dataferry.server.merchants.actions.guards import locked
from dataferry.server.merchants.models import Answer, Merchant, MerchantClass, MerchantPaper, PaperKind, Place
from dataferry.server.merchants.profiles import checked_profile
from dataferry.server.merchants.register_numbers import cleaned
from dataferry.server.merchants.states import MERCHANT, MerchantState
from dataferry.server.people.models import Organisation
from dataferry.server.web.problems import ConflictError

PURPOSE = "merchants.paper"
MOST_PAPERS = 30
MOST_PAPER_BYTES = 20 * 1024 * 1024
OPEN = (MerchantState.APPLIED, MerchantState.RETURNED, MerchantState.REFUSED)
"""While an application may be changed. What was refused may be handed in again."""


def apply(
    user: Any,
    organisation: Organisation,
    *,
    classes: Iterable[str],
    place: str,
    register_number: str,
    critical: str = Answer.UNKNOWN,
    free_trade_zone: str = Answer.UNKNOWN,
    state_organ: str = Answer.UNKNOWN,
    profile: Mapping[str, Any] | None = None,
) -> Merchant:
    """Apply for an organisation to become a merchant; one of its managers does.

    Raises:
        InputError: no or unknown classes, place or answers; a register number that cannot be right; the profile.
        ConflictError: `server.merchants.merchant_there`. RefusedError: not a manager.
    """
    people.require(user, "merchants.apply", organisation)
    fields = _checked(classes, place, register_number, critical, free_trade_zone, state_organ, profile)
    now = clock.now()
    try:
        with transaction.atomic():
            merchant = Merchant.objects.create(
                organisation=organisation,
                number=journal.next_number("M", now),
                applied_by=user,
                applied_at=now,
                **fields,
            )
            payload = {"classes": merchant.classes, "place": merchant.place}
            MERCHANT.begin(merchant, people.actor(user), "merchants.applied", payload)
    except IntegrityError as error:
        raise ConflictError("server.merchants.merchant_there") from error
    return merchant


def change_application(
    user: Any, merchant: Merchant, *, revision: int | None = None, handed_in: bool = True, **fields: Any
) -> Merchant:
    """Change an application that is not decided; one that was returned or refused is handed in again by it.

    Args:
        revision: that the changes were made on; when it is no longer the newest they are refused.
        handed_in: False keeps a returned application with the applicant.
        fields: as `apply` takes them.

    Raises:
        As `apply`; InputError: `server.merchants.city_stays`. ConflictError: `server.merchants.application_changed`.
        RefusedError: `server.merchants.application_decided`.
    """
    people.require(user, "merchants.manage", merchant)
    with transaction.atomic():
        row = locked(merchant)
        if row.state not in OPEN:
            raise RefusedError("server.merchants.application_decided", state=row.state)
        if revision is not None and revision != row.revision:
            raise ConflictError("server.merchants.application_changed", revision=row.revision)
        _take(row, fields)
        row.revision += 1
        row.save()
        _journal_change(user, row, handed_in)
    return row


def apply_again(user: Any, merchant: Merchant, **fields: Any) -> Merchant:
    """A manager of a merchant that left applies anew. Nothing that was checked or signed before lets it trade.

    Args:
        fields: as `apply` takes them; what is not given is as it was.

    Raises:
        As `apply`; InputError: `server.merchants.city_stays`. RefusedError: `server.merchants.not_left`.
    """
    people.require(user, "merchants.manage", merchant)
    with transaction.atomic():
        row = locked(merchant)
        if row.state != MerchantState.LEFT:
            raise RefusedError("server.merchants.not_left", number=row.number, state=row.state)
        _take(row, fields)
        row.revision += 1
        row.reason, row.applied_by, row.applied_at = "", user, clock.now()
        row.verified_by = row.verified_at = None
        row.save()
        payload = {"classes": row.classes, "place": row.place, "revision": row.revision}
        MERCHANT.move(row, MerchantState.APPLIED, people.actor(user), "merchants.came_back", payload)
    return row


def _take(row: Merchant, fields: Mapping[str, Any]) -> None:
    """Put changed fields into an application. Whoever traded once stays with the exchange that knows their trade."""
    changed = _checked(**{**_as_applied(row), **fields})
    if Merchant(place=changed["place"]).city != row.city and row.signatures.exists():
        raise InputError("server.merchants.city_stays", field="place", number=row.number)
    for name, value in changed.items():
        setattr(row, name, value)


def _journal_change(user: Any, row: Merchant, handed_in: bool) -> None:
    payload = {"classes": row.classes, "place": row.place, "revision": row.revision}
    if row.state == MerchantState.APPLIED or not handed_in:
        journal.append(people.actor(user), "merchants.application_changed", row.reference, payload)
        return
    row.reason = ""
    MERCHANT.move(row, MerchantState.APPLIED, people.actor(user), "merchants.applied_again", payload, "reason")


def _as_applied(row: Merchant) -> dict[str, Any]:
    names = ("classes", "place", "register_number", "critical", "free_trade_zone", "state_organ", "profile")
    return {name: getattr(row, name) for name in names}


def _checked(
    classes: Iterable[str],
    place: str,
    register_number: str,
    critical: str,
    free_trade_zone: str,
    state_organ: str,
    profile: Mapping[str, Any] | None,
) -> dict[str, Any]:
    given = set(classes)
    chosen = [value for value in MerchantClass.values if value in given]
    if not chosen or given - set(chosen):
        raise InputError("server.merchants.classes", field="classes", allowed=", ".join(MerchantClass.values))
    if place not in Place.values:
        raise InputError("server.merchants.no_such_place", field="place", allowed=", ".join(Place.values))
    answers = {"critical": critical, "free_trade_zone": free_trade_zone, "state_organ": state_organ}
    for field, value in answers.items():
        if value not in Answer.values:
            raise InputError("server.merchants.no_such_answer", field=field, allowed=", ".join(Answer.values))
    return {
        "classes": chosen,
        "place": place,
        "register_number": cleaned(place, register_number),
        "profile": checked_profile(profile or {}),
        **answers,
    }


def add_paper(user: Any, merchant: Merchant, kind: str, taken: uploads.Handed) -> MerchantPaper:
    """Put a paper to an application, or to what an active merchant asks for besides. The same bytes are kept once.

    Raises:
        InputError: `server.merchants.no_such_paper_kind`; a file that is no PDF, JPEG or PNG.
        RefusedError: the application is decided; too many or too large papers.
    """
    people.require(user, "merchants.manage", merchant)
    if kind not in PaperKind.values:
        raise InputError("server.merchants.no_such_paper_kind", field="kind", allowed=", ".join(PaperKind.values))
    media_type = uploads.media_type_of(taken.path, uploads.PAPERS)
    if taken.bytes > MOST_PAPER_BYTES:
        raise RefusedError("server.merchants.paper_too_large", most=MOST_PAPER_BYTES // 1024 // 1024)
    with transaction.atomic():
        row = locked(merchant)
        if row.state not in OPEN and open_application(row) is None:
            raise RefusedError("server.merchants.application_decided", state=row.state)
        if row.papers.count() >= MOST_PAPERS:
            raise RefusedError("server.merchants.too_many_papers", most=MOST_PAPERS)
        paper = MerchantPaper.objects.create(
            merchant=row,
            kind=kind,
            file_name=taken.name[:200],
            media_type=media_type,
            bytes=taken.bytes,
            sha256=taken.sha256,
            place=store().keep(taken.path, taken.sha256),
            added_by=user,
            added_at=clock.now(),
        )
        payload = {"paper": paper.pk, "kind": kind, "digest": f"sha256:{taken.sha256}"}
        journal.append(people.actor(user), "merchants.paper_added", row.reference, payload)
    return paper


def remove_paper(user: Any, paper: MerchantPaper) -> None:
    """Take a paper back while the application is open. The journal keeps its digest.

    Raises:
        RefusedError: `server.merchants.application_decided`. MissingError: it is gone already.
    """
    people.require(user, "merchants.manage", paper.merchant)
    with transaction.atomic():
        row = locked(paper.merchant)
        if row.state not in OPEN:
            raise RefusedError("server.merchants.application_decided", state=row.state)
        if row.papers.filter(pk=paper.pk).delete()[0] == 0:
            raise MissingError("server.merchants.no_paper")
        row.revision += 1
        row.save(update_fields=["revision"])
        payload = {"paper": paper.pk, "digest": f"sha256:{paper.sha256}"}
        journal.append(people.actor(user), "merchants.paper_removed", row.reference, payload)


def store() -> uploads.KeptFiles:
    """Where the papers lie."""
    return uploads.KeptFiles("merchants")
