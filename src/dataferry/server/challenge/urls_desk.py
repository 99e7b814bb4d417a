"""Addresses of the organisers' desk; sessions and mentoring for those who take part; the calendar for everybody."""

from django.urls import path, re_path

from dataferry.server.challenge.pages import campaigns, desk, handing_on, mentoring, rehearsals, sessions

DESK = "editions/<slug:slug>/desk/"

urlpatterns = [
    path(DESK, desk.dashboard, name="challenge-organiser"),
    path(f"{DESK}audit/", desk.audit, name="challenge-audit"),
    path(f"{DESK}mentors/", mentoring.mentors, name="challenge-mentors"),
    path(f"{DESK}sessions/", sessions.planning, name="challenge-sessions-planning"),
    path(f"{DESK}sessions/<int:number>/", sessions.session, name="challenge-session"),
    path(f"{DESK}mail/", campaigns.campaigns, name="challenge-campaigns"),
    path(f"{DESK}mail/new/", campaigns.new, name="challenge-campaign-new"),
    path(f"{DESK}mail/<int:number>/", campaigns.campaign, name="challenge-campaign"),
    path(f"{DESK}mail/<int:number>/change/", campaigns.change, name="challenge-campaign-change"),
    path(f"{DESK}mail/<int:number>/confirm/", campaigns.confirm, name="challenge-campaign-confirm"),
    path(f"{DESK}rehearsal/", rehearsals.rehearsal, name="challenge-rehearsal"),
    path(f"{DESK}data/", handing_on.data, name="challenge-data-grants"),
    path(f"{DESK}listings/", handing_on.listings, name="challenge-listings"),
    path(f"{DESK}listings/<slug:code>/", handing_on.listing, name="challenge-listing"),
    path(f"{DESK}listings/<slug:code>.json", handing_on.dossier, name="challenge-listing-dossier"),
    path("editions/<slug:slug>/sessions/", sessions.sessions, name="challenge-sessions"),
    path("editions/<slug:slug>/calendar.ics", desk.calendar, name="challenge-calendar"),
    path("mine/mentoring/", mentoring.mentoring, name="challenge-mentoring"),
    path("mine/mentoring/<int:number>/", mentoring.team, name="challenge-mentored-team"),
    re_path(
        r"^editions/(?P<slug>[-\w]+)/desk/(?P<kind>[a-z]+)\.(?P<ending>csv|xlsx)$", desk.table, name="challenge-table"
    ),
]
