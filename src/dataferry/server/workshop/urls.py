"""Addresses of the workshop's pages."""

from django.urls import path

from dataferry.server.workshop import compare_pages, pages, release_pages

urlpatterns = [
    path("", pages.gallery, name="gallery"),
    path("<slug:slug>/", pages.product, name="product"),
    path("<slug:slug>/compare/", compare_pages.compare, name="release-compare"),
    path("<slug:slug>/<str:version>/publish/", release_pages.publish, name="release-publish"),
    path("<slug:slug>/<str:version>/", pages.release, name="release"),
]
