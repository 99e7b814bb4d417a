"""Addresses of the operators' pages."""

from django.urls import path

from dataferry.server.portal import operations_pages as pages

urlpatterns = [
    path("", pages.overview, name="operations"),
    path("jobs/", pages.history, name="operations-history"),
    path("jobs/<int:job_id>/", pages.job, name="operations-job"),
    path("jobs/<int:job_id>/cancel/", pages.cancel, name="operations-cancel"),
    path("jobs/<int:job_id>/retry/", pages.retry, name="operations-retry"),
    path("jobs/<int:job_id>/dismiss/", pages.dismiss, name="operations-dismiss"),
]
