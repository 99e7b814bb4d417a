"""Addresses that credentials name for ever: without a language, since programs ask for them."""

from django.urls import path

from dataferry.server.challenge.pages import certificates

urlpatterns = [
    path("certificates/<slug:serial>", certificates.by_address, name="challenge-credential-address"),
    path("certificates/<slug:serial>/", certificates.by_address),
    path("<slug:slug>/status-list", certificates.status_list, name="challenge-status-list"),
]
