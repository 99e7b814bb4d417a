"""Addresses of the catalogue's pages. Everything about a snapshot is keyed by its digest."""

from django.urls import path, register_converter

from dataferry.server.catalogue import change_pages, dataset_pages, pages, upload_pages
from dataferry.server.catalogue.digests import DigestConverter

register_converter(DigestConverter, "digest")

urlpatterns = [
    path("", pages.datasets, name="datasets"),
    path("new/", upload_pages.new, name="dataset_new"),
    path("uploads/<int:number>/", upload_pages.upload, name="upload"),
    path("<slug:slug>/", dataset_pages.dataset, name="dataset"),
    path("<slug:slug>/edit/", change_pages.edit, name="dataset_edit"),
    path("<slug:slug>/publish/", change_pages.publish, name="dataset_publish"),
    path("<slug:slug>/withdraw/", change_pages.withdraw, name="dataset_withdraw"),
    path("<slug:slug>/upload/", upload_pages.add, name="dataset_upload"),
    path("<slug:slug>/<digest:sha256>/", dataset_pages.dataset, name="dataset_snapshot"),
    path("<slug:slug>/<digest:sha256>/again/", upload_pages.again, name="snapshot_again"),
    path("<slug:slug>/<digest:sha256>/folder/", change_pages.start, name="product_start"),
]
