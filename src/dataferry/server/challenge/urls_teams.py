"""Addresses of teams and eligibility: a person's own, and the organisers' queue."""

from django.urls import path

from dataferry.server.challenge.pages import eligibility, papers, teams

urlpatterns = [
    path("mine/", teams.mine, name="challenge-mine"),
    path("mine/invitations/<int:number>/", teams.answer, name="challenge-invitation"),
    path("mine/teams/<int:number>/", teams.team, name="challenge-team"),
    path("mine/checks/<int:number>/", eligibility.check, name="challenge-check"),
    path("mine/papers/<int:number>/", papers.receipt, name="challenge-paper"),
    path("mine/papers/<int:number>/receipt.pdf", papers.receipt_file, name="challenge-paper-receipt"),
    path("mine/papers/<int:number>/destroy/", papers.destroy, name="challenge-paper-destroy"),
    path("editions/<slug:slug>/register/", teams.register, name="challenge-register"),
    path("editions/<slug:slug>/eligibility/<slug:code>/", eligibility.queue, name="challenge-eligibility"),
    path("eligibility/checks/<int:number>/decide/", eligibility.decide, name="challenge-check-decide"),
    path("eligibility/papers/<int:number>/", papers.read, name="challenge-paper-read"),
]
