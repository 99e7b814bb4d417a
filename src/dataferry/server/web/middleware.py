"""Around every answer of the API: the caller's language, and no answer that is not JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from dataferry.messages import speaking
from dataferry.server.display.languages import tongue
from dataferry.server.web.problems import MEDIA_TYPE, problem_with_status

PREFIX = "/api/"


def api_manners(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: `?lang=` or `Accept-Language` decides the language; an error of Django's own becomes a problem."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        with translation.override(asked_language(request)), speaking(tongue().library):
            response = get_response(request)
            kind = str(response.get("Content-Type", "")).partition(";")[0]
            if response.status_code >= 400 and kind not in {MEDIA_TYPE, "application/json"}:
                problem = problem_with_status(request, response.status_code)
                for name in ("Allow", "Retry-After", "Content-Range"):
                    if response.has_header(name):
                        problem[name] = response[name]
                response = problem
            response["Content-Language"] = tongue().library
            patch_vary_headers(response, ("Accept-Language",))
            return response

    return layer


def asked_language(request: HttpRequest) -> str:
    """Django's code of the language the caller asked for; English where it asked for none that we have."""
    wanted = [request.GET.get("lang", "")]
    wanted += [name for name, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())]
    for name in wanted:
        try:
            return get_supported_language_variant(name.lower())
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
