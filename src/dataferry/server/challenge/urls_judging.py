"""Addresses of judging: the judge's own desk, and the organisers' side of it."""

from django.urls import path

from dataferry.server.challenge.pages import judge_ballots, judge_desk, judge_rounds, judges

urlpatterns = [
    path("judging/", judge_desk.desk, name="challenge-desk"),
    path("judging/sheets/<int:number>/", judge_desk.sheet, name="challenge-desk-sheet"),
    path("judging/sheets/<int:number>/save/", judge_desk.save, name="challenge-desk-save"),
    path("judging/sheets/<int:number>/sign/", judge_desk.sign, name="challenge-desk-sign"),
    path("judging/sheets/<int:number>/recuse/", judge_desk.recuse, name="challenge-desk-recuse"),
    path("judging/sheets/<int:number>/report/", judge_desk.report, name="challenge-desk-report"),
    path("judging/sheets/<int:number>/files/<int:position>/", judge_desk.file, name="challenge-desk-file"),
    path("judging/panels/<int:number>/", judge_ballots.relations, name="challenge-desk-relations"),
    path("judging/<slug:slug>/<slug:code>/ballots/", judge_ballots.ballots, name="challenge-desk-ballots"),
    path("judging/teams/<int:number>/relations/", judge_ballots.team_relations, name="challenge-team-relations"),
    path("editions/<slug:slug>/judges/", judges.judges, name="challenge-judges"),
    path("editions/<slug:slug>/judges/<int:number>/", judges.judge, name="challenge-judge"),
    path("editions/<slug:slug>/conflicts/", judges.conflicts, name="challenge-conflicts"),
    path("editions/<slug:slug>/judging/<slug:code>/", judge_rounds.round_page, name="challenge-round-judging"),
    path("editions/<slug:slug>/judging/<slug:code>/anchors/", judge_rounds.anchors, name="challenge-round-anchors"),
    path(
        "editions/<slug:slug>/judging/<slug:code>/calibration/",
        judge_rounds.calibration,
        name="challenge-round-calibration",
    ),
    path(
        "editions/<slug:slug>/judging/<slug:code>/assignment/",
        judge_rounds.assignment,
        name="challenge-round-assignment",
    ),
    path("editions/<slug:slug>/judging/<slug:code>/sheets/", judge_rounds.sheets, name="challenge-round-sheets"),
]
