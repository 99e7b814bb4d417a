"""Addresses below /workshop/: drafts, their inputs, builds and shares."""

from django.urls import path

from dataferry.server.workshop import build_pages, draft_list_pages, draft_pages, input_pages, share_pages

urlpatterns = [
    path("", draft_list_pages.shelf, name="drafts"),
    path("new/", draft_list_pages.new, name="draft-new"),
    path("start/", draft_list_pages.start, name="draft-start"),
    path("drafts/<slug:slug>/", draft_pages.recipe, name="draft"),
    path("drafts/<slug:slug>/inputs/", input_pages.inputs, name="draft-inputs"),
    path("drafts/<slug:slug>/description/", draft_pages.description, name="draft-description"),
    path("drafts/<slug:slug>/build/", build_pages.build, name="draft-build"),
    path("drafts/<slug:slug>/builds/", build_pages.builds, name="draft-builds"),
    path("drafts/<slug:slug>/builds/<int:number>/", build_pages.progress, name="draft-build-page"),
    path("drafts/<slug:slug>/builds/<int:number>/cancel/", build_pages.cancel, name="draft-build-cancel"),
    path("drafts/<slug:slug>/sharing/", share_pages.share, name="draft-share"),
    path("drafts/<slug:slug>/remove/", share_pages.remove, name="draft-remove"),
]
