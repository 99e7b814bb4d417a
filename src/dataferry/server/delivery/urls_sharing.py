"""Addresses of Delta Sharing below its endpoint: without a language, as the protocol writes them."""

from django.urls import path, re_path

from dataferry.server.delivery import sharing_pages as pages

_TABLE = "shares/<str:share>/schemas/<str:schema>/tables/<str:table>"

urlpatterns = [
    path("shares", pages.shares, name="sharing-shares"),
    path("shares/<str:share>", pages.share, name="sharing-share"),
    path("shares/<str:share>/schemas", pages.schemas, name="sharing-schemas"),
    path("shares/<str:share>/all-tables", pages.tables, name="sharing-all-tables"),
    path("shares/<str:share>/schemas/<str:schema>/tables", pages.tables, name="sharing-tables"),
    # The first clients asked for the version of a table at its own address.
    path(_TABLE, pages.version, name="sharing-table"),
    path(f"{_TABLE}/version", pages.version, name="sharing-version"),
    path(f"{_TABLE}/metadata", pages.metadata, name="sharing-metadata"),
    path(f"{_TABLE}/query", pages.query, name="sharing-query"),
    path(f"{_TABLE}/changes", pages.changes, name="sharing-changes"),
    re_path("^(?P<path>.*)$", pages.unknown, name="sharing-unknown"),
]
