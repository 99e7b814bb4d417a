"""Addresses that credentials and printed sheets name for ever: without a language, since programs ask for them."""

from django.urls import path

from dataferry.server.exchange.pages import certificates

urlpatterns = [
    path("status-list", certificates.status_list, name="exchange-status-list"),
    path("suspension-list", certificates.suspension_list, name="exchange-suspension-list"),
    path("certificates/<slug:serial>", certificates.by_address, name="exchange-credential-address"),
    path("certificates/<slug:serial>/", certificates.by_address),
    path("listings/<slug:number>", certificates.listing_by_address, name="exchange-listing-address"),
]
