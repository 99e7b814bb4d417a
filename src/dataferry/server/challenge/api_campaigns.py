"""Letters to many over the API: written, confirmed, cancelled by organisers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Schema, Status

from dataferry.server.challenge.actions import campaigns as campaign_actions
from dataferry.server.challenge.api_desk import Texts, division_named, edition_for_organisers
from dataferry.server.challenge.models import Edition, MailCampaign
from dataferry.server.challenge.queries import campaigns as campaign_queries
from dataferry.server.people.authentication import member
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("challenge desk")
READ, WRITE = member("read"), member("write")
Audience = Literal[
    "leaders",
    "members",
    "without_entry",
    "incomplete",
    "finalists",
    "reserves",
    "not_chosen",
    "judges",
    "judges_overdue",
    "mentors",
]


class CampaignIn(Schema):
    audience: Audience = Field(description="To whom.")
    division: str | None = Field(None, description="Code of the division; null is both cities.")
    subject: Texts = Field(description="Subject per language, with placeholders.")
    body: Texts = Field(description="Letter per language, with placeholders.")


class CampaignChangeIn(CampaignIn):
    revision: int = Field(description="The revision that was read.")


class ConfirmIn(Schema):
    revision: int = Field(description="The revision that was read.")
    expected: int = Field(description="The number of recipients that was read.")


class CampaignOut(Schema):
    id: int = Field(description="Number of the letter.")
    audience: str = Field(description="To whom.")
    division: str | None = Field(description="Code of the division; null is both cities.")
    subject: dict[str, str] = Field(description="Subject per language.")
    body: dict[str, str] = Field(description="Letter per language.")
    revision: int = Field(description="Grows with every change.")
    recipients: int = Field(description="How many people get it; for a draft, how many would get it now.")
    written: int = Field(description="How many letters are written.")
    sent: int = Field(description="How many letters the mail server has taken.")
    failed: int = Field(description="How many it has refused.")
    confirmed_at: datetime | None = Field(description="When it was confirmed; null for a draft.")
    cancelled_at: datetime | None = Field(description="When it was cancelled; null where it was not.")
    faults: list[str] = Field(description="What is wrong with the words of a draft.")


def campaign_out(row: MailCampaign) -> CampaignOut:
    is_draft = row.confirmed_at is None
    counts = campaign_queries.post_counts([row])[row.pk]
    found = len(campaign_queries.addressees(row.edition, row.division, row.audience)) if is_draft else row.recipients
    return CampaignOut(
        id=row.pk,
        audience=row.audience,
        division=row.division.code if row.division else None,
        subject=row.subject,
        body=row.body,
        revision=row.revision,
        recipients=found,
        written=row.written,
        sent=counts.sent,
        failed=counts.failed,
        confirmed_at=row.confirmed_at,
        cancelled_at=row.cancelled_at,
        faults=[each.text() for each in campaign_actions.faults(row)] if is_draft else [],
    )


class CampaignRow(Schema):
    id: int = Field(description="Number of the letter.")
    audience: str = Field(description="To whom.")
    recipients: int = Field(description="How many people get it; 0 for a draft.")
    confirmed_at: datetime | None = Field(description="When it was confirmed; null for a draft.")
    cancelled_at: datetime | None = Field(description="When it was cancelled; null where it was not.")


@router.get(
    "/editions/{slug}/campaigns",
    response=Page[CampaignRow],
    auth=READ,
    operation_id="list_campaigns",
    summary="List letters to many",
)
def list_campaigns(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """For organisers: those of their cities."""
    user, edition = edition_for_organisers(request, slug)
    rows = campaign_queries.campaigns_for(user, edition).order_by("pk")
    return keyset_page(rows, ("pk",), cursor, limit, scope=slug).map(CampaignRow.from_orm)


@router.post(
    "/editions/{slug}/campaigns",
    response={201: CampaignOut},
    auth=WRITE,
    operation_id="write_campaign",
    summary="Write a letter to many",
)
def write_campaign(request: HttpRequest, slug: str, body: CampaignIn) -> Any:
    """A draft; nothing goes out before it is confirmed."""
    user, edition = edition_for_organisers(request, slug)
    return Status(201, campaign_out(campaign_actions.write_campaign(user, edition, **_written(edition, body))))


def _written(edition: Edition, body: CampaignIn) -> dict[str, Any]:
    return {
        "audience": body.audience,
        "division": division_named(edition, body.division),
        "subject": dict(body.subject),
        "body": dict(body.body),
    }


def _campaign(request: HttpRequest, slug: str, number: int) -> tuple[Any, MailCampaign]:
    user, edition = edition_for_organisers(request, slug)
    return user, campaign_queries.campaign_of(user, edition, number)


@router.get(
    "/editions/{slug}/campaigns/{campaign}",
    response=CampaignOut,
    auth=READ,
    operation_id="get_campaign",
    summary="Read a letter to many",
)
def get_campaign(request: HttpRequest, slug: str, campaign: int) -> Any:
    """With how many people get it, and how far it is."""
    return campaign_out(_campaign(request, slug, campaign)[1])


@router.put(
    "/editions/{slug}/campaigns/{campaign}",
    response=CampaignOut,
    auth=WRITE,
    operation_id="change_campaign",
    summary="Change the draft of a letter",
)
def change_campaign(request: HttpRequest, slug: str, campaign: int, body: CampaignChangeIn) -> Any:
    """Only while it is a draft."""
    user, row = _campaign(request, slug, campaign)
    return campaign_out(campaign_actions.change_campaign(user, row, body.revision, **_written(row.edition, body)))


@router.post(
    "/editions/{slug}/campaigns/{campaign}/confirmation",
    response=CampaignOut,
    auth=WRITE,
    operation_id="confirm_campaign",
    summary="Send a letter to many",
)
def confirm_campaign(request: HttpRequest, slug: str, campaign: int, body: ConfirmIn) -> Any:
    """The addressees are fixed now. What was sent cannot be called back."""
    user, row = _campaign(request, slug, campaign)
    return campaign_out(campaign_actions.confirm_campaign(user, row, body.revision, body.expected))


@router.post(
    "/editions/{slug}/campaigns/{campaign}/cancellation",
    response=CampaignOut,
    auth=WRITE,
    operation_id="cancel_campaign",
    summary="Cancel a letter to many",
)
def cancel_campaign(request: HttpRequest, slug: str, campaign: int) -> Any:
    """What is not sent yet is not sent any more."""
    user, row = _campaign(request, slug, campaign)
    return campaign_out(campaign_actions.cancel_campaign(user, row))
