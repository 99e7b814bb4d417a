"""Addresses of results, appeals, the final, certificates and nominations."""

from django.urls import path

from dataferry.server.challenge.pages import (
    appeals,
    certificates,
    feedback,
    finals,
    nominations,
    public_results,
    results,
)

urlpatterns = [
    path("editions/<slug:slug>/results/", public_results.results, name="challenge-results"),
    path("editions/<slug:slug>/results/press/", public_results.press, name="challenge-results-press"),
    path("editions/<slug:slug>/results.json", public_results.as_json_file, name="challenge-results-json"),
    path("editions/<slug:slug>/results.csv", public_results.as_csv_file, name="challenge-results-csv"),
    path("editions/<slug:slug>/results/rounds/<slug:code>/", results.result, name="challenge-round-result"),
    path(
        "editions/<slug:slug>/results/rounds/<slug:code>/revisions/<int:number>/",
        results.revision,
        name="challenge-result-revision",
    ),
    path(
        "editions/<slug:slug>/results/rounds/<slug:code>/revisions/<int:number>/document.json",
        results.document,
        name="challenge-result-document",
    ),
    path("editions/<slug:slug>/appeals/", appeals.queue, name="challenge-appeals"),
    path("appeals/<int:number>/", appeals.appeal, name="challenge-appeal"),
    path("mine/teams/<int:number>/appeals/", appeals.of_team, name="challenge-team-appeals"),
    path("editions/<slug:slug>/final/<slug:code>/", finals.order, name="challenge-final-order"),
    path("editions/<slug:slug>/final/<slug:code>/timer/", finals.timer, name="challenge-final-timer"),
    path("editions/<slug:slug>/final/<slug:code>/screen/", finals.screen, name="challenge-final-screen"),
    path("editions/<slug:slug>/final/<slug:code>/clock.json", finals.state, name="challenge-final-clock"),
    path("editions/<slug:slug>/nominations/", nominations.nominations, name="challenge-nominations"),
    path(
        "editions/<slug:slug>/nominations/<int:number>/package.zip",
        nominations.package,
        name="challenge-nomination-package",
    ),
    path("nominations/<int:number>/", nominations.nomination, name="challenge-nomination"),
    path("editions/<slug:slug>/certificates/", certificates.certificates, name="challenge-certificates"),
    path("mine/teams/<int:number>/certificates/", certificates.of_team, name="challenge-team-certificates"),
    path("certificates/<slug:serial>/verify/", certificates.certificate, name="challenge-certificate"),
    path("certificates/<slug:serial>/<str:tag>.pdf", certificates.pdf, name="challenge-certificate-pdf"),
    path("certificates/<slug:serial>/credential.json", certificates.credential, name="challenge-credential"),
    path("mine/teams/<int:number>/feedback/", feedback.of_team, name="challenge-team-feedback"),
]
