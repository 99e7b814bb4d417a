"""Addresses of the workshop's pages."""

from django.urls import path

from dataferry.server.workshop import pages

urlpatterns = [
    path("", pages.gallery, name="gallery"),
    path("<slug:slug>/", pages.product, name="product"),
    path("<slug:slug>/<str:version>/", pages.release, name="release"),
]
