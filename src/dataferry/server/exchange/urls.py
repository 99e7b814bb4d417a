"""The exchange's pages: the list and the sheets, the register, trade."""

from importlib.util import find_spec

from django.urls import include, path

_PARTS = ("urls_listings", "urls_registrations", "urls_trade")

urlpatterns = [
    path("", include(f"dataferry.server.exchange.{part}"))
    for part in _PARTS
    if find_spec(f"dataferry.server.exchange.{part}")
]
