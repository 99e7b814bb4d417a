"""The door of answers: figures of groups of rows, with an access key. Rows themselves never leave by it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from dataferry.server.delivery import gate, metering
from dataferry.server.delivery.actions.asking import ask
from dataferry.server.delivery.answering import Asked, question_of, told
from dataferry.server.delivery.doors import bearer, machine_door
from dataferry.server.delivery.pages.rows import conditions_of, number_of

OWN = frozenset({"by", "measures", "version", "lang"})


@require_http_methods(["GET", "HEAD"])
@machine_door(cost="expensive")
def answers(request: HttpRequest, share: str) -> HttpResponseBase:
    """The answer to one question.

    `by` (`city,day(started)`), `measures` (`count,mean(energy)`), `version`; every other parameter is a condition, as
    the row door has them.
    """
    asked = Asked(question_of(_names(request, "by"), _names(request, "measures")), tuple(conditions_of(request, OWN)))
    admission = gate.admit(bearer(request), gate.Door.ANSWERS, share=share, number=number_of(request, "version"))
    answer, protection = ask(admission, asked, request.headers.get(metering.HEADER, ""))
    document = {
        "share": share,
        "version": admission.version.number,
        "release": admission.release.version,
        **told(answer, protection),
    }
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "allow_nan": False})
    response["Cache-Control"] = "private, no-store"
    return response


def _names(request: HttpRequest, name: str) -> Iterator[str]:
    for text in request.GET.getlist(name):
        yield from (part.strip() for part in text.split(",") if part.strip())
