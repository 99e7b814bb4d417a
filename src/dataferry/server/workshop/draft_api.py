"""Drafts and builds over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Status

from dataferry.server import people
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.people.authentication import anyone, member
from dataferry.server.web.api import Cursor, Limit, Page, etags, expensive, keyset_page
from dataferry.server.workshop import actions, api_forms, checks, queries, trials
from dataferry.server.workshop.api_forms import (
    BuildOut,
    DraftEntry,
    DraftOut,
    ExplanationOut,
    NewDraft,
    NewShare,
    ProblemOut,
    ShareOut,
    Texts,
    TrialOut,
    TriedTexts,
)
from dataferry.server.workshop.api_router import router

DRAFTS, BUILDS = ["drafts"], ["builds"]
READ, WRITE = member("read"), member("write")


@router.get(
    "/drafts",
    response=Page[DraftEntry],
    auth=READ,
    operation_id="list_drafts",
    summary="List the caller's drafts",
    tags=DRAFTS,
)
def list_drafts(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """The caller's own drafts and those shared with them, last changed first."""
    rows = keyset_page(queries.visible_drafts(request.user), ("-updated_at", "-pk"), cursor, limit)
    return rows.map(lambda draft: api_forms.draft_entry(draft, request.user))


@router.post(
    "/drafts",
    response={201: DraftOut},
    auth=WRITE,
    operation_id="open_draft",
    summary="Start a data product",
    tags=DRAFTS,
)
def open_draft(request: HttpRequest, body: NewDraft, response: HttpResponse) -> Any:
    """From texts (as a push does), or from snapshots of the catalogue, for which the texts are written."""
    if body.manifest is not None:
        draft = actions.start_draft(request.user, body.slug, body.manifest, body.recipe)
    else:
        named = body.snapshots
        chosen = [catalogue.snapshot_of(request.user, each.dataset, each.snapshot or None) for each in named]
        draft = actions.open_draft(request.user, chosen, body.slug, body.title)
    etags.stamp(response, draft.revision)
    return Status(201, api_forms.draft_out(draft, request.user))


@router.get(
    "/drafts/{slug}", response=DraftOut, auth=READ, operation_id="get_draft", summary="Read a draft", tags=DRAFTS
)
def get_draft(request: HttpRequest, slug: str, response: HttpResponse) -> Any:
    """The texts of a draft and what its inputs are."""
    draft = queries.draft_of(request.user, slug)
    etags.stamp(response, draft.revision)
    return api_forms.draft_out(draft, request.user)


@router.put(
    "/drafts/{slug}", response=DraftOut, auth=WRITE, operation_id="save_draft", summary="Save a draft", tags=DRAFTS
)
def save_draft(request: HttpRequest, slug: str, body: Texts, response: HttpResponse) -> Any:
    """Replace the texts of the revision that `If-Match` names. They may be wrong; see `check`."""
    draft = queries.draft_of(request.user, slug)
    people.require(request.user, "workshop.change_draft", draft)
    etags.require_match(request, draft.revision)
    draft = actions.save_draft(request.user, draft, body.manifest, body.recipe, draft.revision)
    etags.stamp(response, draft.revision)
    return api_forms.draft_out(draft, request.user)


@router.delete(
    "/drafts/{slug}",
    response={204: None},
    auth=WRITE,
    operation_id="remove_draft",
    summary="Remove a draft",
    tags=DRAFTS,
)
def remove_draft(request: HttpRequest, slug: str) -> Any:
    """Remove a draft. Releases made of it stay."""
    actions.remove_draft(request.user, queries.draft_of(request.user, slug))
    return Status(204, None)


@router.get(
    "/drafts/{slug}/check",
    response=list[ProblemOut],
    auth=READ,
    operation_id="check_draft",
    summary="Check a draft",
    tags=DRAFTS,
)
def check_draft(request: HttpRequest, slug: str) -> Any:
    """Everything that is wrong with a draft, at its line. Nothing is run."""
    draft = queries.draft_of(request.user, slug)
    return [api_forms.problem_out(each) for each in checks.check_draft(request.user, draft)]


