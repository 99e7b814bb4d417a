"""Two thin layers around every answer: no device features, and library messages in the page's language."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dataferry.messages import speaking
from dataferry.server.display.languages import tongue

Answer = Callable[[HttpRequest], HttpResponseBase]


def permissions_policy(get_response: Answer) -> Answer:
    """No page of ours needs a camera, a microphone or the visitor's place."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        return response

    return layer


def one_language(get_response: Answer) -> Answer:
    """What the library says on a page is said in the language of the page."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        with speaking(tongue().library):
            return get_response(request)

    return layer
