"""Addresses of the organisers' desk, and the calendar for everybody."""

from django.urls import path, re_path

from dataferry.server.challenge.pages import desk

urlpatterns = [
    path("editions/<slug:slug>/desk/", desk.dashboard, name="challenge-organiser"),
    path("editions/<slug:slug>/desk/audit/", desk.audit, name="challenge-audit"),
    path("editions/<slug:slug>/calendar.ics", desk.calendar, name="challenge-calendar"),
    re_path(
        r"^editions/(?P<slug>[-\w]+)/desk/(?P<kind>[a-z]+)\.(?P<ending>csv|xlsx)$", desk.table, name="challenge-table"
    ),
]