@router.post(
    "/drafts/{slug}/preview",
    response=TrialOut,
    auth=READ,
    operation_id="preview_draft",
    summary="Try a recipe on a sample",
    tags=DRAFTS,
)
@expensive
def preview_draft(request: HttpRequest, slug: str, body: TriedTexts) -> Any:
    """The first rows of the recipe's answer on the first rows of its inputs; nothing is saved."""
    draft = queries.draft_of(request.user, slug)
    return api_forms.trial_out(trials.preview_draft(request.user, draft, body.recipe, body.manifest))


@router.post(
    "/drafts/{slug}/explain",
    response=ExplanationOut,
    auth=READ,
    operation_id="explain_draft",
    summary="Explain a recipe",
    tags=DRAFTS,
)
@expensive
def explain_draft(request: HttpRequest, slug: str, body: TriedTexts) -> Any:
    """What the recipe reads and where each column comes from; nothing is run or saved."""
    draft = queries.draft_of(request.user, slug)
    return api_forms.explanation_out(trials.explain_draft(request.user, draft, body.recipe, body.manifest))


@router.get(
    "/drafts/{slug}/shares",
    response=list[ShareOut],
    auth=READ,
    operation_id="list_shares",
    summary="List the people a draft is shared with",
    tags=DRAFTS,
)
def list_shares(request: HttpRequest, slug: str) -> Any:
    """For the owner of the draft."""
    draft = queries.draft_of(request.user, slug)
    people.require(request.user, "workshop.share_draft", draft)
    return [api_forms.share_out(each) for each in draft.shares.select_related("user")]


@router.post(
    "/drafts/{slug}/shares",
    response={201: ShareOut},
    auth=WRITE,
    operation_id="share_draft",
    summary="Share a draft with a member",
    tags=DRAFTS,
)
def share_draft(request: HttpRequest, slug: str, body: NewShare) -> Any:
    """They see the draft, its builds and its releases; the data of its inputs only where it is open to them."""
    draft = queries.draft_of(request.user, slug)
    return Status(201, api_forms.share_out(actions.share_draft(request.user, draft, body.email, body.may_edit)))


@router.delete(
    "/drafts/{slug}/shares/{share}",
    response={204: None},
    auth=WRITE,
    operation_id="unshare_draft",
    summary="Take a share back",
    tags=DRAFTS,
)
def unshare_draft(request: HttpRequest, slug: str, share: int) -> Any:
    """By the owner, or by the person themselves."""
    actions.unshare_draft(request.user, queries.draft_of(request.user, slug), share)
    return Status(204, None)


@router.get(
    "/drafts/{slug}/builds",
    response=Page[BuildOut],
    auth=READ,
    operation_id="list_builds",
    summary="List the builds of a draft",
    tags=BUILDS,
)
def list_builds(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Newest first."""
    draft = queries.draft_of(request.user, slug)
    return keyset_page(queries.builds_of(draft), ("-pk",), cursor, limit, scope=slug).map(api_forms.build_out)


@router.post(
    "/drafts/{slug}/builds",
    response={202: BuildOut},
    auth=WRITE,
    operation_id="request_build",
    summary="Build a draft",
    tags=BUILDS,
)
@expensive
def request_build(request: HttpRequest, slug: str) -> Any:
    """Ask for a build of the draft as it is now. While one is open, that one is the answer."""
    build = actions.request_build(request.user, queries.draft_of(request.user, slug))
    return Status(202, api_forms.build_out(build))


@router.get(
    "/builds/{build}", response=BuildOut, auth=anyone, operation_id="get_build", summary="Read a build", tags=BUILDS
)
def get_build(request: HttpRequest, build: int) -> Any:
    """How far a build is, or how it ended."""
    return api_forms.build_out(queries.build_by_id(request.user, build))


@router.post(
    "/builds/{build}/cancel",
    response=BuildOut,
    auth=WRITE,
    operation_id="cancel_build",
    summary="Cancel a build",
    tags=BUILDS,
)
def cancel_build(request: HttpRequest, build: int) -> Any:
    """One that waits ends at once, one that runs at its next word."""
    found = actions.cancel_build(request.user, queries.build_by_id(request.user, build))
    return api_forms.build_out(found)
