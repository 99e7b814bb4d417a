"""Addresses of uploads; they carry no language."""

from django.urls import path

from dataferry.server.uploads import tus

urlpatterns = [
    path("", tus.collection, name="uploads"),
    path("<uuid:upload_id>", tus.one, name="uploads_one"),
]
