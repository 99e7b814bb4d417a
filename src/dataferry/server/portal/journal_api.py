"""The API of the journal, for auditors: events, the head, signed anchors and the public key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from dataferry.messages import MissingError
from dataferry.server import journal, people
from dataferry.server.display.languages import page_language
from dataferry.server.people.authentication import member
from dataferry.server.portal import journal_reading as reading
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("journal")
Filter = Annotated[
    str, Query(max_length=320, description="The beginning of it, such as `catalogue.` or `dataset:stops`.")
]


class EventOut(Schema):
    sequence: int = Field(description="Number of the event; they have no gap.")
    instant: str = Field(description="When, in UTC with microseconds: the very text that was hashed.")
    actor: str = Field(description="Who: `person:<number>`, or `system`.")
    act: str = Field(description="What was done, such as `catalogue.dataset_published`.")
    object: str = Field(description="What it was done to, such as `dataset:<slug>`.")
    payload: dict[str, Any] = Field(description="References, digests and codes of the case.")
    previous: str = Field(description="Hash of the event before.")
    hash: str = Field(description="sha256 of the event's canonical JSON without this field.")
    message: str = Field(description="The event in words, in the caller's language; no part of what is hashed.")


class HeadOut(Schema):
    instance: str | None = Field(description="Id of this instance; null before the first event.")
    sequence: int = Field(description="Number of the last event; 0 before the first.")
    hash: str | None = Field(description="Its hash.")
    verified_at: datetime | None = Field(description="When the chain was last walked to its end.")
    sound: bool | None = Field(description="What that showed; null where nobody has looked yet.")


class AnchorOut(Schema):
    sequence: int = Field(description="Number of the event that was the head.")
    key: str = Field(description="Id of the key that signed it.")
    made_at: datetime = Field(description="When it was signed.")
    document: str = Field(description="The anchor as its file holds it: statement and signature.")


class KeyOut(Schema):
    pem: str = Field(description="The Ed25519 public key that anchors are verified with.")


@router.get(
    "/journal/events", response=Page[EventOut], auth=member("read"), operation_id="list_events", summary="Events"
)
def list_events(
    request: HttpRequest,
    act: Filter = "",
    object: Filter = "",  # noqa: A002  the name in the address
    actor: Filter = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """What happened, newest first; by the beginning of the act, the object, the actor. For auditors."""
    people.require(request.user, reading.READ)
    found = reading.events(act, object, actor)
    page = keyset_page(found, ("-sequence",), cursor, limit, scope=f"{act}|{object}|{actor}")
    told = {each.sequence: each.words for each in reading.tell(page.items, page_language())}
    return page.map(lambda event: _event_out(event, told[event.sequence]))


@router.get("/journal/head", response=HeadOut, auth=member("read"), operation_id="get_journal_head", summary="Head")
def get_head(request: HttpRequest) -> Any:
    """The last event's number and hash, and how the last verification ended."""
    people.require(request.user, reading.READ)
    head, last = journal.head(), reading.last_verification(page_language())
    return {
        "instance": str(head.instance) if head else None,
        "sequence": head.sequence if head else 0,
        "hash": head.hash if head else None,
        "verified_at": last.job.finished_at if last else None,
        "sound": last.sound if last else None,
    }


@router.get(
    "/journal/anchors", response=Page[AnchorOut], auth=member("read"), operation_id="list_anchors", summary="Anchors"
)
def list_anchors(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Signed heads, newest first."""
    people.require(request.user, reading.READ)
    fields = ("sequence", "key", "made_at", "document")
    page = keyset_page(journal.Anchor.objects.all(), ("-sequence", "-pk"), cursor, limit)
    return page.map(lambda anchor: {field: getattr(anchor, field) for field in fields})


@router.get("/journal/key", response=KeyOut, auth=member("read"), operation_id="get_journal_key", summary="Public key")
def get_key(request: HttpRequest) -> Any:
    """The public key that anchors are verified with."""
    people.require(request.user, reading.READ)
    if journal.head() is None:
        raise MissingError("server.journal.nothing_to_anchor")
    return {"pem": journal.public_pem(journal.signing_key().public_key()).decode()}


def _event_out(event: journal.Event, words: str) -> dict[str, Any]:
    fields = ("sequence", "instant", "actor", "act", "object", "payload", "previous", "hash")
    return {**{field: getattr(event, field) for field in fields}, "message": words}
