"""Addresses of the operators' pages."""

from django.urls import path

from dataferry.server.portal import journal_pages, letters_pages
from dataferry.server.portal import operations_pages as pages

urlpatterns = [
    path("", pages.overview, name="operations"),
    path("jobs/", pages.history, name="operations-history"),
    path("jobs/<int:job_id>/", pages.job, name="operations-job"),
    path("jobs/<int:job_id>/cancel/", pages.cancel, name="operations-cancel"),
    path("jobs/<int:job_id>/retry/", pages.retry, name="operations-retry"),
    path("jobs/<int:job_id>/dismiss/", pages.dismiss, name="operations-dismiss"),
    path("letters/", letters_pages.overview, name="operations-letters"),
    path("letters/retry/", letters_pages.retry_failed, name="operations-letters-retry"),
    path("letters/<int:letter_id>/retry/", letters_pages.retry, name="operations-letter-retry"),
    path("letters/mailings/<int:campaign_id>/cancel/", letters_pages.cancel, name="operations-mailing-cancel"),
    path("journal/", journal_pages.journal_page, name="operations-journal"),
    path("journal/verify/", journal_pages.verify, name="journal-verify"),
    path("journal/anchor/", journal_pages.make_anchor, name="journal-anchor"),
    path("journal/journal.ndjson", journal_pages.export, name="journal-export"),
    path("journal/anchors/<int:number>.json", journal_pages.anchor, name="journal-anchor-file"),
    path("journal/key.pem", journal_pages.public_key, name="journal-key"),
]
