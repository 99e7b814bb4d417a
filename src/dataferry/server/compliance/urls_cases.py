"""Addresses of cases and clearances, below /compliance/."""

from django.urls import path

from dataferry.server.compliance.pages import case_items, case_lists, cases, clearances

urlpatterns = [
    path("cases/", case_lists.mine, name="compliance-cases"),
    path("desk/", case_lists.desk, name="compliance-desk"),
    path("checklist/", case_lists.checklist_page, name="compliance-checklist"),
    path("open/<slug:slug>/<str:version>/", cases.open_case, name="compliance-open"),
    path("cases/<slug:number>/", cases.case, name="compliance-case"),
    path("cases/<slug:number>/report/", cases.report, name="compliance-report"),
    path("cases/<slug:number>/items/<slug:code>/", case_items.item, name="compliance-item"),
    path("cases/<slug:number>/evidence/<int:key>/", case_items.evidence, name="compliance-evidence"),
    path("clearances/<slug:number>/", clearances.clearance, name="compliance-clearance"),
    path("clearances/<slug:number>/document/", clearances.document, name="compliance-clearance-document"),
]
