"""Addresses of files: by digest and without a language, so that they stay true in every script that names them."""

from django.urls import path, register_converter

from dataferry.server.catalogue import files
from dataferry.server.catalogue.digests import DigestConverter

register_converter(DigestConverter, "digest")

urlpatterns = [
    path("<slug:slug>/<digest:sha256>/raw/<str:name>", files.download, {"kind": "raw"}, name="dataset_raw"),
    path("<slug:slug>/<digest:sha256>/table/<str:name>", files.download, {"kind": "table"}, name="dataset_table"),
]
