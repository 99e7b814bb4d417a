"""A small API of the kit's own, mounted beside the site for tests."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from ninja import Field, Schema

from dataferry.messages import Finding, InputError, UnavailableError
from dataferry.products import ManifestError
from dataferry.server.people.permissions import SignInNeeded
from dataferry.server.web.api import ConflictError, Cursor, Limit, Page, api_router, etags, expensive, keyset_page

ORDER = ("-content_type__model", "codename", "pk")


class Thing(Schema):
    """A thing."""

    size: int = Field(ge=3, description="How large.")
    name: str = Field("", max_length=5, description="How called.")


class Named(Schema):
    """A name."""

    id: int = Field(description="Number.")
    name: str = Field(description="Name.")


def sample_router() -> Any:
    """Operations that show each manner of the kit."""
    router = api_router("samples")
    kept = {"revision": 7}

    @router.get("/names", response=Page[Named], operation_id="list_names")
    def list_names(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None, scope: str = "") -> Any:
        """All names."""
        rows = keyset_page(Permission.objects.all(), ORDER, cursor, limit, scope=scope)
        return rows.map(lambda row: {"id": row.pk, "name": row.codename})

    @router.get("/thing", response=Thing, operation_id="get_thing")
    def get_thing(request: HttpRequest, response: HttpResponse) -> Any:
        """The thing."""
        etags.stamp(response, kept["revision"])
        return {"size": kept["revision"], "name": "港"}

    @router.put("/thing", response=Thing, operation_id="change_thing")
    def change_thing(request: HttpRequest, body: Thing, response: HttpResponse) -> Any:
        """Change it."""
        etags.require_match(request, kept["revision"])
        kept["revision"] += 1
        etags.stamp(response, kept["revision"])
        return body

    @router.post("/dear", response=Thing, operation_id="dear")
    @expensive
    def dear(request: HttpRequest) -> Any:
        """Costs much."""
        return {"size": 3}

    def refuse(request: HttpRequest) -> Any:
        raise SignInNeeded("server.people.bad_token")

    @router.get("/guarded", response=Thing, operation_id="get_guarded", auth=refuse)
    def get_guarded(request: HttpRequest) -> Any:
        """Nobody comes here."""

    @router.get("/fails/{how}", response=Thing, operation_id="fail")
    def fail(request: HttpRequest, how: str) -> Any:
        """Fails."""
        if how == "manifest":
            finding = Finding("products.manifest_invalid", "blocked", {"file": "a.yaml", "count": 1, "line": 3})
            raise ManifestError("a.yaml", [finding])
        raise {
            "input": InputError("server.web.bad_cursor"),
            "conflict": ConflictError("server.web.changed_meanwhile"),
            "busy": UnavailableError("server.web.busy", retry=True),
            "missing": Http404(),
            "fault": ZeroDivisionError("the password is hunter2"),
        }[how]

    return router


@pytest.fixture
def caller(db: None, settings: Any) -> Iterator[Client]:
    """A caller of the small API; counts of earlier tests are forgotten."""
    from dataferry.server.portal.api import make_api
    from dataferry.server.web.limits import limiter

    api = make_api(rooms=(), namespace="samples")
    api.add_router("", sample_router())
    addresses = types.ModuleType("kit_addresses")
    addresses.urlpatterns = [path("api/v1/", api.urls)]  # type: ignore[attr-defined]
    sys.modules["kit_addresses"] = addresses
    settings.ROOT_URLCONF = "kit_addresses"
    limiter.forget()
    yield Client(raise_request_exception=False)
    limiter.forget()
