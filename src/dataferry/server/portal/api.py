"""The API of the site at /api/v1: every room's router in one document, one form of errors, no outside assets."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from dataferry import __version__
from dataferry.server.web.api import StrictParser
from dataferry.server.web.problems import MEDIA_TYPE, answer_error

DESCRIPTION = (
    "Datasets, snapshots, data products, releases, drafts and builds of a Dataferry server. "
    "Errors are `application/problem+json` in the language of `Accept-Language` (or `?lang=`): "
    "`en`, `zh-Hant`, `zh-Hans`. Lists are paged by cursor. Answers carry an `ETag`; send it back as "
    "`If-None-Match` to be spared what you have, or as `If-Match` to change only what you saw."
)
ROOMS = (
    "dataferry.server.people.api",
    "dataferry.server.catalogue.api",
    "dataferry.server.workshop.api",
    "dataferry.server.challenge.api_editions",
    "dataferry.server.challenge.api_teams",
    "dataferry.server.challenge.api_entries",
    "dataferry.server.challenge.api_judging",
    "dataferry.server.challenge.api_panels",
    "dataferry.server.challenge.api_desk",
    "dataferry.server.challenge.api_campaigns",
    "dataferry.server.challenge.api_results",
    "dataferry.server.exchange.api_listings",
    "dataferry.server.exchange.api_trade",
    "dataferry.server.delivery.api",
    "dataferry.server.delivery.api_use",
    "dataferry.server.portal.jobs_api",
    "dataferry.server.portal.journal_api",
)
SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token from the account page, with its scope."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The session of the site; changes also need the header `X-CSRFToken`.",
    },
}
HEADERS = {
    "RateLimit-Limit": "Requests of this kind that the caller may make in a minute.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Seconds until all are there again.",
}


class PlainRenderer(JSONRenderer):
    """JSON in UTF-8, Chinese as it is; a number that JSON cannot hold is a fault of ours, not a broken answer."""

    encoder_class = NinjaJSONEncoder
    json_dumps_params: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False}  # noqa: RUF012  ninja's form
    charset = "utf-8"


class DataferryAPI(NinjaAPI):
    """Ninja's API with the problem form in its document and no way to miss an error."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        for _path, _method, operation in operations(document):
            for status, answer in operation["responses"].items():
                _told(int(status), answer)
            _share_problems(operation["responses"], document["components"])
            # Without a door of its own an operation is open to nobody in particular, and still knows who comes.
            schemes: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
            operation["security"] = schemes if operation.get("security") else [{}, *schemes]
        document["servers"] = [{"url": "/"}]
        document["components"]["securitySchemes"] = SECURITY
        return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of an OpenAPI document: path, method, description."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _told(status: int, answer: dict[str, Any]) -> None:
    """A status as it really comes: problems in their media type, good answers with the headers of the limits."""
    content = answer.get("content", {})
    if status >= 400 and "application/json" in content:
        answer["content"] = {MEDIA_TYPE: content["application/json"]}
    if status in {429, 503}:
        answer.setdefault("headers", {})["Retry-After"] = _header("Seconds to wait.", "integer")
    if status < 300:
        headers = answer.setdefault("headers", {})
        headers.update({name: _header(meaning, "integer") for name, meaning in HEADERS.items()})


def _share_problems(answers: dict[Any, Any], components: dict[str, Any]) -> None:
    """The same refusals stand at every operation: each is described once, and referred to."""
    shared = components.setdefault("responses", {})
    for status, answer in answers.items():
        if int(status) >= 400 and MEDIA_TYPE in answer.get("content", {}):
            shared[f"Problem{status}"] = answer
            answers[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _header(meaning: str, kind: str) -> dict[str, Any]:
    return {"description": meaning, "schema": {"type": kind}}


def make_api(rooms: Sequence[str] = ROOMS, namespace: str = "api") -> DataferryAPI:
    """The API with the routers of these rooms."""
    made = DataferryAPI(
        title="Dataferry",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        openapi_url=None,
        urls_namespace=namespace,
        parser=StrictParser(),
        renderer=PlainRenderer(),
    )
    # Every kind that ninja has a handler of its own for, too: those know no problem form.
    kinds: list[Any] = [Exception, *made._exception_handlers]  # noqa: SLF001
    told: Any = answer_error
    for kind in kinds:
        made.add_exception_handler(kind, told)
    for module in rooms:
        if importlib.util.find_spec(module) is not None:
            made.add_router("", importlib.import_module(module).router)
    return made


api = make_api()


def openapi(request: HttpRequest) -> HttpResponse:
    """The document that describes all of the API, with no reference to anything outside it."""
    return HttpResponse(_document(), content_type="application/json; charset=utf-8")


@cache
def _document() -> str:
    """Made once: it takes longer than a hundred other answers, and changes only with the program."""
    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, cls=NinjaJSONEncoder)
