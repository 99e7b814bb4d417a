"""Addresses of border decisions, approvals and the ledger of heads."""

from django.urls import path

from dataferry.server.compliance.pages import approvals, border

urlpatterns = [
    path("border/", border.desk, name="compliance-border"),
    path("border/decisions/<slug:number>/", border.decision, name="compliance-border-decision"),
    path("border/ask/<slug:slug>/<str:version>/", border.ask, name="compliance-border-ask"),
    path("border/approvals/", approvals.approvals, name="compliance-border-approvals"),
    path("border/approvals/<slug:number>/", approvals.approval, name="compliance-border-approval"),
    path("border/ledgers/<slug:number>/", approvals.ledger, name="compliance-border-ledger"),
]
