"""Addresses of editions: the public pages, and the organisers' set-up."""

from django.urls import path

from dataferry.server.challenge.pages import edition_setup, editions

urlpatterns = [
    path("", editions.editions, name="editions"),
    path("editions/new/", edition_setup.new, name="edition-new"),
    path("editions/<slug:slug>/", editions.edition, name="edition"),
    path("editions/<slug:slug>/amendments/<int:number>/", editions.amendment, name="edition-amendment"),
    path("editions/<slug:slug>/setup/", edition_setup.setup, name="edition-setup"),
    path("editions/<slug:slug>/setup/file/", edition_setup.file, name="edition-file"),
    path("editions/<slug:slug>/setup/accept/", edition_setup.accept, name="edition-accept"),
    path("editions/<slug:slug>/setup/announce/", edition_setup.announce, name="edition-announce"),
    path("editions/<slug:slug>/setup/move/", edition_setup.move, name="edition-move"),
]
