"""The exchange's pages: the list and the sheets, the register, trade."""

from django.urls import include, path

urlpatterns = [
    path("", include("dataferry.server.exchange.urls_listings")),
    path("", include("dataferry.server.exchange.urls_registrations")),
    path("", include("dataferry.server.exchange.urls_trade")),
]
