"""Addresses of the account pages: ours, and allauth's for signing in and its security."""

from django.urls import include, path

from dataferry.server.people import pages

urlpatterns = [
    path("", pages.overview, name="account_overview"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
