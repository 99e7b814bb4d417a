"""The API of people: who am I, my tokens, organisations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Schema, Status

from dataferry.server.people import actions, queries
from dataferry.server.people.authentication import anyone, member
from dataferry.server.people.models import ApiToken, Organisation, Profile, RoleGrant
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("people")

ScopeName = Literal["read", "write", "publish"]
LARGEST_ID = 2**63 - 1


class RoleOut(Schema):
    role: str = Field(description="Name of the role, such as `data-holder`.")
    city: str = Field(description="`hong-kong` or `shanghai`; empty for both cities.")
    until: datetime | None = Field(description="When the role ends; null for no end.")


class OwnOrganisationOut(Schema):
    slug: str = Field(description="Short name of the organisation.")
    manager: bool = Field(description="Whether the person manages it.")


class MeOut(Schema):
    id: int = Field(description="Number of the person, as the journal names them.")
    email: str = Field(description="Main e-mail address; empty where the account has none.")
    display_name: str = Field(description="What others see of the person.")
    language: str = Field(description="`en`, `zh-hant` or `zh-hans`; empty where none is chosen.")
    time_zone: str = Field(description="IANA name of the time zone; empty where none is chosen.")
    city: str = Field(description="`hong-kong`, `shanghai` or empty.")
    roles: list[RoleOut] = Field(description="Roles that hold now.")
    organisations: list[OwnOrganisationOut] = Field(description="Organisations the person belongs to.")


class TokenOut(Schema):
    id: int = Field(description="Number of the token.")
    name: str = Field(description="What it is for, as its owner wrote.")
    prefix: str = Field(description="How its secret begins.")
    scopes: list[str] = Field(description="What it may do: `read`, `write`, `publish`.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="Until when it is good.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute; null for never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null where it was not.")


class TokenMade(TokenOut):
    secret: str = Field(description="The token itself. It is in this answer only.")


class TokenIn(Schema):
    name: str = Field(description="What it is for.", min_length=1, max_length=80)
    scopes: list[ScopeName] = Field(description="What it may do.", min_length=1, max_length=3)
    days: int = Field(90, description="For how many days it is good.", ge=1, le=366)


class OrganisationOut(Schema):
    slug: str = Field(description="Short name of the organisation.")
    name: dict[str, str] = Field(description="Its name per language: `en`, `zh-Hant`, `zh-Hans`.")
    city: str = Field(description="`hong-kong`, `shanghai` or empty.")
    verified: bool = Field(description="Whether an administrator has verified it.")


def _role_out(grant: RoleGrant) -> dict[str, Any]:
    return {"role": grant.role, "city": grant.city, "until": grant.until}


def _token_out(token: ApiToken) -> dict[str, Any]:
    fields = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    return {"id": token.pk, **{field: getattr(token, field) for field in fields}}


def _organisation_out(organisation: Organisation) -> dict[str, Any]:
    return {field: getattr(organisation, field) for field in ("slug", "name", "city", "verified")}


@router.get("/me", response=MeOut, auth=member("read"), operation_id="get_me", summary="Who I am")
def get_me(request: HttpRequest) -> Any:
    """The person that the token or session belongs to, with roles and organisations."""
    user = signed_in_person(request)
    profile = Profile.objects.filter(user_id=user.pk).first() or Profile()
    return {
        "id": user.pk,
        "email": user.email,
        "display_name": queries.display_name(user),
        "language": profile.language,
        "time_zone": profile.time_zone,
        "city": profile.city,
        "roles": [_role_out(grant) for grant in queries.current_roles(user)],
        "organisations": [
            {"slug": each.organisation.slug, "manager": each.is_manager} for each in queries.own_organisations(user)
        ],
    }


@router.get(
    "/me/tokens", response=Page[TokenOut], auth=member("read"), operation_id="list_tokens", summary="My API tokens"
)
def list_tokens(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Your tokens, the newest first, also those that are revoked or expired. Their secrets are kept nowhere."""
    return keyset_page(queries.own_tokens(request.user), ("-created_at", "-pk"), cursor, limit).map(_token_out)


@router.post(
    "/me/tokens",
    response={201: TokenMade},
    auth=member("write"),
    operation_id="create_token",
    summary="Make an API token",
)
def create_token(request: HttpRequest, body: TokenIn) -> Any:
    """A new token. A token can make tokens of its own scopes at most, so that a stolen one gains nothing."""
    held = request.auth.scopes if isinstance(request.auth, ApiToken) else None  # type: ignore[attr-defined]
    token, secret = actions.issue_token(signed_in_person(request), body.name, body.scopes, body.days, within=held)
    return Status(201, {**_token_out(token), "secret": secret})


@router.delete(
    "/me/tokens/{token_id}",
    response=TokenOut,
    auth=member("write"),
    operation_id="revoke_token",
    summary="Revoke an API token",
)
def revoke_token(request: HttpRequest, token_id: int) -> Any:
    """The token is of no use from now on; it stays in the list as revoked. The same again changes nothing."""
    number = token_id if 0 < token_id <= LARGEST_ID else 0
    return _token_out(actions.revoke_token(signed_in_person(request), number))


@router.get(
    "/organisations",
    response=Page[OrganisationOut],
    auth=anyone,
    operation_id="list_organisations",
    summary="Organisations",
)
def list_organisations(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Verified organisations, and those you belong to. Administrators see all."""
    rows = keyset_page(queries.visible_organisations(request.user), ("slug",), cursor, limit)
    return rows.map(_organisation_out)
