"""The kit that every room's `api.py` is made with.

    from ninja import Field, Schema, Status
    from dataferry.server.people.authentication import anyone, member
    from dataferry.server.web.api import Cursor, Limit, Page, api_router, etags, expensive, keyset_page

    router = api_router("datasets")     # the tag. portal/api.py mounts `router` of every room's api.py at /api/v1

    class DatasetOut(Schema):
        slug: str = Field(description="Name of the dataset in addresses.")   # every field needs a description

    @router.get("/datasets", response=Page[DatasetOut], auth=anyone, operation_id="list_datasets", summary="...")
    def list_datasets(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None):
        '''One or two sentences: they stand in the reference.'''
        rows = keyset_page(queries.visible_datasets(request.user), ("-updated_at", "-pk"), cursor, limit)
        return rows.map(dataset_out)               # each row -> DatasetOut or dict

    @router.put("/drafts/{slug}", response=DraftOut, auth=member("write"), operation_id="change_draft", summary="...")
    def change_draft(request, slug: str, body: DraftIn, response: HttpResponse):
        draft = queries.draft_of(request.user, slug)       # MissingError -> 404
        etags.require_match(request, draft.revision)       # If-Match: "r7"; else 412; without it 428
        draft = actions.change_draft(request.user, ...)    # RefusedError -> 403, InputError -> 422, ...
        etags.stamp(response, draft.revision)              # GET answers without a stamp get a weak tag by content
        return draft_out(draft)

    @router.post("/drafts/{slug}/builds", response={202: BuildOut}, auth=member("write"), operation_id=..., summary=...)
    @expensive                                             # below the route: the class of the rate limit
    def request_build(request, slug: str):
        return Status(202, build_out(build))

Paths are written whole (`/datasets/{slug}/snapshots`), since one room may answer under several first words.
The first argument is called `request`, always. Raise `DataferryError`s (a conflict is `ConflictError`, 409): the
form `application/problem+json`, languages, ETags, 304, rate limits, NUL bytes and unknown failures are the kit's.
Statuses 400 to 503 are declared for every operation; declare only the good ones. A download answers
`web.files.serve(...)` and is declared with `response={200: bytes}, openapi_extra=downloads("application/x-parquet")`.
`operation_id` is the stable name in clients: verb and noun in snake case, unique in the whole API.

What `dataferry.Client` (and so `dataferry login|push|pull|status`) counts on, below /api/v1; other fields are free:

    GET  /me                                   {id, display_name, email, language, scopes}
    GET  /datasets?q=  /datasets/{slug}        Page of / one {slug, title, description, city, publisher, licence}
    POST /datasets                             multipart: `file`, and `about` = JSON {slug?, title, description, city,
                                               publisher, licence, source, attribution, synthetic, options}; 202 upload
    POST /datasets/{slug}/uploads              multipart: `file`, `about` = JSON {distribution?, options}; 202 upload
    GET  /uploads/{id}                         upload: {id, state, outcome, dataset, sha256, error}
    GET  /datasets/{slug}/snapshots[/{sha256}] {sha256, dataset, bytes, file_name, rows, received_at}
    GET  /datasets/{slug}/snapshots/{sha256}/file   the bytes, by `web.files.serve`
    GET  /snapshots/{sha256}                   a snapshot with these bytes that the caller may see, else 404
    GET  /products  /products/{name}           Page of / one {name, title, version}; /products/{name}/releases
    GET  /releases/{name}/{version}            {name, version, digest, published, document}
    GET  /releases/{name}/{version}/files/{path}    the bytes; POST /releases/{name}/{version}/publish
    GET  /releases/{name}/{version}/source     {name, version, digest, manifest, recipe, inputs: [{name, dataset,
                                               snapshot, bytes, file_name, product: {name, version} or null}]}
    GET  /drafts; POST /drafts {slug, manifest, recipe} 201; GET, PUT {manifest, recipe}, DELETE /drafts/{slug}
                                               {slug, revision, manifest, recipe, inputs as above}, ETag "r<revision>"
    POST /drafts/{slug}/builds 202; GET /builds/{id}; POST /builds/{id}/cancel
                                               {id, state, name, version, step, share, error, digest}
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router
from ninja.constants import NOT_SET
from ninja.parser import Parser

from dataferry.messages import InputError
from dataferry.server.web import etags
from dataferry.server.web.limits import Cost, admit, count_refusal
from dataferry.server.web.paging import Cursor, Limit, Page, Rows, keyset_page, list_page
from dataferry.server.web.problems import (
    ConflictError,
    PreconditionError,
    Problem,
    answer_error,
)

__all__ = [
    "ApiRouter",
    "ConflictError",
    "Cursor",
    "Limit",
    "Page",
    "PreconditionError",
    "Problem",
    "Rows",
    "StrictParser",
    "api_router",
    "downloads",
    "etags",
    "expensive",
    "keyset_page",
    "list_page",
]

Function = TypeVar("Function", bound=Callable[..., Any])
Run = Callable[..., HttpResponseBase]

ALWAYS = (400, 401, 403, 404, 413, 422, 429, 500, 503)
CHANGES = (409, 412, 428)
MARK = "api_cost"


def api_router(tag: str) -> ApiRouter:
    """A router whose operations have the manners of this kit."""
    return ApiRouter(tags=[tag])


def expensive(function: Function) -> Function:
    """Count this operation in the class of dear ones (uploads, previews, builds)."""
    setattr(function, MARK, "expensive")
    return function


def downloads(*media_types: str) -> dict[str, Any]:
    """`openapi_extra` of an operation that answers a file, whole or in a range."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}
    return {
        "responses": {
            200: {"description": "The whole file.", "content": content},
            206: {"description": "The asked range of the file.", "content": content},
            416: {"description": "The range lies outside the file."},
        }
    }


