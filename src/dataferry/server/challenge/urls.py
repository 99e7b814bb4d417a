"""Every address below /challenge/: each part of the room adds its own module here."""

from django.urls import include, path

urlpatterns = [
    path("", include("dataferry.server.challenge.urls_editions")),
    path("", include("dataferry.server.challenge.urls_desk")),
    path("", include("dataferry.server.challenge.urls_entries")),
    path("", include("dataferry.server.challenge.urls_judging")),
    path("", include("dataferry.server.challenge.urls_results")),
    path("", include("dataferry.server.challenge.urls_teams")),
]
