"""Addresses of entries: a team's own, and the organisers' list."""

from django.urls import path

from dataferry.server.challenge.pages import entries

urlpatterns = [
    path("mine/teams/<int:number>/entry/", entries.start, name="challenge-entry-start"),
    path("entries/<slug:slug>/<slug:code>/", entries.entry, name="challenge-entry"),
    path("entries/<slug:slug>/<slug:code>/files/<int:number>/", entries.file, name="challenge-entry-file"),
    path("editions/<slug:slug>/entries/", entries.listing, name="challenge-entries"),
]
