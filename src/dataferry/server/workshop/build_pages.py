"""Builds of a draft: asked for, watched, cancelled; and what to put right where one failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dataferry.messages import DataferryError, MissingError
from dataferry.server import people
from dataferry.server.jobs.templatetags.jobs import job_state
from dataferry.server.workshop import actions, draft_queries, draft_view, queries
from dataferry.server.workshop.draft_errors import draft_page, tell
from dataferry.server.workshop.draft_pages import request_build
from dataferry.server.workshop.models import Build, Draft


@draft_page
@require_POST
def build(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a build of the draft as it is saved."""
    return request_build(request, queries.draft_of(request.user, slug))


@draft_page
@require_safe
def builds(request: HttpRequest, slug: str) -> HttpResponse:
    """Every build of a draft, the newest first."""
    draft = queries.draft_of(request.user, slug)
    shown = [
        {
            "build": each,
            "word": job_state(each.state),
            "published": each.release is not None and hasattr(each.release, "publication"),
        }
        for each in draft_queries.builds_page(draft)
    ]
    context = {**draft_view.frame(request, draft, "builds"), "builds": shown}
    return render(request, "workshop/draft_builds.html", context)


@draft_page
@require_safe
def progress(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One build: how far it is, or how it ended."""
    draft, found = _build_of(request, slug, number)
    context = {
        **draft_view.frame(request, draft, "builds"),
        "build": found,
        "job": found.job,
        "refresh": request.path,
        "problems": draft_view.problems_of(_placed(found), draft) if found.error else [],
        "text_moved_on": found.revision is not None and found.revision != draft.revision,
    }
    if found.is_open and people.can(request.user, "workshop.cancel_build", found):
        context["cancel_address"] = reverse("draft-build-cancel", args=[slug, number])
    response = render(request, "workshop/draft_build.html", context)
    if request.headers.get("HX-Request") == "true" and not found.is_open:
        # It ended while somebody was watching: the whole page has more to say than its progress.
        response["HX-Refresh" if found.release is None else "HX-Redirect"] = _end_of(found)
    return response


def _placed(found: Build) -> Mapping[str, Any]:
    """The error of a build, with the place that the engine's own words name."""
    from dataferry.products.sql_places import place_of_refusal

    error: Mapping[str, Any] = found.error or {}
    data = error.get("data") or {}
    place = (
        None
        if data.get("line") or data.get("problems")
        else place_of_refusal(str(data.get("reason", "")), found.recipe)
    )
    return error if place is None else {**error, "line": place.line, "column": place.column}


def _end_of(found: Build) -> str:
    return "true" if found.release is None else draft_view.release_address(found.release)


@draft_page
@require_POST
def cancel(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Cancel a build, if it has not ended."""
    _draft, found = _build_of(request, slug, number)
    people.require(request.user, "workshop.cancel_build", found)
    try:
        actions.cancel_build(request.user, found)
    except DataferryError as error:
        # It ended a moment before; the page says how.
        tell(request, error)
    return redirect("draft-build-page", slug=slug, number=number)


def _build_of(request: HttpRequest, slug: str, number: int) -> tuple[Draft, Build]:
    """
    Raises:
        MissingError: no such draft or build for this person, or the build is another draft's.
    """
    draft = queries.draft_of(request.user, slug)
    found = queries.build_by_id(request.user, number)
    if found.draft_id != draft.pk:
        raise MissingError("server.workshop.no_build", build=number)
    return draft, found