class ApiRouter(Router):
    """A router that declares every problem once and runs each operation with limits, tags and one form of errors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_decorator(_mannered, "view")

    def api_operation(self, methods: list[str], path: str, *, response: Any = NOT_SET, **options: Any) -> Any:
        declared = dict(response) if isinstance(response, dict) else {200: response}
        statuses = ALWAYS + (() if methods == ["GET"] else CHANGES)
        for status in statuses:
            declared.setdefault(status, Problem)
        return super().api_operation(methods, path, response=declared, **options)


def _mannered(run: Run) -> Run:
    """An operation with the kit's manners around it."""
    operation = inspect.unwrap(run).__self__
    named: Cost | None = getattr(operation.view_func, MARK, None)

    @functools.wraps(run)
    def mannered(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        cost: Cost = named or ("read" if request.method in {"GET", "HEAD"} else "write")
        try:
            standing = admit(request, cost)
            _refuse_nul(request, arguments)
        except Exception as error:  # noqa: BLE001  every failure becomes a problem
            return answer_error(request, error)
        response = run(request, **arguments)
        if response.status_code == 401 and "Authorization" in request.headers:
            count_refusal(request)
        standing.write_on(response)
        return etags.conditional(request, response)

    return mannered


def _refuse_nul(request: HttpRequest, arguments: dict[str, Any]) -> None:
    """No database column holds NUL, and no name of ours needs one."""
    texts = [*arguments.values(), *(value for values in request.GET.lists() for value in (values[0], *values[1]))]
    if any(isinstance(text, str) and not _storable(text) for text in texts):
        raise InputError("server.web.control_characters")


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class StrictParser(Parser):
    """JSON bodies without NUL, without halves of characters, without NaN, not nested beyond sense."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        value = json.loads(request.body, parse_constant=_no_constant)
        _check(value)
        return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check(value: Any) -> None:
    if isinstance(value, str) and not _storable(value):
        raise InputError("server.web.control_characters")
    if isinstance(value, dict):
        for key, each in value.items():
            _check(key)
            _check(each)
    elif isinstance(value, list):
        for each in value:
            _check(each)
